"""The shape of `server` in report.json: what the cluster and the server's own metrics said of a run.

Nothing here decides a verdict: it stands beside what the clients saw, to explain it.
"""

from typing import Any

from pydantic import Field

from loadtest.schema.part import Part


class ObservedPod(Part):
    """A pod of the release."""

    name: str
    component: str = Field(description="its label app.kubernetes.io/component, or its Ray node type")
    node: str | None
    node_labels: dict[str, str] = Field(description="of its node, those that say what machine it is")
    images: dict[str, str] = Field(description="container: image")
    accelerators: dict[str, str] = Field(description="extended resources that its containers ask for")
    cpu: str | None = Field(description="CPU limits of its containers, like 2 + 500m")
    memory: str | None = Field(description="memory limits of its containers")
    started_at: str | None
    restarts_before: int | None = Field(description="of its containers; null if it came during the run")
    restarts_after: int | None = Field(description="null if it went during the run")


class ObservedWindow(Part):
    """The server's own counters over the window of one level repeat: differences of two scrapes.

    The counters count what ended between the scrapes, the clients' figures what arrived in the window:
    the two agree only in a steady state.
    """

    rate_rps: float
    round: int
    span_s: float = Field(description="between the two scrapes")
    replicas: int = Field(description="metrics ports that answered both scrapes")
    requests: dict[str, float] = Field(description="ended requests by outcome")
    output_tokens: float | None
    prompt_tokens: float | None
    output_tps: float | None = Field(description="output tokens / span")
    retrieved_passages: float | None
    request_mean_s: float | None
    stage_mean_s: dict[str, float] = Field(description="mean seconds of each stage of a request")
    ongoing_peak: float | None = Field(description="largest sampled sum over all replicas, as all peaks")
    engine_running_peak: float | None
    engine_waiting_peak: float | None
    kv_cache_usage_peak: float | None = Field(description="largest sampled share in use of any engine")
    prefix_cache_hit_share: float | None = Field(description="prompt tokens found in the cache / asked for")
    preemptions: float | None


class ServerSample(Part):
    """The server at one moment of the run; `t_s` counts from the start of the first level."""

    t_s: float
    replicas: int = Field(description="metrics ports that answered")
    ready: int = Field(description="of these, replicas that have loaded")
    pods: int = Field(description="serving pods, started or not")
    ongoing: float | None = Field(description="requests in all replicas")
    waiting: float | None = Field(description="requests that wait in an engine or for retrieval")


class ReplicaStart(Part):
    """A replica that came during the run; seconds from the start of the first level, null if not seen."""

    replica: str = Field(description="pod:port of its metrics; the pod alone if none answered in it")
    created_s: float | None = Field(description="its pod was made")
    scheduled_s: float | None = Field(description="a node was found")
    pulled_s: float | None = Field(description="the image was there")
    started_s: float | None = Field(description="the container ran")
    loaded_s: float | None = Field(description="its model was loaded: rag_llm_ready")
    first_token_s: float | None = Field(description="it had answered something")


class Observed(Part):
    """What was observed of the release that was loaded."""

    release: str
    namespace: str
    ray_services: dict[str, dict[str, Any]] = Field(
        description="RayService: its conditions and applications before and after"
    )
    pods: list[ObservedPod]
    windows: list[ObservedWindow]
    warnings: list[str] = Field(description="what changed during the run, and what could not be observed")
    samples: list[ServerSample] = Field(default=[], description="every few seconds over the whole run")
    starts: list[ReplicaStart] = Field(default=[], description="replicas that came during the run")
