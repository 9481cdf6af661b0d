"""The figures of a gate as rows with a picture of each change and of what noise allows."""

from dataclasses import dataclass

from loadtest.figures.gate import FIGURES, MORE_IS_BETTER, SHARES
from loadtest.report.frame import change, times
from loadtest.report.wording import number, share
from loadtest.schema.gate import Gate, GateFigure


@dataclass(frozen=True, slots=True)
class GateRow:
    """A figure; the places are percent of the picture's width, in which better is left and worse right."""

    figure: GateFigure
    name: str
    baseline: str
    now: str
    change: str
    low: float
    high: float
    at: float
    room_low: float
    room_high: float
    tip: str


def gate_rows(gate: Gate) -> list[GateRow]:
    """Those that are worse first, then in the order of the rates."""
    reach = max(
        (
            max(abs(each.change_low), abs(each.change_high), abs(each.change), each.allowed)
            for each in gate.figures
        ),
        default=0.1,
    )
    # One change that is far off should not press all others into one point.
    reach = (min(reach, 5 * max((each.allowed for each in gate.figures), default=0.05)) or 0.1) * 1.08
    ordered = sorted(gate.figures, key=lambda each: (not each.worse, each.rate_rps))
    return [_row(each, reach) for each in ordered]


def _row(figure: GateFigure, reach: float) -> GateRow:
    sign = -1 if figure.figure in MORE_IS_BETTER else 1

    def place(value: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, value / reach)), 2)

    ends = sorted((place(sign * figure.change_low), place(sign * figure.change_high)))
    name = FIGURES.get(figure.figure, figure.figure)
    return GateRow(
        figure,
        name.removeprefix("the ")[0].upper() + name.removeprefix("the ")[1:],
        _value(figure.figure, figure.baseline),
        _value(figure.figure, figure.now),
        _change(figure, figure.change),
        ends[0],
        ends[1],
        place(sign * figure.change),
        place(-figure.allowed),
        place(figure.allowed),
        f"{_change(figure, figure.change)}, interval {_change(figure, figure.change_low)} to "
        f"{_change(figure, figure.change_high)}; "
        f"allowed for the worse: {share(figure.allowed, 1)}. Right of the grey band it is more.",
    )


def _change(figure: GateFigure, value: float) -> str:
    """Of a share in points: one that was 0 has no relative change."""
    if figure.figure in SHARES:
        return f"{value * 100:+.2f} points".replace("-", "−")
    return change(value)


def _value(figure: str, value: float) -> str:
    if figure in SHARES:
        return share(value, 2)
    return number(value, 1) if figure == "tps" else times(value)
