"""A level over its rounds: medians with their spread, and the knee of a sweep."""

from collections.abc import Mapping, Sequence
from statistics import median

from loadtest.figures.verdict import noise, worst
from loadtest.schema import Distribution, LevelFigures, RoundFigures, Spread

GOOD_SHARE_MIN = 0.99
PLAIN = (
    "offered_rps",
    "achieved_rps",
    "latency_avg_s",
    "latency_total_s",
    "tps",
    "goodput_rps",
    "goodput_share",
    "send_lag_p99_s",
)
SPREAD_OUT = ("ttft_s", "ttft_send_s", "tpot_s", "itl_s", "e2e_latency_s")
PERCENTILES = ("mean", "p50", "p90", "p95", "p99")


def level_figures(rate_rps: float, rounds: Sequence[RoundFigures]) -> LevelFigures:
    """Join the rounds of a rate."""
    summary = {}
    for name in PLAIN:
        values = [getattr(each, name) for each in rounds if getattr(each, name) is not None]
        if values:
            summary[name] = _spread(values)
    for name in SPREAD_OUT:
        parts: list[Distribution] = [
            getattr(each, name) for each in rounds if getattr(each, name) is not None
        ]
        for percentile in PERCENTILES if parts else ():
            summary[f"{name}.{percentile}"] = _spread([getattr(part, percentile) for part in parts])
    return LevelFigures(
        rate_rps=rate_rps,
        rounds=list(rounds),
        summary=summary,
        verdict=worst([each.verdict for each in rounds]),
    )


def knee_rps(levels: Sequence[LevelFigures], slo: Mapping[str, float]) -> float | None:
    """The highest rate with >= 99% of the requests inside the SLOs and no growth of requests in flight.

    Every round of the level has to be valid. None if no level qualifies, or there is no SLO to meet.
    """
    if not slo:
        return None
    rates = [
        level.rate_rps
        for level in levels
        if level.verdict.kind == "valid"
        and all(
            each.goodput_share >= GOOD_SHARE_MIN
            and each.in_flight_end - each.in_flight_start <= noise(each.in_flight_start, each.in_flight_end)
            for each in level.rounds
        )
    ]
    return max(rates, default=None)


def _spread(values: list[float]) -> Spread:
    return Spread(median=median(values), min=min(values), max=max(values))
