"""The shape of report.json, version 3.

Version 2 had none of the fields that have a default here, version 1 no `server` either; both are read.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from loadtest.schema.answers import Answers
from loadtest.schema.gate import Gate
from loadtest.schema.knee import KneeSearch
from loadtest.schema.levels import LevelFigures
from loadtest.schema.observed import Observed
from loadtest.schema.part import Part

SCHEMA_VERSION = 3


class ProcessMemory(Part):
    """Peak resident memory of a process, sampled about every second during the sweep."""

    pid: int
    name: str
    peak_rss_mib: float


class Environment(Part):
    """Where the load came from, and what the target says of itself."""

    loadtest: str
    locust: str
    python: str
    platform: str
    cpu_count: int
    workers: int = Field(description="generating processes; 0 if the load came from the main process")
    server: dict[str, Any] = Field(description="GET /v1/environment of the target; empty if it has none")


class Report(Part):
    """A whole run."""

    schema_version: Annotated[Literal[3], Field(description="another version is another shape")]
    run: str
    started_at: str
    ended_at: str
    complete: bool
    incomplete_reasons: list[str]
    plan: dict[str, Any] = Field(description="all settings except the API key")
    model: str
    environment: Environment
    levels: list[LevelFigures]
    knee_rps: float | None = Field(
        description="highest valid rate that meets every service level (ttft_s without a percentile: for "
        "99% of the requests) without growth of requests in flight; null if none does or none was given"
    )
    processes: list[ProcessMemory]
    server: Observed | None = Field(
        default=None, description="what cluster and server said; null if nothing was observed"
    )
    warnings: list[str] = Field(default=[], description="what was said before the load began")
    answers: Answers | None = Field(
        default=None,
        description="a sample of questions and their answers, asked one at a time before the load",
    )
    knee: KneeSearch | None = Field(default=None, description="the search of the knee, if this was one")
    gate: Gate | None = Field(default=None, description="the comparison with a baseline, if one was named")
