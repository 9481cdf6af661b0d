"""The figures of two tools for the same requests, by one definition each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loadtest.schema import Distribution, RoundFigures


@dataclass(frozen=True, slots=True)
class Measured:
    """What a tool says of the requests that were to be sent in the window. Seconds, tokens a second.

    Attributes:
        tps: tokens that arrived in the window / window.
        ttft_s: median, first content - sending.
        tpot_s: median, (last - first) / (tokens - 1).
        e2e_s: median; vLLM's ends with the last token and begins with sending, the load test's ends with
            [DONE] and begins with the scheduled time.
        lag_p99_s: p99 of sending - scheduled time.
        cpu_share: of the tool, in cores.
        headline_tps: what its own report calls throughput.
        headline_ttft_s: what its own report calls median TTFT: the load test's counts from the scheduled
            time, vLLM's ends with the first event, the role.
        failed: requests, of all.
        verdict: of the load test; vLLM has none.
    """

    tps: float
    ttft_s: float
    tpot_s: float
    e2e_s: float
    lag_p99_s: float
    cpu_share: float
    headline_tps: float
    headline_ttft_s: float
    failed: int
    verdict: str = ""


def of_loadtest(figures: RoundFigures) -> Measured:
    """From one round of a report.

    Raises:
        SystemExit: no request of the window was answered.
    """
    return Measured(
        tps=figures.tps,
        ttft_s=_median(figures.ttft_send_s),
        tpot_s=_median(figures.tpot_s),
        e2e_s=_median(figures.e2e_latency_s),
        lag_p99_s=figures.send_lag_p99_s or 0.0,
        cpu_share=sum(each.cpu_share or 0.0 for each in figures.generators),
        headline_tps=figures.tps,
        headline_ttft_s=_median(figures.ttft_s),
        failed=figures.counts.failed + figures.counts.unfinished + figures.counts.unsent,
        verdict=figures.verdict.kind,
    )


def of_vllm(saved: dict[str, Any], times_s: Sequence[float], begin_s: float, end_s: float) -> Measured:
    """From what vLLM saves of each request.

    A chat's first event is the role and brings no text: content begins with the second, and the tokens are
    spread over it and the others, as the load test spreads them over the deltas.

    Args:
        saved: `vllm bench serve --save-detailed`, with `cpu_share`.
        times_s: when each request was to be sent, from the start; shape (requests,).
        begin_s: of the window.
        end_s: of the window.
    """
    good = np.array([not error for error in saved["errors"]])
    planned, started = np.asarray(times_s), np.asarray(saved["start_times"])
    # The start itself is not saved: it is as early as the most punctual request allows.
    started = started - (started - planned)[good].min()
    window = good & (planned >= begin_s) & (planned < end_s)
    role, last = np.asarray(saved["ttfts"]), np.asarray(saved["latencies"])
    first = role + [gaps[0] if gaps else 0.0 for gaps in saved["itls"]]
    tokens = np.asarray(saved["output_lens"])
    inside = 0.0
    for number in np.flatnonzero(good):
        arrivals = started[number] + role[number] + np.cumsum(saved["itls"][number])
        inside += float(tokens[number] * np.mean((arrivals >= begin_s) & (arrivals < end_s)))
    return Measured(
        tps=inside / (end_s - begin_s),
        ttft_s=float(np.median(first[window])),
        tpot_s=float(np.median((last - first)[window] / (tokens[window] - 1))),
        e2e_s=float(np.median(last[window])),
        lag_p99_s=float(np.percentile((started - planned)[window], 99)),
        cpu_share=saved["cpu_share"],
        headline_tps=saved["output_throughput"],
        headline_ttft_s=float(np.median(role[good])),
        failed=int((~good).sum()),
    )


def _median(values: Distribution | None) -> float:
    if values is None:
        raise SystemExit("No request of the window was answered.")
    return values.p50
