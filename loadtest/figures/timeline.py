"""A level second by second, and its requests in flight."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from loadtest.client.record import Record
from loadtest.figures.tokens import token_arrivals
from loadtest.schema import Second


def in_flight_at(records: Sequence[Record], moment_s: float) -> int:
    """Requests scheduled before a moment that had not ended then (a late request is waiting already)."""
    return int(_in_flight(records, np.array([moment_s]))[0])


def in_flight_max(records: Sequence[Record]) -> int:
    """The most requests in flight at any moment."""
    if not records:
        return 0
    times = np.array([record.t_sched for record in records] + [record.t_end for record in records])
    steps = np.array([1] * len(records) + [-1] * len(records))
    # At equal times an end comes before a beginning: the two don't overlap.
    order = np.lexsort((steps, times))
    return int(np.cumsum(steps[order]).max())


def timeline(records: Sequence[Record], end_s: float) -> list[Second]:
    """Whole seconds from 0 until end_s, counted over all phases."""
    seconds = int(np.ceil(end_s))
    if seconds <= 0 or not records:
        return []
    edges = np.arange(seconds + 1, dtype=np.float64)
    arrived = _histogram([record.t_sched for record in records], edges)
    completed = _histogram([record.t_end for record in records if record.error is None], edges)
    # What was cut at the end of the level is no failure of the second in which it was cut.
    failed = _histogram([each.t_end for each in records if each.error not in (None, "unfinished")], edges)
    times, weights = token_arrivals(records)
    tokens, _ = np.histogram(times, bins=edges, weights=weights)
    open_then = _in_flight(records, edges[1:])
    first: list[list[float]] = [[] for _ in range(seconds)]
    for record in records:
        if record.ttft_s is not None and 0 <= record.t_sched < seconds:
            first[int(record.t_sched)].append(record.ttft_s)
    return [
        Second(
            t_s=float(second),
            arrivals=int(arrived[second]),
            completions=int(completed[second]),
            failures=int(failed[second]),
            in_flight=int(open_then[second]),
            tokens=round(float(tokens[second]), 3),
            ttft_p50_s=float(np.median(first[second])) if first[second] else None,
        )
        for second in range(seconds)
    ]


def _in_flight(records: Sequence[Record], moments_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Requests in flight at each moment, shape (moments,)."""
    begun = np.sort(np.array([record.t_sched for record in records]))
    ended = np.sort(np.array([record.t_end for record in records]))
    return (np.searchsorted(begun, moments_s) - np.searchsorted(ended, moments_s)).astype(np.int64)


def _histogram(times: list[float], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.histogram(times, bins=edges)[0].astype(np.int64)
