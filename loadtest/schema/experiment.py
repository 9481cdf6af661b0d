"""The shape of experiment.json, version 1: several runs, and what they say together."""

from typing import Annotated, Literal

from pydantic import Field

from loadtest.schema.levels import VerdictKind
from loadtest.schema.part import Part
from loadtest.schema.quality import Scores
from loadtest.schema.report import Report

Kind = Literal["compare", "scaling"]
Figure = Literal["ttft_s", "latency_avg_s", "latency_total_s", "tps"]

PUBLISHED: dict[Figure, float] = {
    "ttft_s": -0.8849,
    "latency_avg_s": -0.7299,
    "latency_total_s": -0.7097,
    "tps": 1.7118,
}
"""The published changes of rvc against the baseline at PUBLISHED_FROM_RPS and above."""
PUBLISHED_FROM_RPS = 24.0


class Interval(Part):
    """A figure with its 95% bootstrap interval over the rounds; with one round low and high are null."""

    value: float = Field(description="median over the rounds")
    low: float | None
    high: float | None


class Compared(Part):
    """One of the four figures of a side at a rate."""

    figure: Figure = Field(description="ttft_s is the mean TTFT, counted from the scheduled arrival")
    now: Interval
    change: Interval | None = Field(
        description="(side - baseline side) / baseline side; null where that has no point, and for itself"
    )
    published: float | None = Field(
        description="the published change, for rvc at PUBLISHED_FROM_RPS and above"
    )


class ComparedLevel(Part):
    """A side at a rate."""

    side: str
    rate_rps: float
    verdict: VerdictKind
    reasons: list[str]
    figures: list[Compared]
    quality: Scores | None = Field(
        default=None, description="of the answers under load, of all rounds together; null if none was scored"
    )


class Side(Part):
    """One architecture (or variant) of a comparison."""

    name: str = Field(description="label `side` of its run, such as rvc or baseline-improved")
    run: str
    architecture: str
    engine: str = Field(description="its name and version")
    replicas: int | None
    recall: float | None = Field(description="of the sample of answers")
    exact_match: float | None = Field(default=None, description="of the sample of answers")
    same_passages: float | None = Field(description="share of sampled questions with the baseline's passages")
    same_answer: float | None = Field(description="share of sampled questions with the baseline's answer")
    same_beginning: float | None = Field(
        description="mean share of the longer answer's characters up to the first difference between the "
        "side's and the baseline's; 1 if there is none"
    )


class Comparison(Part):
    """Sides on the same questions, arrivals and model."""

    baseline: str = Field(description="name of the side that the others are compared with")
    sides: list[Side]
    levels: list[ComparedLevel]
    remarks: list[str] = Field(description="what makes the sides hard to compare, and who answers worse")


class ScalingPoint(Part):
    """A replica count at a rate."""

    replicas: int
    run: str
    rate_rps: float
    verdict: VerdictKind
    tps: Interval
    achieved_rps: Interval
    ttft_p50_s: Interval | None
    ttft_p99_s: Interval | None
    efficiency: float | None = Field(
        description="(TPS / replicas) / (TPS / replicas of the smallest count whose point counts) at this "
        "rate; null if that count keeps up with all that is offered, or this point does not count"
    )


class ScalingChange(Part):
    """One change of the number of replicas; seconds from the decision, null if not seen."""

    replicas_before: int
    replicas: int
    accepted_s: float | None = Field(description="the API server had taken the change")
    scheduled_s: float | None
    pulled_s: float | None = Field(description="the image was there")
    started_s: float | None
    loaded_s: float | None
    first_token_s: float | None


class Scaling(Part):
    """Runs at several replica counts."""

    points: list[ScalingPoint]
    changes: list[ScalingChange]
    remarks: list[str]


class Experiment(Part):
    """A whole experiment."""

    schema_version: Annotated[Literal[1], Field(description="another version is another shape")]
    kind: Kind
    name: str
    started_at: str
    ended_at: str
    complete: bool
    incomplete_reasons: list[str]
    runs: list[Report] = Field(description="without their timelines where these found no room")
    comparison: Comparison | None = None
    scaling: Scaling | None = None
