"""Figures of a level's rounds as medians with their bootstrap intervals."""

from statistics import median

from loadtest.figures.bootstrap import change_interval, median_interval
from loadtest.schema.experiment import Interval


def interval(values: list[float]) -> Interval | None:
    """The median of the rounds; None if there is no round."""
    if not values:
        return None
    low, high = median_interval(values)
    return Interval(value=median(values), low=low, high=high)


def change(base: list[float], now: list[float], *, paired: bool) -> Interval | None:
    """The relative change, of rounds that are pairs or not; None if a side has none, or the baseline is 0."""
    if not base or not now or median(base) == 0:
        return None
    value, low, high = change_interval(base, now, paired=paired)
    return Interval(value=value, low=low, high=high)
