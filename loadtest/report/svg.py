"""Drawings of matplotlib as SVG for a page.

Text stays text, colours are the page's CSS variables (so that one drawing is right in light and dark), and
the places that have something to say carry it in `data-tip`, in the form that script.js.j2 shows.
"""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# The page's variables that a drawing may use. Each is drawn in a colour of its own, which is replaced.
VARIABLES = ("ink", "soft", "line", "paper", "good", "bad", "accent")
SERIES = ("c1", "c2", "c3", "c4", "c5", "c6", "c7")
PAINT = {name: f"#0f0e{number:02x}" for number, name in enumerate((*VARIABLES, *SERIES))}
NAMES = {color: name for name, color in PAINT.items()}

# 11 is for a phone, where a drawing is about as wide as here; the style sheet makes it smaller elsewhere.
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": PAINT["line"],
    "axes.labelcolor": PAINT["soft"],
    "axes.labelsize": 11,
    "text.color": PAINT["ink"],
    "xtick.color": PAINT["line"],
    "ytick.color": PAINT["line"],
    "xtick.labelcolor": PAINT["soft"],
    "ytick.labelcolor": PAINT["soft"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": PAINT["line"],
    "grid.linewidth": 0.6,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A point; hollow if it may not be used."""

    y: float
    color: str
    shape: str = "circle"
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A place on the x axis that can be pointed at and walked to.

    Attributes:
        x: in data units.
        tip: what it says: a title, then lines of variable, name, value and remark with tabs between.
        marks: its points, by the number of their axes.
    """

    x: float
    tip: str
    marks: Sequence[tuple[int, Mark]] = ()


@dataclass(slots=True)
class Drawing:
    """A figure with what lies over it."""

    figure: Figure
    axes: list[Axes] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)


def svg(draw: Callable[[Drawing], None], title: str, size: tuple[float, float], kind: str = "plot") -> Markup:
    """A drawing as an SVG element.

    Args:
        draw: fills it: adds axes to its figure and lists them and its columns.
        title: what it shows, for those who can't see it; unlike any other on the page.
        size: in inches; the page makes it as wide as its place.
        kind: its CSS class.
    """
    # Salted by the title, so that the ids of several drawings on one page differ and stay the same.
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": title}):
        drawing = Drawing(Figure(figsize=size, dpi=72, layout="constrained"))
        draw(drawing)
        layout = drawing.figure.get_layout_engine()
        assert layout is not None
        layout.execute(drawing.figure)
        # What is laid over the drawing has to meet it: nothing may move from here on.
        drawing.figure.set_layout_engine("none")
        over = "".join(_columns(drawing))
        target = io.StringIO()
        # Past savefig(), which draws everything once more to measure it.
        FigureCanvasSVG(drawing.figure).print_svg(target, metadata={"Date": None})
    text = _small(target.getvalue())
    width, height = (round(inches * 72) for inches in size)
    label = Markup.escape(title)
    head = f'<svg class="{kind}" viewBox="0 0 {width} {height}" role="group" aria-label="{label}">'
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return Markup(f'{head}<g aria-hidden="true">{body}</g>{over}</svg>')


def line(title: str, rows: Iterable[tuple[str, str, str, str]] = ()) -> str:
    """The text of a tip: a title, then rows of (variable, name, value, remark)."""
    return "\n".join([title, *("\t".join(row) for row in rows)])


def mark_shape(shape: str, x: float, y: float, radius: float) -> str:
    """The path of a point's shape."""
    corners = {
        "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "up": ((0, -1.15), (1.15, 0.85), (-1.15, 0.85)),
        "down": ((0, 1.15), (1.15, -0.85), (-1.15, -0.85)),
    }
    if shape not in corners:
        half = f"a{radius:g} {radius:g} 0 1 0 "
        return f"M{x - radius:.1f} {y:.1f}{half}{2 * radius:g} 0{half}{-2 * radius:g} 0"
    points = (f"{x + dx * radius:.1f} {y + dy * radius:.1f}" for dx, dy in corners[shape])
    return f"M{'L'.join(points)}Z"


def _columns(drawing: Drawing) -> Iterable[str]:
    """The columns from left to right: each a strip over all axes, a guide, and its points."""
    if not drawing.columns:
        return
    height = drawing.figure.bbox.height
    boxes = [axes.get_window_extent() for axes in drawing.axes]
    left, right = boxes[0].x0, boxes[0].x1
    top, bottom = height - max(box.y1 for box in boxes), height - min(box.y0 for box in boxes)
    columns = sorted(drawing.columns, key=lambda column: column.x)
    places = [float(drawing.axes[0].transData.transform((column.x, 0))[0]) for column in columns]
    edges = [left, *((a + b) / 2 for a, b in pairwise(places)), right]
    for number, (column, x) in enumerate(zip(columns, places, strict=True)):
        # One stop for the Tab key; the arrow keys go on from there.
        stop = 0 if number == 0 else -1
        yield f'<g class="col" role="img" tabindex="{stop}" data-tip="{Markup.escape(column.tip)}">'
        begin, end = edges[number], edges[number + 1]
        yield (
            f'<path class="strip" d="M{begin:.1f} {top:.1f}H{end:.1f}V{bottom:.1f}H{begin:.1f}Z"/>'
            f'<path class="guide" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>'
        )
        for index, mark in column.marks:
            y = height - float(drawing.axes[index].transData.transform((column.x, mark.y))[1])
            kind = "mark hollow" if mark.hollow else "mark"
            path = mark_shape(mark.shape, x, y, 3.2)
            yield f'<path class="{kind}" style="--m:var(--{mark.color})" d="{path}"/>'
        yield "</g>"


def _small(text: str) -> str:
    """Without what a page doesn't need, a third of it: metadata, styles, comments, names of groups."""
    for useless in (
        r"<metadata>.*?</metadata>",
        r"<title>.*?</title>",
        r"<defs>\s*<style.*?</defs>",
        r"<!--.*?-->",
        r'<path d="[^"]*" style="fill: none"/>',
        r'<g id="[^"]*"/>',
        r' transform="rotate\(-0 [^"]*\)"',
        r"font-size: 11px; font-family: 'DejaVu Sans', sans-serif; ",
        r"stroke-linecap: (square|butt)",
        # A hundredth of a point can't be seen.
        r"(?<=\.\d\d)\d+",
    ):
        text = re.sub(useless, "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*">', "<g>", text)
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r"#0f0e[0-9a-f]{2}", lambda found: f"var(--{NAMES[found[0]]})", text)
    return re.sub(r"> <", "><", text)
