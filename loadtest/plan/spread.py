"""Some of many, evenly spread."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def spread_evenly(items: Sequence[Item], count: int) -> list[Item]:
    """So many of them, in their order; all if there are not more."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]
