"""The four figures of all sides against the rate, with their intervals as bands."""

from collections.abc import Sequence

from loadtest.experiments.bands import band, in_unit, remark
from loadtest.report.palette import looks
from loadtest.report.picture import Picture, rate_axis, value_axis
from loadtest.report.plots import SIZE
from loadtest.report.svg import Column, Drawing, Mark, line, svg
from loadtest.schema.experiment import ComparedLevel, Comparison, Figure, Interval

TITLES: dict[Figure, tuple[str, str, str]] = {
    "ttft_s": ("TTFT, mean", "ttft", "s"),
    "latency_avg_s": ("Latency avg", "latency_avg", "s"),
    "latency_total_s": ("Latency total", "latency_total", "s"),
    "tps": ("TPS", "tps", "output tokens / s"),
}

Point = tuple[ComparedLevel, Interval]


def compare_plots(comparison: Comparison) -> list[Picture]:
    """One plot for each figure that any side has."""
    found = []
    for figure in TITLES:
        points = [
            (level, each.now)
            for level in comparison.levels
            for each in level.figures
            if each.figure == figure
        ]
        if points:
            found.append(_picture(figure, points, [side.name for side in comparison.sides]))
    return found


def _picture(figure: Figure, points: Sequence[Point], names: Sequence[str]) -> Picture:
    title, term, unit = TITLES[figure]
    look = looks(names)
    shown = ""

    def draw(drawing: Drawing) -> None:
        nonlocal shown
        axes = drawing.figure.subplots()
        drawing.axes = [axes]
        shown = value_axis(axes, [now.value for _, now in points], unit)
        rates = sorted({level.rate_rps for level, _ in points})
        rate_axis(axes, rates, "requests / s")
        for name in names:
            mine = [(level.rate_rps, now) for level, now in points if level.side == name]
            band(axes, [rate for rate, _ in mine], [now for _, now in mine], look[name][0])
        drawing.columns = [
            _column(rate, [point for point in points if point[0].rate_rps == rate], unit, look)
            for rate in rates
        ]

    picture = svg(draw, f"{title} against the rate", SIZE)
    return Picture(title, shown, picture, (), term)


def _column(rate: float, points: Sequence[Point], unit: str, look: dict[str, tuple[str, str]]) -> Column:
    return Column(
        rate,
        line(
            f"{rate:g} RPS",
            [
                (look[level.side][0], level.side, in_unit(now.value, unit), remark(now, level.verdict, unit))
                for level, now in points
            ],
        ),
        [(0, Mark(now.value, *look[level.side], hollow=level.verdict != "valid")) for level, now in points],
    )
