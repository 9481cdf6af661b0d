"""The server over the whole run: a sample every few seconds, and the replicas that came meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from loadtest.cluster.metrics import Scrape
from loadtest.cluster.pods import METRICS_PORT, Json, metrics_endpoints, that_may_hold_replicas
from loadtest.schema.observed import ReplicaStart, ServerSample


@dataclass(slots=True)
class Seen:
    """A replica that was not there at first; seconds from the start of the first level."""

    pod: str
    loaded_s: float | None = None
    first_token_s: float | None = None


@dataclass(slots=True)
class Samples:
    """Takes pods and scrapes as they come.

    Attributes:
        start_wall_s: time.time() of the start of the first level.
        pods_before: names of the pods that were there before the load.
        replicas_before: replicas that answered then, as pod:port.
        taken: the samples so far.
    """

    start_wall_s: float
    pods_before: set[str]
    replicas_before: set[str]
    taken: list[ServerSample] = field(default_factory=list)
    _came: dict[str, Seen] = field(default_factory=dict)
    _pods: dict[str, Json] = field(default_factory=dict)

    def note(self, t_s: float, pods: Sequence[Json], scrape: Scrape) -> None:
        """Take a sample: the pods, and the metrics of the endpoints that answered."""
        serving = that_may_hold_replicas(pods)
        self._pods |= {pod["metadata"]["name"]: pod for pod in serving}
        self.taken.append(
            ServerSample(
                t_s=round(t_s, 1),
                replicas=len(scrape),
                ready=int(_sum(scrape, "rag_llm_ready") or 0),
                pods=len(serving),
                ongoing=_sum(scrape, "rag_llm_ongoing_requests"),
                waiting=_first(
                    _sum(scrape, "rag_llm_engine_waiting"), _sum(scrape, "vllm:num_requests_waiting")
                ),
            )
        )
        names = metrics_endpoints(pods)
        for endpoint, reading in scrape.items():
            replica = names.get(endpoint)
            if replica is None or replica in self.replicas_before:
                continue
            seen = self._came.setdefault(replica, Seen(replica.rpartition(":")[0]))
            if seen.loaded_s is None and reading.get(("rag_llm_ready", "")):
                seen.loaded_s = round(t_s, 1)
            if seen.first_token_s is None and reading.get(("rag_llm_output_tokens_total", "")):
                seen.first_token_s = round(t_s, 1)

    def new_pods(self) -> list[str]:
        """Names of the pods that came."""
        return [name for name in self._pods if name not in self.pods_before]

    def starts(self, pulled: Mapping[str, Mapping[str, str]]) -> list[ReplicaStart]:
        """The replicas that came, and pods that came without one, by the time at which they were loaded.

        Args:
            pulled: pod to container to when its image was there.
        """
        waiting = {pod: Seen(pod) for pod in self.new_pods()}
        for seen in self._came.values():
            waiting.pop(seen.pod, None)
        found = [self._start(name, seen, pulled) for name, seen in (self._came | waiting).items()]
        return sorted(found, key=lambda each: (each.loaded_s is None, each.loaded_s or 0.0, each.replica))

    def _start(self, name: str, seen: Seen, pulled: Mapping[str, Mapping[str, str]]) -> ReplicaStart:
        created = scheduled = started = image = None
        pod = self._pods.get(seen.pod)
        # A replica may come to a pod that was there long before.
        if pod is not None and seen.pod not in self.pods_before:
            container = _serving_container(pod)
            created = self._since(pod["metadata"].get("creationTimestamp"))
            for condition in pod["status"].get("conditions", []):
                if condition["type"] == "PodScheduled" and condition["status"] == "True":
                    scheduled = self._since(condition.get("lastTransitionTime"))
            for status in pod["status"].get("containerStatuses", []):
                if status["name"] == container:
                    started = self._since(_running(status).get("startedAt"))
            image = self._since(pulled.get(seen.pod, {}).get(container))
        return ReplicaStart(
            replica=name,
            created_s=created,
            scheduled_s=scheduled,
            pulled_s=image,
            started_s=started,
            loaded_s=seen.loaded_s,
            first_token_s=seen.first_token_s,
        )

    def _since(self, timestamp: str | None) -> float | None:
        """The cluster's own times are whole seconds by its own clocks."""
        if not timestamp:
            return None
        return round(datetime.fromisoformat(timestamp).timestamp() - self.start_wall_s, 1)


def _serving_container(pod: Json) -> str:
    """The container that names the metrics port, else the first."""
    containers = pod["spec"]["containers"]
    for container in containers:
        if any(port.get("name") == METRICS_PORT for port in container.get("ports", [])):
            return str(container["name"])
    return str(containers[0]["name"])


def _running(status: Json) -> Json:
    return (status.get("state") or {}).get("running") or {}


def _sum(scrape: Scrape, name: str) -> float | None:
    values = [reading[name, ""] for reading in scrape.values() if (name, "") in reading]
    return sum(values) if values else None


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
