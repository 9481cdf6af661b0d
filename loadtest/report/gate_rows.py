"""The figures of a gate as rows with a picture of each change and of what noise allows."""

from dataclasses import dataclass

from loadtest.report.frame import change, share, times
from loadtest.report.wording import number
from loadtest.schema.gate import Gate, GateFigure

# Of these, more is better.
MORE = ("tps", "goodput_share", "goodput_rps", "achieved_rps")
WORDS = {
    "ttft_s": "TTFT",
    "tpot_s": "TPOT",
    "latency_avg_s": "Latency avg",
    "tps": "TPS",
    "goodput_share": "Goodput share",
    "failed": "Failed share",
}


@dataclass(frozen=True, slots=True)
class GateRow:
    """A figure; the places are percent of the picture's width, in which better is left and worse right."""

    figure: GateFigure
    name: str
    baseline: str
    now: str
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
    reach = min(reach, 5 * max((each.allowed for each in gate.figures), default=0.05)) * 1.08
    ordered = sorted(gate.figures, key=lambda each: (not each.worse, each.rate_rps))
    return [_row(each, reach) for each in ordered]


def _row(figure: GateFigure, reach: float) -> GateRow:
    sign = -1 if figure.figure in MORE else 1

    def place(value: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, value / reach)), 2)

    ends = sorted((place(sign * figure.change_low), place(sign * figure.change_high)))
    name, _, percentile = figure.figure.partition(".")
    return GateRow(
        figure,
        f"{WORDS.get(name, name)} {percentile}".strip(),
        _value(name, figure.baseline),
        _value(name, figure.now),
        ends[0],
        ends[1],
        place(sign * figure.change),
        place(-figure.allowed),
        place(figure.allowed),
        f"{change(figure.change)}, interval {change(figure.change_low)} to {change(figure.change_high)}; "
        f"allowed for the worse: {share(figure.allowed, 1)}. Right of the grey band it is more.",
    )


def _value(name: str, value: float) -> str:
    if name.endswith("_s"):
        return times(value)
    return share(value, 2) if name in ("goodput_share", "failed", "failed_share") else number(value, 1)
