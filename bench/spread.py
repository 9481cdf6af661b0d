"""How benchmarks write what they measured several times."""

import statistics
from collections.abc import Sequence


def spread(values: Sequence[float], digits: int) -> str:
    """The median, and with several values the smallest and the largest behind it; a dash without any.

    Args:
        values: of the repeats.
        digits: after the point.
    """
    if not values:
        return "—"
    middle, low, high = (
        f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return middle if len(values) == 1 else f"{middle} ({low} … {high})"


def tally(words: Sequence[str]) -> str:
    """How often each was said: "1 saturated, 2 valid"."""
    return ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words)))
