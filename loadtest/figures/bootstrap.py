"""How sure a median over a few rounds is: percentile bootstrap intervals (95%), always of the same seed.

Rounds are what repeats independently, so rounds are drawn again, with replacement, never the requests
inside of one. Of three rounds the interval is about their range: it says honestly how little is known.
Two runs of one plan have the same arrivals in the same round: their rounds are compared in pairs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 1

Interval = tuple[float | None, float | None]


def median_interval(values: Sequence[float]) -> Interval:
    """Where the median of the rounds lies; (None, None) with fewer than two rounds."""
    if len(values) < 2:
        return None, None
    return _middle(_medians(values, np.random.default_rng(SEED)))


def change_interval(
    base: Sequence[float], now: Sequence[float], *, paired: bool = False
) -> tuple[float, float | None, float | None]:
    """The relative change, and where it lies.

    Args:
        base: a figure in each round of the baseline.
        now: the same figure in each round of the other run.
        paired: round k of both had the same arrivals. What differs between rounds then tells nothing of the
            change, which is the median of the rounds' own changes. Else it is that of the median.

    Returns:
        (change, low, high). low and high are None where either side has fewer than two rounds, or a round
        of the baseline is 0.

    Raises:
        ValueError: a side has no round, or the median of the baseline is 0: there is no such change.
    """
    if not len(base) or not len(now):
        raise ValueError("a change needs a round on both sides")
    before = float(np.median(base))
    if before == 0:
        raise ValueError("there is no relative change from 0")
    change = (float(np.median(now)) - before) / before
    if min(len(base), len(now)) < 2 or 0 in base:
        return change, None, None
    if paired:
        changes = [after / then - 1 for then, after in zip(base, now, strict=True)]
        return float(np.median(changes)), *median_interval(changes)
    draws = np.random.default_rng(SEED)
    then = _medians(base, draws)
    return change, *_middle((_medians(now, draws) - then) / then)


def difference_interval(
    base: Sequence[float], now: Sequence[float], *, paired: bool = False
) -> tuple[float, float | None, float | None]:
    """The change itself, now - base: for shares that are usually 0. Else as change_interval."""
    if not len(base) or not len(now):
        raise ValueError("a difference needs a round on both sides")
    change = float(np.median(now)) - float(np.median(base))
    if min(len(base), len(now)) < 2:
        return change, None, None
    if paired:
        changes = [after - then for then, after in zip(base, now, strict=True)]
        return float(np.median(changes)), *median_interval(changes)
    draws = np.random.default_rng(SEED)
    then = _medians(base, draws)
    return change, *_middle(_medians(now, draws) - then)


def _medians(values: Sequence[float], draws: np.random.Generator) -> NDArray[np.float64]:
    """The median of each resample, shape (RESAMPLES,)."""
    sample = np.asarray(values, dtype=np.float64)
    resamples = draws.choice(sample, size=(RESAMPLES, len(sample)))
    return np.asarray(np.median(resamples, axis=1), dtype=np.float64)


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    outside = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(values, [outside, 100 - outside])
    return float(low), float(high)
