"""A plot with what stands beside it on a page, and the axes that all plots against a rate share."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from loadtest.report.svg import PAINT, mark_shape

# From here on the small values could not be told apart on a linear axis.
LOG_FROM = 12.0


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend: a line with its points, a dashed or dotted line, or an area."""

    label: str
    color: str
    kind: str = "circle"

    @property
    def svg(self) -> Markup:
        """Its picture."""
        dash = {"dashed": ' stroke-dasharray="5 3"', "dotted": ' stroke-dasharray="1.5 3"'}.get(self.kind, "")
        if self.kind == "area":
            body = f'<path d="M0 1H27V15H0Z" fill="var(--{self.color})" opacity=".25"/>'
        else:
            body = f'<path d="M0 8H27" stroke="var(--{self.color})" stroke-width="2.4"{dash}/>'
        if self.kind not in ("dashed", "dotted", "line", "area"):
            body += f'<path d="{mark_shape(self.kind, 13.5, 8, 4.5)}" fill="var(--{self.color})"/>'
        return Markup(f'<svg viewBox="0 0 27 16" aria-hidden="true">{body}</svg>')


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot on a page.

    Attributes:
        title: a word of the terms, or a heading.
        note: what its axes are.
        svg: the drawing.
        keys: its legend.
        term: key of the explanation of the title, if there is one.
    """

    title: str
    note: str
    svg: Markup
    keys: Sequence[Key] = ()
    term: str | None = None


def value_axis(axes: Axes, values: Sequence[float], unit: str = "") -> str:
    """Scale the y axis for values; seconds below one are shown as milliseconds.

    Args:
        axes: whose data are in seconds if unit is 's'.
        values: all that will be shown.
        unit: of the values.

    Returns:
        The unit shown, with a remark if the axis is logarithmic.
    """
    most = max(values, default=1.0) or 1.0
    least = min((value for value in values if value > 0), default=most)
    scale, shown = (1000, "ms") if unit == "s" and most < 1 else (1, unit)
    if most / least > LOG_FROM and min(values) > 0:
        axes.set_yscale("log")
        axes.set_ylim(least / 1.5, most * 1.5)
        subs = (1.0, 2.0, 5.0) if most / least < 100 else (1.0, 3.0) if most / least < 1000 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs))
        axes.yaxis.set_minor_locator(NullLocator())
        shown += ", logarithmic"
        if unit == "s":
            scale, shown = 1, "s, logarithmic"
    else:
        axes.set_ylim(0, most * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value * scale, 9):,g}"))
    return shown


def rate_axis(axes: Axes, rates: Sequence[float], label: str) -> None:
    """Scale the x axis for rates, with the rates themselves as its ticks where these have room."""
    highest = max(rates)
    axes.set_xlabel(label)
    # One rate alone stands in the middle.
    axes.set_xlim(0, highest * (1.04 if len(set(rates)) > 1 else 2))
    apart = [b - a for a, b in zip([0.0, *sorted(set(rates))], sorted(set(rates)), strict=False)]
    if min(apart) >= highest * 0.085:
        axes.set_xticks(sorted(set(rates)), [f"{rate:g}" for rate in sorted(set(rates))])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))


def limit_line(axes: Axes, limit: float) -> None:
    """A service level."""
    axes.axhline(limit, color=PAINT["bad"], linestyle=(0, (1.5, 2)), linewidth=1.3)
