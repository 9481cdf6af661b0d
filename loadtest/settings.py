"""The settings of `loadtest run` and `loadtest worker`: one model is options, variables and file keys.

A field `drain_timeout` is the option --drain-timeout, the variable LOADTEST_DRAIN_TIMEOUT and the line
`drain_timeout:` of the settings file; the first of these three that is given wins. All durations are in
seconds.
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from loadtest.setting_types import (
    SLO_FORM,
    ApiKey,
    BaseUrl,
    NotNegative,
    Pairs,
    Pids,
    Positive,
    Rates,
    Slos,
    Steps,
)

# The panel of what the command line takes by its place, not by its name.
ARGUMENTS = "Arguments"


def option(panel: str, metavar: str = "TEXT", flag: bool = False, **field: Any) -> Any:
    """A field that is also an option, shown in the given panel of --help."""
    extra: dict[str, Any] = {"panel": panel, "metavar": metavar, "flag": flag}
    return Field(json_schema_extra=extra, **field)


class TargetSettings(BaseSettings):
    """The server that is asked."""

    model_config = SettingsConfigDict(env_prefix="LOADTEST_", extra="forbid", frozen=True)

    target: BaseUrl = option("Target", "URL", description="Base URL of the server, without /v1.")
    model: str | None = option(
        "Target", default=None, description="Model name; by default the first of GET /v1/models."
    )
    api_key: ApiKey = option(
        "Target",
        default=None,
        description="Bearer token, of several (with commas) the first; better given as LOADTEST_API_KEY.",
    )
    max_tokens: int = option("Target", "N", default=64, gt=0, description="Longest answer, in tokens.")


class RunSettings(TargetSettings):
    """All that a run can be told."""

    endpoint: Literal["chat", "completions"] = option(
        "Target", "chat|completions", default="chat", description="/v1/chat/completions or /v1/completions."
    )
    ignore_eos: bool = option(
        "Target",
        flag=True,
        default=False,
        description="Ask for exactly max-tokens (the extension field ignore_eos, as in vLLM).",
    )
    rag: bool | None = option(
        "Target", flag=True, default=None, description="Send rag.enabled; by default nothing is sent."
    )
    top_k: int | None = option(
        "Target", "N", default=None, gt=0, description="Send rag.top_k; by default nothing is sent."
    )
    passage_order: Literal["rank", "canonical", "popular", "cached", "anchored"] | None = option(
        "Target",
        "ORDER",
        default=None,
        description="Send rag.passage_order: rank, canonical, popular, cached, anchored; by default nothing.",
    )
    timeout: Positive = option(
        "Target", "SECONDS", default=120.0, description="A request that takes longer is an error."
    )

    rps: Rates = option(
        "Load",
        "R,R,…",
        default=(),
        description="Arrivals a second; one level for each rate. [bold]Required[/bold], unless there are "
        "steps or a gate's baseline says it.",
    )
    duration: Positive = option(
        "Load", "SECONDS", default=20.0, description="Window of a level: its arrivals are measured."
    )
    warmup: NotNegative = option(
        "Load", "SECONDS", default=5.0, description="Arrivals before the window, not measured."
    )
    drain_timeout: NotNegative = option(
        "Load",
        "SECONDS",
        default=60.0,
        description="Longest wait for the window's requests; the load goes on meanwhile.",
    )
    settle: NotNegative = option(
        "Load",
        "SECONDS",
        default=5.0,
        description="Between levels: longest wait for the other requests before they are cut.",
    )
    rounds: int = option("Load", "N", default=1, gt=0, description="Repeats of each level.")
    knee: bool = option(
        "Load",
        flag=True,
        default=False,
        description="Search the highest rate that meets the service levels (slo), beginning at rps.",
    )
    knee_resolution: float = option(
        "Load",
        "SHARE",
        default=0.1,
        ge=0.01,
        le=1,
        description="The search is over when it knows the knee to this share of its rate.",
    )
    knee_levels: int = option(
        "Load", "N", default=12, gt=0, description="The search is over after so many rates as well."
    )
    steps: Steps = option(
        "Load",
        "R:SECONDS,…",
        default=(),
        description="One level whose rate changes without a pause, in place of rps and duration.",
    )
    arrivals: Literal["poisson", "constant"] = option(
        "Load", "poisson|constant", default="poisson", description="Law of the gaps between arrivals."
    )
    seed: int = option("Load", "N", default=1, ge=0, description="Seed of arrival times and questions.")
    reset_cache: bool = option(
        "Load",
        flag=True,
        default=False,
        description="Empty the target's prefix caches before each level (its server.allow_cache_reset).",
    )
    stall_timeout: Positive = option(
        "Load",
        "SECONDS",
        default=60.0,
        description="Stop when requests wait and nothing has come back for so long.",
    )

    questions: Path = option(
        "Questions", "FILE", description="JSONL with `question` or `prompt`, and optionally `id`."
    )
    popularity: Literal["zipf", "uniform", "round-robin"] = option(
        "Questions", "zipf|uniform|round-robin", default="zipf", description="How questions are drawn."
    )
    zipf_exponent: NotNegative = option(
        "Questions", "S", default=1.0, description="The question of rank k has a weight of 1/k^S."
    )

    sample: int = option(
        "Questions",
        "N",
        default=0,
        ge=0,
        description="Before the load, ask N questions of the whole file one at a time and keep the answers.",
    )
    quality: int = option(
        "Questions",
        "N",
        default=0,
        ge=0,
        description="Score N answers of each level and round, evenly spread over its window, once the level "
        "has ended; every question needs its `answer`.",
    )

    slo: Slos = option(
        "Report",
        "NAME=TIME",
        default={},
        description=f"Service level like ttft_p99=500ms, repeatable: {SLO_FORM} (99% of the requests).",
    )
    gate: str | None = option(
        "Report",
        "REPORT",
        default=None,
        description="Take the plan of this earlier run (its report or folder; with report_configmap: its "
        "ConfigMap), and fail if a figure is worse.",
    )
    gate_tolerance: NotNegative = option(
        "Report",
        "SHARE",
        default=0.05,
        description="Change for the worse that a gate allows; the baseline's own noise may allow more.",
    )
    out: Path | None = option(
        "Report", "DIR", default=None, description="Folder of the report; by default var/reports/RUN."
    )
    records: Path | None = option(
        "Report", "DIR", default=None, description="Keep the raw records here, as JSONL."
    )
    html: bool = option("Report", flag=True, default=True, description="Write report.html as well.")
    label: Pairs = option("Report", "KEY=VALUE", default={}, description="Noted in the report, repeatable.")
    watch_pid: Pids = option(
        "Report",
        "PID",
        default=(),
        description="Report the peak memory of this process and its descendants, repeatable.",
    )

    run: str | None = option(
        "Report", "NAME", default=None, description="Name of the run; by default date, time and a number."
    )

    report_configmap: str | None = option(
        "Cluster", "NAME", default=None, description="Keep the report in this ConfigMap, which has to exist."
    )
    report_parts: int = option(
        "Cluster",
        "N",
        default=0,
        ge=0,
        description="ConfigMaps NAME-part-1 … NAME-part-N, which may be used as well.",
    )
    observe: str | None = option(
        "Cluster",
        "RELEASE",
        default=None,
        description="Observe the pods with app.kubernetes.io/instance=RELEASE and scrape their metrics.",
    )
    namespace: str | None = option(
        "Cluster", "NAME", default=None, description="Of both; by default the pod's own."
    )

    nice: int = option(
        "Workers",
        "N",
        default=-5,
        ge=-20,
        le=19,
        description="CPU priority of the generating processes, where it is permitted.",
    )
    workers: int = option(
        "Workers", "N", default=0, ge=0, description="Local worker processes; 0 generates in this process."
    )
    expect_workers: int = option(
        "Workers", "N", default=0, ge=0, description="Wait for so many workers started elsewhere."
    )
    master_bind_host: str = option(
        "Workers", "HOST", default="*", description="Interface on which external workers are awaited."
    )
    master_bind_port: int = option(
        "Workers", "PORT", default=5557, ge=0, le=65535, description="Port on which they are awaited."
    )
    workers_timeout: Positive = option(
        "Workers", "SECONDS", default=60.0, description="Longest wait for all workers to report."
    )

    @property
    def peak_rps(self) -> float:
        """The highest rate that is planned."""
        return max((*self.rps, *(rate for rate, _ in self.steps)), default=0.0)

    @model_validator(mode="after")
    def _one_kind_of_load(self) -> Self:
        if self.steps and (self.rps or self.knee or self.rounds > 1):
            raise ValueError("steps exclude rps, knee and more than one of rounds: they are one level")
        if not self.rps and not self.steps and not self.gate:
            raise ValueError("rps is missing: give --rps, LOADTEST_RPS or `rps:` in the settings file")
        if self.knee and self.gate:
            raise ValueError("knee and gate exclude each other: a gate's rates are those of its baseline")
        if self.knee and len(self.rps) > 1:
            raise ValueError("knee begins at one rate: give a single rps")
        if self.knee and not self.slo:
            raise ValueError("knee needs a service level to meet: give slo, like ttft_p99=500ms")
        return self

    @model_validator(mode="after")
    def _answers_that_can_be_right(self) -> Self:
        if self.quality and self.ignore_eos:
            raise ValueError(
                "quality and ignore_eos exclude each other: an answer that must go on to max_tokens is wrong"
            )
        return self

    @model_validator(mode="after")
    def _one_kind_of_workers(self) -> Self:
        if self.workers and self.expect_workers:
            raise ValueError("workers and expect_workers exclude each other: give one of them")
        return self

    @model_validator(mode="after")
    def _generator_of_its_own(self) -> Self:
        """Talking to the cluster takes milliseconds at a time, in which no stream would be read."""
        for name in ("report_configmap", "observe"):
            if getattr(self, name) and not (self.workers or self.expect_workers):
                raise ValueError(
                    f"{name} needs the load to come from other processes: give workers=1 or more as well"
                )
        return self


class WorkerSettings(BaseSettings):
    """All that a worker process can be told; the rest comes from its master."""

    model_config = SettingsConfigDict(env_prefix="LOADTEST_", extra="forbid", frozen=True)

    master_host: str = option(
        "Master", "HOST", default="127.0.0.1", description="Where `loadtest run --expect-workers` runs."
    )
    master_port: int = option(
        "Master", "PORT", default=5557, gt=0, le=65535, description="Its --master-bind-port."
    )
    api_key: ApiKey = option(
        "Master", default=None, description="Bearer token: it never travels from the master."
    )
    parent_pid: int | None = option(
        "Master", "PID", default=None, description="End when this process is no longer the parent."
    )
