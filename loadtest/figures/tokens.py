"""When output tokens arrived."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from loadtest.client.record import Record


def token_arrivals(records: Iterable[Record]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each delta's time and its tokens.

    A request's usage count is spread evenly over its deltas, because a delta may hold several tokens.

    Returns:
        (times in seconds from the start of the level, tokens), both of shape (deltas,).
    """
    times: list[NDArray[np.float64]] = []
    weights: list[NDArray[np.float64]] = []
    for record in records:
        count = len(record.deltas)
        if count:
            times.append(np.asarray(record.deltas, dtype=np.float64))
            weights.append(np.full(count, record.tokens / count))
    if not times:
        return np.empty(0), np.empty(0)
    return np.concatenate(times), np.concatenate(weights)


def tokens_between(records: Iterable[Record], begin_s: float, end_s: float) -> float:
    """Output tokens that arrived in [begin_s, end_s)."""
    times, weights = token_arrivals(records)
    return float(weights[(times >= begin_s) & (times < end_s)].sum())
