"""Colours and shapes of lines: safe for the colour-blind, and the same for an architecture on every page."""

from collections.abc import Sequence

# Name: variable of style.css.j2, shape of the points.
ARCHITECTURES = {
    "baseline": ("c1", "circle"),
    "baseline-improved": ("c2", "up"),
    "rac": ("c3", "square"),
    "rsc": ("c4", "down"),
    "rvc": ("c5", "diamond"),
}
OTHERS = (
    ("c6", "circle"),
    ("c7", "square"),
    ("c3", "up"),
    ("c4", "diamond"),
    ("c2", "down"),
    ("c1", "square"),
)


def looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Variable and shape for each name: an architecture's own, or one of the others in turn."""
    strange = [name for name in names if name not in ARCHITECTURES]
    return {name: ARCHITECTURES.get(name) or OTHERS[strange.index(name) % len(OTHERS)] for name in names}
