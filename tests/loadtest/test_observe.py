"""A run that observes: pods from the API, metrics over HTTP, and no observation that ends a run."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, start_http_server

from loadtest.cluster.scrape import PORTS
from loadtest.report.file import load_report
from loadtest.report.page import render_page
from tests.loadtest.api_server import api_server
from tests.loadtest.conftest import Serve, Start
from tests.loadtest.test_observed_pods import _pod

OPTIONS = ("--rps", "10", "--warmup", "0.5", "--duration", "3", "--workers", "1", "--no-html")


def _port(registry: CollectorRegistry) -> int:
    for port in PORTS:
        try:
            start_http_server(port, "127.0.0.1", registry)
        except OSError:
            continue
        return port
    raise AssertionError(f"all of the ports {PORTS} are taken")


def test_pods_and_metrics_are_in_the_report(serve: Serve, start: Start, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    tokens = Counter("rag_llm_output_tokens", "Tokens.", registry=registry)
    _port(registry)
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
