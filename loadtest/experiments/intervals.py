"""Figures of a level's rounds as medians with their bootstrap intervals."""

from statistics import median

from loadtest.figures.bootstrap import change_interval, median_interval
from loadtest.schema import LevelFigures, RoundFigures
from loadtest.schema.experiment import Interval
from loadtest.schema.levels import Distribution

# Points of these kinds say nothing of the server.
NO_POINT = ("generator-limited", "incomplete")


def values_of(level: LevelFigures | None, figure: str) -> list[float]:
    """A figure in each round that has it; `ttft_s.p99` is a part of a distribution."""
    values = [_value(each, figure) for each in level.rounds] if level is not None else []
    return [value for value in values if value is not None]


def interval(values: list[float]) -> Interval | None:
    """The median of the rounds; None if there is no round."""
    if not values:
        return None
    low, high = median_interval(values)
    return Interval(value=median(values), low=low, high=high)


def change(base: list[float], now: list[float]) -> Interval | None:
    """The relative change; None if a side has no round, or the baseline is 0."""
    if not base or not now or median(base) == 0:
        return None
    value, low, high = change_interval(base, now)
    return Interval(value=value, low=low, high=high)


def _value(each: RoundFigures, figure: str) -> float | None:
    name, _, part = figure.partition(".")
    found = getattr(each, name)
    if isinstance(found, Distribution):
        return float(getattr(found, part))
    return None if found is None else float(found)
