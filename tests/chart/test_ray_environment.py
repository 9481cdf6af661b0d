"""What Ray and Serve read at their start is said in three places: the chart, `rag-llm serve`, the image."""

import os
import re
from pathlib import Path

import pytest

from app.architectures.embedded_ray import prepare_environment
from tests.chart.render import REPOSITORY, environment, pod_templates, render

ONE_MACHINE = {
    *(
        f"RAY_SERVE_HAPROXY_{name}"
        for name in ("CONFIG_FILE_LOC", "SOCKET_PATH", "METRICS_PORT", "STATS_PORT")
    ),
    *(f"RAY_SERVE_HAPROXY_SERVER_STATE_{name}" for name in ("BASE", "FILE")),
    *(f"RAY_SERVE_DIRECT_INGRESS_{name}_HTTP_PORT" for name in ("MIN", "MAX")),
    *(f"RAY_SERVE_FALLBACK_PROXY_{name}_PORT" for name in ("HTTP", "GRPC")),
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S",
}
"""Files and ports that two services on a machine mustn't share; and no load balancer has to be waited for."""
BY_SIZE = {"RAY_SERVE_HAPROXY_NBTHREAD", "RAY_SERVE_HAPROXY_MAXCONN"}
"""A cluster's HAProxy is larger, as values say."""
PROGRAM = "RAY_SERVE_HAPROXY_BINARY_PATH"
DRAIN = "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"
"""Read by `ray start`, which only pods have."""


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """What `rag-llm serve` sets, in a process of which nobody has set anything."""
    mine: dict[str, str] = {}
    with monkeypatch.context() as patched:
        patched.setattr(os, "environ", mine)
        prepare_environment(tmp_path, http_port=20000, block=30000)
    return mine


@pytest.mark.parametrize("pod", ["head", "workers"])
def test_pods_have_what_an_embedded_ray_has(embedded: dict[str, str], pod: str) -> None:
    variables = environment(pod_templates(render())[pod])
    ours = {name: value for name, value in variables.items() if name.startswith("RAY_")}
    own = {*BY_SIZE, PROGRAM, DRAIN}
    assert {name: ours[name] for name in ours.keys() - own} == {
        name: embedded[name] for name in embedded.keys() - own - ONE_MACHINE
    }
    assert set(embedded) >= ONE_MACHINE | {PROGRAM}


def test_pods_run_the_haproxy_that_the_image_holds() -> None:
    path = str(environment(pod_templates(render())["workers"])[PROGRAM])
    containerfile = (REPOSITORY / "images/Dockerfile").read_text("utf-8")
    assert set(re.findall(rf"ENV {PROGRAM}=(\S+)", containerfile)) == {path}
    assert path in (REPOSITORY / "images/install.sh").read_text("utf-8")
