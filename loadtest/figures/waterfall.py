"""Where the time of a window's requests went: the client's times and the server's spans, joined."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from loadtest.client.record import Record
from loadtest.schema.waterfall import STAGES, Stage, Waterfall

# By the server's clock, from the request's arrival to its first delta; together they are its own TTFT.
UP_TO_FIRST_DELTA: tuple[Stage, ...] = (
    "admit",
    "retrieve_queue",
    "embed",
    "search",
    "prompt",
    "engine_queue",
    "prefill",
    "first_delta",
)
SLOWEST_SHARE = 0.1


def waterfall(good: Sequence[Record]) -> Waterfall | None:
    """The waterfall of complete answers; None if none of them carries the server's spans."""
    joined = [(record, stages) for record in good if (stages := stages_of(record)) is not None]
    if not joined:
        return None
    table = np.array([[stages[name] for name in STAGES] for _, stages in joined])
    ttfts = np.array([record.ttft_s for record, _ in joined])
    slowest = np.argsort(ttfts)[-math.ceil(len(joined) * SLOWEST_SHARE) :]
    decodes = [record.spans["decode"] for record, _ in joined if record.spans and "decode" in record.spans]
    return Waterfall(
        requests=len(joined),
        unjoined=len(good) - len(joined),
        mean_s=_named(table.mean(axis=0)),
        p99_s=_named(np.percentile(table, 99, axis=0)),
        slowest_s=_named(table[slowest].mean(axis=0)),
        server_decode_mean_s=sum(decodes) / len(decodes) if decodes else None,
    )


def stages_of(record: Record) -> dict[Stage, float] | None:
    """The stages of one complete answer, in seconds; None without the server's spans.

    They add up to its e2e latency: `transport` is the time between sending and the first delta that the
    server doesn't account for. Both sides measure by their own clocks, so it may be slightly negative.
    """
    spans = record.spans
    if spans is None or not record.deltas or any(name not in spans for name in UP_TO_FIRST_DELTA):
        return None
    first, last = record.deltas[0], record.deltas[-1]
    served: dict[Stage, float] = {name: spans[name] for name in UP_TO_FIRST_DELTA}
    return {
        "send_lag": record.send_lag_s,
        "transport": first - record.t_send - sum(served.values()),
        **served,
        "decode": last - first,
        "end": record.t_end - last,
    }


def _named(values: NDArray[np.float64]) -> dict[Stage, float]:
    return dict(zip(STAGES, values.tolist(), strict=True))
