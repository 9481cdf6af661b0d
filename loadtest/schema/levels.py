"""The figures of the levels of a run. Units are in the names: _s seconds, _rps requests a second."""

from typing import Literal

from pydantic import Field

from loadtest.schema.part import Part
from loadtest.schema.quality import Scores
from loadtest.schema.waterfall import Waterfall

VerdictKind = Literal["valid", "saturated", "generator-limited", "errors", "incomplete"]


class Distribution(Part):
    """Mean and percentiles (numpy, linear interpolation) of raw values."""

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float


class Counts(Part):
    """Requests of the window (arrivals scheduled in it), and how they ended."""

    scheduled: int = Field(description="arrivals in the window")
    sent: int = Field(description="of these, requests begun")
    completed: int = Field(description="of these, complete answers with content, however late")
    failed: int = Field(description="of these, errors and timeouts")
    unfinished: int = Field(description="of these, still open when the drain's patience was over")
    unsent: int = Field(description="arrivals without a record: lost with their generator, or cut off")
    usage_missing: int = Field(description="complete answers without a usage count: deltas were counted")


class Verdict(Part):
    """Whether the point may be used, and why not."""

    kind: VerdictKind
    reasons: list[str] = Field(description="why it is not valid")
    notes: list[str] = Field(description="what else a reader should know")


class GeneratorFigures(Part):
    """One generator process in the window."""

    worker: int
    host: str
    pid: int
    cpu_share: float | None = Field(description="CPU time / wall time; 1.0 is one whole core")
    throttled_periods: int | None = Field(description="CFS periods with throttling; null if unknown")
    nice: int = Field(description="CPU priority that it ran with")
    loop_lag_p99_s: float | None = Field(
        description="p99 of how late its event loop woke up, sampled 50 times a second: reads are as late"
    )
    clock_offset_s: float | None = Field(
        default=None,
        description="its clock - the coordinator's, measured before the level and allowed for; null if "
        "they share one",
    )


class Second(Part):
    """One second of a level's timeline; `t_s` counts from the start of the level."""

    t_s: float
    arrivals: int
    completions: int
    failures: int
    in_flight: int = Field(description="requests open at the end of the second")
    tokens: float
    ttft_p50_s: float | None = Field(description="of the requests scheduled in this second")


class ServiceLevel(Part):
    """How the requests of a window stand with one service level."""

    share: float = Field(description="window requests answered inside the limit / window requests")
    value_s: float | None = Field(
        description="the smallest limit that would be met; null if too many requests failed for any"
    )
    met: bool


class RoundFigures(Part):
    """One repeat of one level."""

    round: int
    started_at: str
    window_s: float = Field(description="measured part of the window; shorter if the run was stopped")
    drain_s: float
    counts: Counts
    errors: dict[str, int] = Field(description="failed and unfinished requests of the window by kind")
    error_examples: dict[str, str] = Field(description="one message for each kind")
    offered_rps: float = Field(description="arrivals in the window / window")
    achieved_rps: float = Field(description="complete answers that ended inside the window / window")
    in_flight_start: int
    in_flight_end: int
    in_flight_max: int
    ttft_s: Distribution | None = Field(description="first content delta - scheduled time")
    ttft_send_s: Distribution | None = Field(description="first content delta - time of sending")
    tpot_s: Distribution | None = Field(description="(last delta - first delta) / (tokens - 1)")
    itl_s: Distribution | None = Field(description="gaps between content deltas, of all requests together")
    itl_max_s: Distribution | None = Field(
        default=None, description="longest gap between content deltas of each request: how smooth streams are"
    )
    e2e_latency_s: Distribution | None = Field(description="end of the stream - scheduled time")
    latency_avg_s: float | None = Field(description="mean of e2e_latency_s")
    latency_total_s: float | None = Field(
        description="makespan: first scheduled time of the window to the end of its last request"
    )
    tps: float = Field(description="output tokens that arrived inside the window / window")
    output_tokens_mean: float | None
    prompt_tokens_mean: float | None
    goodput_rps: float = Field(description="window requests that meet every SLO / window")
    goodput_share: float = Field(description="window requests that meet every SLO / window requests")
    send_lag_p50_s: float | None
    send_lag_p99_s: float | None = Field(description="time of sending - scheduled time, window requests")
    generators: list[GeneratorFigures]
    verdict: Verdict
    timeline: list[Second]
    waterfall: Waterfall | None = Field(
        default=None,
        description="where the time of the window's requests went; null if the server says nothing",
    )
    service_levels: dict[str, ServiceLevel] = Field(
        default={}, description="each service level of the plan; ttft_s without a percentile wants 99%"
    )
    cache_reset: int | None = Field(
        default=None, description="replicas whose prefix cache was emptied before it; null if not asked for"
    )
    quality: Scores | None = Field(
        default=None,
        description="of complete answers of the window, evenly spread over it; null if not asked for, or if "
        "there were none",
    )


class Spread(Part):
    """A figure over the rounds of a level."""

    median: float
    min: float
    max: float


class LevelFigures(Part):
    """One rate of the sweep."""

    rate_rps: float = Field(description="the rate that was asked for")
    rounds: list[RoundFigures]
    summary: dict[str, Spread] = Field(description="figure, or figure.percentile, over the rounds")
    verdict: Verdict = Field(description="the worst of the rounds'")
