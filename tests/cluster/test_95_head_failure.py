"""A head is lost under load, and Redis has what it knew: nothing fails and no replica is started anew.

A release of its own after the journey's, as it needs a Redis: E2E_REDIS_IMAGE, an image with redis-server
that the cluster's nodes have or can pull.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import Namespace, is_ready, wait_until
from tests.cluster.load import load

REDIS_IMAGE = os.environ.get("E2E_REDIS_IMAGE", "")
REDIS = {"app": "e2e-redis"}
PROCESSES = """
import psutil
names = [(one.pid, ' '.join(one.info['cmdline'] or ())) for one in psutil.process_iter(['cmdline'])]
print(json.dumps([pid for pid, name in names if 'ray::ServeReplica' in name or 'VLLM::EngineCore' in name]))
"""


@pytest.fixture
def remembered(release: Namespace, values: list[str]) -> Iterator[Namespace]:
    """A release of rvc whose cluster's state is in Redis."""
    if not REDIS_IMAGE:
        pytest.skip("E2E_REDIS_IMAGE isn't set: an image with redis-server is needed")
    namespace = Namespace(release.name, "rag-llm-head")
    namespace.apply(*redis())
    # The index of the image again, and pods that go at once when the release does.
    own = [
        "--set",
        "storage.enabled=false,corpus.build=false,startup.wait_s=0,shutdown.gracePeriodSeconds=10",
    ]
    own += ["--set", "rag.index=/opt/rag-llm/demo/index,ray.gcsFaultTolerance.enabled=true"]
    own += ["--set", "ray.gcsFaultTolerance.redisAddress=e2e-redis:6379"]
    namespace.helm("install", namespace.release, "charts/", *values, *own)
    namespace.kubectl(
        "wait", "--for=condition=Ready", "rayservice/rag-llm-head", "--timeout=300s", timeout_s=310
    )
    yield namespace
    namespace.helm("uninstall", namespace.release)
    # Redis and the head's account have to outlive the cluster: the operator empties Redis first.
    wait_until("no Ray cluster", lambda: not namespace.items("rayclusters"), 120)
    namespace.kubectl("delete", "pod,service", "-l", "app=e2e-redis")
    namespace.kubectl("delete", "serviceaccount", "rag-llm-head-head")


def test_lost_head_costs_no_request_and_no_replica(remembered: Namespace) -> None:
    before = remembered.python(PROCESSES)
    assert len(before) == 2
    with load(remembered, "head", rps=2, duration_s=60, CPU="300m") as under:
        remembered.kubectl("delete", "pod", "-l", "ray.io/node-type=head", "--force", "--grace-period=0")
        wait_until("the new head knows the replica", lambda: "RUNNING: 1" in serve_status(remembered), 150)
    assert under.all_answered(), under.printed
    assert remembered.python(PROCESSES) == before


def serve_status(release: Namespace) -> str:
    """What Serve's controller says; empty while there is no head that is ready."""
    heads = release.items("pods", "-l", "ray.io/node-type=head")
    return release.on_head("serve status --name rag-llm") if any(map(is_ready, heads)) else ""


def redis() -> list[dict[str, Any]]:
    """A Redis that keeps nothing on disk, as the restricted standard wants it, and its Service."""
    alone = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "redis",
        "image": REDIS_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": [
            "redis-server",
            "--bind",
            "0.0.0.0",
            "--protected-mode",
            "no",
            "--save",
            "",
            "--dir",
            "/tmp",
        ],
        "securityContext": alone,
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
    }
    about = {"name": "e2e-redis", "labels": REDIS}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": [container]}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": about,
            "spec": {"selector": REDIS, "ports": [{"port": 6379}]},
        },
    ]
