"""The plots of a run against its rates."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from loadtest.figures.slo import figure as slo_figure
from loadtest.figures.slo import slo_text
from loadtest.report.frame import times
from loadtest.report.picture import Key, Picture, limit_line, rate_axis, value_axis
from loadtest.report.svg import PAINT, Column, Drawing, Mark, line, svg
from loadtest.report.wording import number
from loadtest.schema import LevelFigures, Report, Spread

SIZE = (4.6, 2.75)


@dataclass(frozen=True, slots=True)
class Series:
    """A figure of the levels' summary as a line."""

    figure: str
    label: str
    color: str
    shape: str = "circle"


@dataclass(frozen=True, slots=True)
class RatePlot:
    """What a plot against the rate shows; `slo` is what its service levels measure."""

    title: str
    term: str
    unit: str
    series: Sequence[Series]
    slo: str | None = None


P50, P99 = ("p50", "c5", "circle"), ("p99", "c2", "up")
PLOTS = (
    RatePlot("TTFT", "ttft", "s", (Series("ttft_s.p50", *P50), Series("ttft_s.p99", *P99)), "ttft"),
    RatePlot(
        "Latency",
        "e2e",
        "s",
        (
            Series("e2e_latency_s.p50", *P50),
            Series("e2e_latency_s.p99", *P99),
            Series("latency_avg_s", "mean", "c1", "square"),
        ),
        "e2e",
    ),
    RatePlot("Throughput", "tps", "output tokens / s", (Series("tps", "TPS", "c5"),)),
    RatePlot(
        "Goodput",
        "goodput",
        "requests / s",
        (
            Series("offered_rps", "offered", "c7", "up"),
            Series("achieved_rps", "achieved", "c1"),
            Series("goodput_rps", "goodput", "c4", "down"),
        ),
    ),
)


def rate_plots(report: Report) -> list[Picture]:
    """The plots against the rate; none if no level has figures."""
    levels = sorted(
        (level for level in report.levels if "ttft_s.p50" in level.summary), key=lambda level: level.rate_rps
    )
    return [_picture(plot, levels, report.plan.get("slo", {})) for plot in PLOTS] if levels else []


def _picture(plot: RatePlot, levels: Sequence[LevelFigures], slo: dict[str, float]) -> Picture:
    limits = {name: limit for name, limit in slo.items() if slo_figure(name) == plot.slo}
    shown = ""

    def draw(drawing: Drawing) -> None:
        nonlocal shown
        axes = drawing.figure.subplots()
        drawing.axes = [axes]
        values = [
            level.summary[series.figure].median
            for series in plot.series
            for level in levels
            if series.figure in level.summary
        ]
        # A limit far above everything would only press the lines to the ground.
        near = [limit for limit in limits.values() if limit <= 3 * max(values)]
        rates = [level.rate_rps for level in levels]
        shown = value_axis(axes, [*values, *near], plot.unit)
        rate_axis(axes, rates, "requests / s")
        for limit in near:
            limit_line(axes, limit)
        for series in plot.series:
            _line(axes, series, levels)
        drawing.columns = [_column(plot, level) for level in levels]

    picture = svg(draw, f"{plot.title} against the rate", SIZE)
    keys = [Key(series.label, series.color, series.shape) for series in plot.series]
    keys += [Key(slo_text(name, limit), "bad", "dotted") for name, limit in limits.items()]
    return Picture(plot.title, shown, picture, keys if len(keys) > 1 else (), plot.term)


def spread_text(spread: Spread, unit: str) -> str:
    """The range over the rounds, if there is one."""
    if spread.min == spread.max:
        return ""
    return f"{_text(spread.min, unit)} to {_text(spread.max, unit)}"


def _line(axes: Axes, series: Series, levels: Sequence[LevelFigures]) -> None:
    spreads = [
        (level.rate_rps, level.summary[series.figure]) for level in levels if series.figure in level.summary
    ]
    rates = [rate for rate, _ in spreads]
    color = PAINT[series.color]
    axes.fill_between(
        rates,
        [spread.min for _, spread in spreads],
        [spread.max for _, spread in spreads],
        color=color,
        alpha=0.16,
        linewidth=0,
    )
    axes.plot(rates, [spread.median for _, spread in spreads], color=color, linewidth=1.7)


def _column(plot: RatePlot, level: LevelFigures) -> Column:
    verdict = level.verdict.kind
    known = [
        (series, level.summary[series.figure]) for series in plot.series if series.figure in level.summary
    ]
    return Column(
        level.rate_rps,
        line(
            f"{level.rate_rps:g} RPS, {verdict}",
            [
                (series.color, series.label, _text(spread.median, plot.unit), spread_text(spread, plot.unit))
                for series, spread in known
            ],
        ),
        [
            (0, Mark(spread.median, series.color, series.shape, verdict != "valid"))
            for series, spread in known
        ],
    )


def _text(value: float, unit: str) -> str:
    return times(value) if unit == "s" else number(value, 1)
