"""Pods and RayServices: the API's JSON -> what the report keeps, and what changed during a run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from loadtest.schema.observed import ObservedPod

INSTANCE = "app.kubernetes.io/instance"
COMPONENT = "app.kubernetes.io/component"
LOADTEST = "loadtest"
NODE_TYPE = "ray.io/node-type"
METRICS_PORT = "app-metrics"
# As many as a server tries before it goes without.
FURTHER_PORTS = 15
# Of a node's labels, those that say what machine it is.
MACHINE_LABELS = (
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/zone",
    "kubernetes.io/arch",
    "nvidia.com/gpu.product",
    "nvidia.com/gpu.memory",
    "nvidia.com/cuda.driver-version.full",
    "amd.com/gpu.product-name",
    "cloud.google.com/gke-accelerator",
)

Json = Mapping[str, Any]


def of_the_server(pods: Iterable[Json]) -> list[Json]:
    """The pods that serve: not those of Jobs, which are the load job itself and those that prepare."""
    return [
        pod
        for pod in pods
        if _labels(pod).get(COMPONENT) != LOADTEST and "batch.kubernetes.io/job-name" not in _labels(pod)
    ]


def that_may_hold_replicas(pods: Iterable[Json]) -> list[Json]:
    """All pods but Ray's heads and those that are ending, whether they run yet or not."""
    return [
        pod
        for pod in pods
        if _labels(pod).get(NODE_TYPE) != "head" and not pod["metadata"].get("deletionTimestamp")
    ]


def metrics_endpoints(pods: Iterable[Json]) -> dict[str, str]:
    """Where replicas may answer with their metrics, as host:port -> pod:port.

    The first replica of a pod takes the port that the pod names, the next one the next that is free.
    """
    endpoints = {}
    for pod in that_may_hold_replicas(pods):
        address, name = pod["status"].get("podIP"), pod["metadata"]["name"]
        first = _metrics_port(pod)
        if address and first and pod["status"].get("phase") == "Running":
            host = f"[{address}]" if ":" in address else address
            for port in range(first, first + FURTHER_PORTS + 1):
                endpoints[f"{host}:{port}"] = f"{name}:{port}"
    return endpoints


def _metrics_port(pod: Json) -> int | None:
    ports = (port for container in pod["spec"]["containers"] for port in container.get("ports", []))
    return next((int(port["containerPort"]) for port in ports if port.get("name") == METRICS_PORT), None)


def observed_pods(
    before: Sequence[Json], after: Sequence[Json], node_labels: Mapping[str, Mapping[str, str]]
) -> list[ObservedPod]:
    """All pods that were seen at the beginning or at the end, by name."""
    first = {pod["metadata"]["name"]: pod for pod in before}
    last = {pod["metadata"]["name"]: pod for pod in after}
    return [
        _observed(last.get(name) or first[name], first.get(name), last.get(name), node_labels)
        for name in sorted(first.keys() | last.keys())
    ]


def changes(pods: Sequence[ObservedPod], after: Sequence[Json]) -> list[str]:
    """One sentence for each pod that restarted, came or went."""
    why = {pod["metadata"]["name"]: _last_end(pod) for pod in after}
    warnings = []
    for pod in pods:
        if pod.restarts_before is None:
            warnings.append(f"pod {pod.name} ({pod.component}) came during the run")
        elif pod.restarts_after is None:
            warnings.append(f"pod {pod.name} ({pod.component}) went during the run")
        elif pod.restarts_after > pod.restarts_before:
            times = pod.restarts_after - pod.restarts_before
            warnings.append(
                f"pod {pod.name} ({pod.component}) restarted {times} time{'s' if times > 1 else ''} during "
                f"the run{why.get(pod.name, '')}"
            )
    return warnings


def ray_service_facts(service: Json) -> dict[str, Any]:
    """Conditions, applications and the name of the active cluster, as far as the status has them."""
    status = service.get("status", {})
    active = status.get("activeServiceStatus", {})
    return {
        "conditions": {
            each["type"]: f"{each['status']} ({each.get('reason', '')})"
            for each in status.get("conditions", [])
        },
        "cluster": active.get("rayClusterName"),
        "applications": {
            name: application.get("status")
            for name, application in (active.get("applicationStatuses") or {}).items()
        },
    }


def _observed(
    pod: Json, before: Json | None, after: Json | None, node_labels: Mapping[str, Mapping[str, str]]
) -> ObservedPod:
    labels, spec = _labels(pod), pod["spec"]
    limits = [container.get("resources", {}).get("limits", {}) for container in spec["containers"]]
    accelerators: dict[str, str] = {}
    for each in limits:
        accelerators |= {name: str(count) for name, count in each.items() if "/" in name}
    cpus = [str(each["cpu"]) for each in limits if "cpu" in each]
    memories = [str(each["memory"]) for each in limits if "memory" in each]
    node = spec.get("nodeName")
    return ObservedPod(
        name=pod["metadata"]["name"],
        component=labels.get(COMPONENT) or labels.get(NODE_TYPE) or "unknown",
        node=node,
        node_labels={
            name: value for name, value in node_labels.get(node or "", {}).items() if name in MACHINE_LABELS
        },
        images={container["name"]: container["image"] for container in spec["containers"]},
        accelerators=accelerators,
        cpu=" + ".join(cpus) or None,
        memory=" + ".join(memories) or None,
        started_at=pod["status"].get("startTime"),
        restarts_before=_restarts(before),
        restarts_after=_restarts(after),
    )


def _restarts(pod: Json | None) -> int | None:
    if pod is None:
        return None
    return sum(int(each["restartCount"]) for each in pod["status"].get("containerStatuses", []))


def _last_end(pod: Json) -> str:
    """Why its containers ended last, like ' (ray-worker: OOMKilled, exit code 137)'."""
    ends = []
    for each in pod["status"].get("containerStatuses", []):
        ended = each.get("lastState", {}).get("terminated")
        if ended:
            ends.append(f"{each['name']}: {ended.get('reason', 'ended')}, exit code {ended.get('exitCode')}")
    return f" ({'; '.join(ends)})" if ends else ""


def _labels(pod: Json) -> Mapping[str, str]:
    return pod["metadata"].get("labels") or {}
