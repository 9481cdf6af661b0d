"""The cluster, the image and the one release that all files share.

Environment: KUBECONFIG as kubectl reads it; E2E_IMAGE, an image that the cluster's nodes have or can pull;
E2E_VALUES, more values files with commas between (they may need E2E_PSA=privileged); E2E_KEEP=1 goes on in
the namespace as it was left, and leaves it; E2E_REDIS_IMAGE is an image with redis-server, for the loss of
the head.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.kube import Namespace, run

NAMESPACE = os.environ.get("E2E_NAMESPACE", "rag-llm-e2e")
VALUES = Path(__file__).parent / "values.yaml"
CORES = 1.7
"""CPUs that the pods of the journey ask for at most at one time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order of the files' names: each begins where the one before ended."""
    items.sort(key=lambda item: item.path.name)


@pytest.fixture(autouse=True, scope="session")
def cluster() -> None:
    """Say at once what is missing."""
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            pytest.exit(f"{program} is not on the PATH; the cluster tests need it", 2)
    run("kubectl", "version", timeout_s=30)
    if "rayservices.ray.io" not in run("kubectl", "get", "crd", "-o", "name", timeout_s=30):
        pytest.exit("this cluster has no KubeRay operator; see docs/operations.md", 2)


def _require_room() -> None:
    """A pod that finds no room waits for minutes before it says so: say it first, and who holds the room."""
    nodes = json.loads(run("kubectl", "get", "nodes", "-o", "json"))["items"]
    pods = json.loads(run("kubectl", "get", "pods", "-A", "-o", "json"))["items"]
    free = sum(_cores(node["status"]["allocatable"]["cpu"]) for node in nodes)
    held: dict[str, float] = {}
    for pod in pods:
        if pod["status"]["phase"] in ("Pending", "Running"):
            asked = [each.get("resources", {}).get("requests", {}) for each in pod["spec"]["containers"]]
            cores = sum(_cores(each.get("cpu", "0")) for each in asked)
            namespace = pod["metadata"]["namespace"]
            held[namespace] = held.get(namespace, 0.0) + cores
            free -= cores
    if free < CORES:
        holders = ", ".join(f"{name} {cores:.2f}" for name, cores in sorted(held.items()) if cores)
        pytest.exit(
            f"the journey needs {CORES:g} CPUs and {free:.2f} are free (asked for by namespace: {holders})",
            2,
        )


def _cores(quantity: str) -> float:
    """CPUs of a Kubernetes quantity: 2 or 300m."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


@pytest.fixture(scope="session")
def values() -> list[str]:
    """The values that every install and upgrade of the journey begins with, as words for helm."""
    image = os.environ.get("E2E_IMAGE", "")
    repository, _, tag = image.rpartition(":")
    files = [
        "charts/values-cpu.yaml",
        str(VALUES),
        *filter(None, os.environ.get("E2E_VALUES", "").split(",")),
    ]
    words = [word for file in files for word in ("-f", file)]
    return words + (["--set", f"image.repository={repository},image.tag={tag}"] if image else [])


@pytest.fixture(scope="session")
def release(cluster: None) -> Iterator[Namespace]:
    """A clean namespace that holds pods to the restricted standard; removed at the end."""
    namespace = Namespace(NAMESPACE, "rag-llm")
    keep = bool(os.environ.get("E2E_KEEP"))
    if keep and f"namespace/{NAMESPACE}" in run("kubectl", "get", "namespaces", "-o", "name").split():
        yield namespace
        return
    run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", timeout_s=240)
    _require_room()
    run("kubectl", "create", "namespace", NAMESPACE)
    level = os.environ.get("E2E_PSA", "restricted")
    run("kubectl", "label", "namespace", NAMESPACE, f"pod-security.kubernetes.io/enforce={level}")
    yield namespace
    if not keep:
        run("kubectl", "delete", "namespace", NAMESPACE, timeout_s=240)
