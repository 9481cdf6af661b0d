"""The report in its ConfigMap, whatever the API server does meanwhile."""

import base64
import gzip
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from loadtest.schema import Report
from tests.loadtest.api_server import ApiServer, api_server
from tests.loadtest.conftest import Serve, Start

SHORT = ("--rps", "20,30", "--warmup", "0.2", "--duration", "1.5", "--settle", "1", "--workers", "1")
LONG = ("--rps", "20", "--warmup", "0.2", "--duration", "100", "--workers", "1")
KEEP = ("--report-configmap", "kept", "--run", "r1")


def _until(condition: Callable[[], bool], timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _run(start: Start, api: ApiServer, tmp_path: Path, url: str, *options: str) -> subprocess.Popen[str]:
    return start(url, *KEEP, *options, variables={"KUBECONFIG": api.kubeconfig(tmp_path)})


def _kept(api: ApiServer) -> Report:
    return Report.model_validate_json(api.maps["kept"].data["report.json"])


def test_it_is_written_at_the_start_after_each_level_and_at_the_end(
    serve: Serve, start: Start, tmp_path: Path
) -> None:
    with serve() as server, api_server("kept") as api:
        run = _run(start, api, tmp_path, server.url, *SHORT)
        output, _ = run.communicate(timeout=90)
    assert run.returncode == 0, output
    written = [(report["complete"], len(report["levels"])) for _, report in api.reports]
    assert written[0] == (False, 0)
    assert (False, 1) in written
    assert written[-1] == (True, 2)
    assert api.reports[0][1]["incomplete_reasons"] == ["the run has not ended"]
    assert _kept(api).run == "r1"
    data = api.maps["kept"].data
    assert sorted(data) == ["figures.tsv", "files.tsv", "report.html", "report.json", "summary.txt"]
    assert "TTFT" in data["summary.txt"]
    assert "Report: ConfigMap kept" in output


def test_an_api_server_that_is_away_at_the_end_is_waited_for(
    serve: Serve, start: Start, tmp_path: Path
) -> None:
    with serve() as server, api_server("kept") as api:
        run = _run(start, api, tmp_path, server.url, *SHORT, "--no-html")
        _until(lambda: bool(api.reports))
        api.down()
        # Longer than the run: its last write finds nobody.
        time.sleep(12)
        assert run.poll() is None
        api.up()
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    assert _kept(api).complete
    assert len(_kept(api).levels) == 2
    assert output.count("can't be written to ConfigMap kept now") == 1


def test_errors_of_a_busy_api_server_are_outlived(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server, api_server("kept") as api:
        api.statuses = [500, 503, 429, 409]
        run = _run(start, api, tmp_path, server.url, *SHORT, "--no-html")
        output, _ = run.communicate(timeout=90)
    assert run.returncode == 0, output
    assert _kept(api).complete


def test_sigterm_leaves_what_was_measured(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server, api_server("kept") as api:
        run = _run(start, api, tmp_path, server.url, *LONG, "--no-html")
        _until(lambda: bool(api.reports))
        time.sleep(3)
        run.send_signal(signal.SIGTERM)
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 143, output
    report = _kept(api)
    assert "stopped by SIGTERM" in report.incomplete_reasons
    assert report.levels[0].rounds[0].counts.completed > 10
    assert "Incomplete: stopped by SIGTERM" in api.maps["kept"].data["summary.txt"]


def test_a_killed_run_has_left_its_counters(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server, api_server("kept") as api:
        run = _run(start, api, tmp_path, server.url, *LONG, "--no-html")
        _until(lambda: len(api.reports) >= 2, timeout_s=40)
        run.kill()
        run.wait()
    reasons = _kept(api).incomplete_reasons
    assert reasons[0] == "the run has not ended"
    assert re.fullmatch(r"20 RPS was running: \d+ sent, \d+ ended, 0 failed after \d+ s", reasons[1])


def test_a_run_that_does_not_start_says_why(start: Start, tmp_path: Path) -> None:
    with api_server("kept") as api:
        run = _run(start, api, tmp_path, "http://127.0.0.1:9", *SHORT)
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "can't be reached" in output
    assert api.maps["kept"].data["summary.txt"].startswith("The run did not start: http://127.0.0.1:9")


def test_a_report_that_is_refused_is_in_the_log(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server, api_server("another") as api:
        run = _run(start, api, tmp_path, server.url, *SHORT[2:], "--rps", "20", "--no-html")
        output, _ = run.communicate(timeout=90)
    assert run.returncode == 4, output
    assert "told to answer 403" in output
    packed = output.partition("-----BEGIN REPORT-----")[2].partition("-----END REPORT-----")[0]
    report = Report.model_validate(orjson.loads(gzip.decompress(base64.b64decode(packed))))
    assert report.complete


@pytest.mark.parametrize("option", [KEEP[:2], ("--observe", "release")])
def test_the_generator_must_not_talk_to_the_cluster_itself(
    start: Start, tmp_path: Path, option: tuple[str, ...]
) -> None:
    run = start("http://127.0.0.1:9", "--rps", "1", *option)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "needs the load to come from other processes: give workers=1 or more" in output


def test_sigterm_before_the_load_is_told_too(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, api_server("kept") as api:
        run = _run(start, api, tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", *SHORT)
        # Asked for its models, the target says nothing: the run is being prepared.
        connection, _ = silent.accept()
        run.send_signal(signal.SIGTERM)
        output, _ = run.communicate(timeout=60)
        connection.close()
    assert run.returncode == 143, output
    said = "The run did not start: it was stopped by SIGTERM first."
    assert said in api.maps["kept"].data["summary.txt"]
