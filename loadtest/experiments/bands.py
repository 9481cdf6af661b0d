"""Lines of medians with their intervals as bands, and the same as words."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from loadtest.report.frame import times
from loadtest.report.svg import PAINT
from loadtest.report.wording import number, share
from loadtest.schema.experiment import Interval
from loadtest.schema.levels import VerdictKind


def band(axes: Axes, places: Sequence[float], values: Sequence[Interval], color: str) -> None:
    """Draw a line; where an interval is not known the band is as thin as the line."""
    axes.fill_between(
        places,
        [value.value if value.low is None else value.low for value in values],
        [value.value if value.high is None else value.high for value in values],
        color=PAINT[color],
        alpha=0.18,
        linewidth=0,
    )
    axes.plot(places, [value.value for value in values], color=PAINT[color], linewidth=1.7)


def remark(value: Interval, verdict: VerdictKind, unit: str) -> str:
    """The interval if it is known, and the verdict if it is not `valid`."""
    known = (
        ""
        if value.low is None or value.high is None
        else f"{in_unit(value.low, unit)} to {in_unit(value.high, unit)}"
    )
    return ", ".join(filter(None, [known, verdict if verdict != "valid" else ""]))


def in_unit(value: float, unit: str) -> str:
    """A value as text: times, shares, or a number."""
    return times(value) if unit == "s" else share(value) if unit == "share" else number(value, 1)
