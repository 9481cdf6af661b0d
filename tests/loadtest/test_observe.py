"""A run that observes: pods from the API, metrics over HTTP, and no observation that ends a run."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from loadtest.report.file import load_report
from loadtest.report.page import render_page
from tests.loadtest.api_server import api_server
from tests.loadtest.conftest import Serve, Start
from tests.loadtest.test_observed_pods import _pod

OPTIONS = ("--rps", "10", "--warmup", "0.5", "--duration", "3", "--workers", "1", "--no-html")


Answer = Callable[..., int]


@pytest.fixture
def answer() -> Iterator[Answer]:
    """Serve a registry on a free port of those that the pods of _pod() name; returns the port."""
    servers = []

    def serve_on(registry: CollectorRegistry, address: str = "127.0.0.1") -> int:
        for port in range(9700, 9716):
            try:
                servers.append(start_http_server(port, address, registry)[0])
            except OSError:
                continue
            return port
        raise AssertionError("no port is free")

    yield serve_on
    for server in servers:
        server.shutdown()
        server.server_close()


def _at(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def test_pods_and_metrics_are_in_the_report(
    serve: Serve, start: Start, answer: Answer, tmp_path: Path
) -> None:
    registry = CollectorRegistry()
    tokens = Counter("rag_llm_output_tokens", "Tokens.", registry=registry)
    answer(registry)
    with serve() as server, api_server() as api:
        api.pods = [_pod("w", podIP="127.0.0.1")]
        variables = {"KUBECONFIG": api.kubeconfig(tmp_path)}
        run = start(server.url, *OPTIONS, "--observe", "rel", variables=variables)
        while run.poll() is None:
            # About 50 a second.
            tokens.inc(5)
            try:
                run.wait(0.1)
            except Exception:
                continue
        assert run.stdout is not None
        output = run.stdout.read()
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    assert report.server is not None
    assert (report.server.release, report.server.namespace) == ("rel", "n")
    assert [pod.name for pod in report.server.pods] == ["w"]
    (window,) = report.server.windows
    assert 2.5 < window.span_s < 4.5
    assert window.output_tps is not None
    assert 30 < window.output_tps < 55
    assert report.server.warnings == []
    assert "The server's own counts" in output
    assert "What the server said" in render_page(report)


def test_a_replica_that_comes_is_seen_coming(
    serve: Serve, start: Start, answer: Answer, tmp_path: Path
) -> None:
    old, new = CollectorRegistry(), CollectorRegistry()
    for registry in (old, new):
        Gauge("rag_llm_ready", "Loaded.", registry=registry).set(1)
        Gauge("rag_llm_engine_waiting", "Waiting.", registry=registry).set(3)
    tokens = Counter("rag_llm_output_tokens", "Tokens.", registry=new)
    answer(old)
    records = tmp_path / "records.jsonl"
    options = ("--rps", "10", "--warmup", "0", "--duration", "12", "--workers", "1", "--no-html")
    with serve() as server, api_server() as api:
        api.pods = [_pod("old", podIP="127.0.0.1")]
        variables = {"KUBECONFIG": api.kubeconfig(tmp_path)}
        run = start(server.url, *options, "--observe", "rel", "--records", str(tmp_path), variables=variables)
        while not records.exists() or not records.stat().st_size:
            assert run.poll() is None
            time.sleep(0.1)
        now = time.time()
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": _at(now + 1)}
        pod = _pod("new", podIP="127.0.0.2", conditions=[scheduled])
        pod["metadata"]["creationTimestamp"] = _at(now)
        pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": _at(now + 3)}}
        place = {"name": "new", "fieldPath": "spec.containers{ray-worker}"}
        api.events = [{"involvedObject": place, "lastTimestamp": _at(now + 2)}]
        api.pods = [*api.pods, pod, _pod("pending", phase="Pending", podIP=None)]
        time.sleep(2)
        port = answer(new, "127.0.0.2")
        time.sleep(3)
        tokens.inc(5)
        output, _ = run.communicate(timeout=90)
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    assert report.server is not None
    samples = report.server.samples
    assert samples[0].t_s < 2
    assert (samples[0].replicas, samples[0].ready, samples[0].pods, samples[0].waiting) == (1, 1, 1, 3)
    assert (samples[-1].replicas, samples[-1].ready, samples[-1].pods, samples[-1].waiting) == (2, 2, 3, 6)
    came, waits = report.server.starts
    assert came.replica == f"new:{port}"
    assert came.loaded_s is not None
    assert came.first_token_s is not None
    assert came.first_token_s > came.loaded_s
    seconds = (came.created_s, came.scheduled_s, came.pulled_s, came.started_s)
    assert None not in seconds
    assert [round(each - (came.created_s or 0)) for each in seconds if each is not None] == [0, 1, 2, 3]
    # The level had begun before.
    assert -1 <= (came.created_s or 0) < came.loaded_s
    assert (waits.replica, waits.loaded_s) == ("pending", None)


def test_a_cluster_that_tells_nothing_is_a_warning(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server, api_server() as api:
        kubeconfig = api.kubeconfig(tmp_path)
        api.down()
        run = start(server.url, *OPTIONS, "--observe", "rel", variables={"KUBECONFIG": kubeconfig})
        output, _ = run.communicate(timeout=90)
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    assert report.complete
    assert report.server is not None
    assert report.server.windows == []
    assert any("could not be observed" in warning for warning in report.server.warnings)
