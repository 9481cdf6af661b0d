"""Throughput, TTFT and efficiency for each number of replicas."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes

from loadtest.experiments.bands import band, in_unit, remark
from loadtest.report.picture import Key, Picture, value_axis
from loadtest.report.plots import SIZE
from loadtest.report.svg import PAINT, Column, Drawing, Mark, line, svg
from loadtest.schema.experiment import Interval, ScalingPoint

LOOKS = (
    ("c5", "diamond"),
    ("c2", "up"),
    ("c4", "down"),
    ("c3", "square"),
    ("c6", "circle"),
    ("c1", "circle"),
)

Value = Callable[[ScalingPoint], Interval | None]


def scaling_plots(points: Sequence[ScalingPoint]) -> list[Picture]:
    """Lines for the rates, the highest ones if there are many; empty without points."""
    rates = sorted({point.rate_rps for point in points})[-len(LOOKS) :]
    shown = [point for point in points if point.rate_rps in rates]
    if not shown:
        return []
    found = [
        _picture("TPS", "tps", "output tokens / s", shown, rates, lambda point: point.tps, linear=True),
        _picture("TTFT p50", "ttft", "s", shown, rates, lambda point: point.ttft_p50_s),
        _picture("TTFT p99", "ttft", "s", shown, rates, lambda point: point.ttft_p99_s),
    ]
    if any(point.efficiency is not None for point in shown):
        found.append(_picture("Efficiency", "efficiency", "share", shown, rates, _efficiency))
    return found


def _efficiency(point: ScalingPoint) -> Interval | None:
    return None if point.efficiency is None else Interval(value=point.efficiency, low=None, high=None)


def _picture(
    title: str,
    term: str,
    unit: str,
    points: Sequence[ScalingPoint],
    rates: Sequence[float],
    value: Value,
    linear: bool = False,
) -> Picture:
    look = dict(zip(rates, LOOKS, strict=False))
    known = [(point, now) for point in points if (now := value(point)) is not None]
    counts = sorted({point.replicas for point in points})
    note = ""

    def draw(drawing: Drawing) -> None:
        nonlocal note
        axes = drawing.figure.subplots()
        drawing.axes = [axes]
        note = value_axis(axes, [*(now.value for _, now in known), *([1.0] if unit == "share" else [])], unit)
        axes.set_xlim(0, max(counts) * 1.06)
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.set_xlabel("replicas")
        if unit == "share":
            axes.axhline(1, color=PAINT["soft"], linestyle=(0, (4, 3)), linewidth=1)
            axes.yaxis.set_major_formatter(lambda number_, _: f"{number_:.0%}")
            note = ""
        for rate in rates:
            mine = [(point.replicas, now) for point, now in known if point.rate_rps == rate]
            band(axes, [count for count, _ in mine], [now for _, now in mine], look[rate][0])
        if linear:
            _linear(axes, known, max(counts))
        drawing.columns = [
            _column(count, [(point, now) for point, now in known if point.replicas == count], unit, look)
            for count in counts
        ]

    picture = svg(draw, f"{title} for each number of replicas", SIZE)
    keys = [Key(f"{rate:g} RPS", *look[rate]) for rate in rates]
    keys += [Key("linear", "soft", "dashed")] * (linear or unit == "share")
    return Picture(title, note, picture, keys, term)


def _linear(axes: Axes, known: Sequence[tuple[ScalingPoint, Interval]], most: int) -> None:
    """What the smallest count would give times the number, where it was at its limit."""
    limits = [
        now.value / point.replicas
        for point, now in known
        if point.efficiency == 1 and point.verdict != "valid"
    ]
    if limits:
        axes.plot([0, most], [0, max(limits) * most], color=PAINT["soft"], linestyle=(0, (4, 3)), linewidth=1)


def _column(
    count: int,
    known: Sequence[tuple[ScalingPoint, Interval]],
    unit: str,
    look: dict[float, tuple[str, str]],
) -> Column:
    rows = [
        (
            look[point.rate_rps][0],
            f"{point.rate_rps:g} RPS",
            in_unit(now.value, unit),
            remark(now, point.verdict, unit),
        )
        for point, now in known
    ]
    return Column(
        count,
        line(f"{count} replica{'s' * (count != 1)}", rows),
        [
            (0, Mark(now.value, *look[point.rate_rps], hollow=point.verdict != "valid"))
            for point, now in known
        ],
    )
