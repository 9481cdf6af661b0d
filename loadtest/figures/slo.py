"""Service levels: `ttft_p99_s` wants a share of the requests inside a limit, `ttft_s` wants 99% of them.

A level meets `ttft_p99_s` if at least 99% of the requests of its window are answered with a TTFT inside the
limit: errors, timeouts and unfinished requests are outside of any. A single request meets a service level
if its own value is inside the limit, whatever the percentile: that is what goodput counts.
"""

import math
from collections.abc import Mapping, Sequence

from loadtest.client.record import Record
from loadtest.schema import ServiceLevel

# Of service levels without a percentile in their name.
GOOD_SHARE_MIN = 0.99
TITLES = {"ttft": "TTFT", "tpot": "TPOT", "e2e": "latency"}


def meets(record: Record, slo: Mapping[str, float]) -> bool:
    """Whether a request was answered completely and inside every limit.

    An answer of one token has no TPOT and meets any.
    """
    if record.error is not None or record.ttft_s is None:
        return False
    return all(value(record, name) <= limit for name, limit in slo.items())


def value(record: Record, name: str) -> float:
    """What a service level measures of a complete answer, in seconds."""
    match figure(name):
        case "ttft":
            return record.ttft_s or 0.0
        case "tpot":
            return record.tpot_s or 0.0
        case _:
            return record.e2e_latency_s


def service_levels(
    good: Sequence[Record], scheduled: int, slo: Mapping[str, float]
) -> dict[str, ServiceLevel]:
    """How a window stands with each service level.

    Args:
        good: the complete answers to requests of the window.
        scheduled: all its requests.
        slo: service level to limit in seconds.
    """
    levels = {}
    for name, limit in slo.items():
        values = sorted(value(record, name) for record in good)
        inside = sum(each <= limit for each in values)
        # The smallest limit that would be met: of 150 requests and 99%, the 149th value.
        rank = max(1, math.ceil(share_needed(name) * scheduled - 1e-9))
        needed = values[rank - 1] if rank <= len(values) else None
        levels[name] = ServiceLevel(
            share=inside / scheduled if scheduled else 0.0,
            value_s=needed,
            met=needed is not None and needed <= limit,
        )
    return levels


def share_needed(name: str) -> float:
    """The share of the requests that has to be inside the limit."""
    percentile = name.removesuffix("_s").partition("_p")[2]
    return float(percentile) / 100 if percentile else GOOD_SHARE_MIN


def figure(name: str) -> str:
    """What is measured: ttft, tpot or e2e."""
    return name.partition("_")[0]


def slo_text(name: str, limit_s: float) -> str:
    """A service level as a reader would say it, like 'TTFT p99 ≤ 500 ms'."""
    percentile = name.removesuffix("_s").partition("_")[2]
    return " ".join(filter(None, (TITLES[figure(name)], percentile, "≤", duration_text(limit_s))))


def duration_text(value_s: float) -> str:
    """Seconds, or milliseconds below one."""
    return f"{value_s * 1000:.3g} ms" if value_s < 0.9995 else f"{value_s:.3g} s"
