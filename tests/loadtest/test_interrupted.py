"""Whatever ends a sweep early, what was measured is in a report that says so, and no process is left."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from loadtest.report.file import load_report
from loadtest.schema import Report
from tests.loadtest.conftest import Serve, Start

# The first level takes 1.5 s, the second would take minutes.
OPTIONS = ("--rps", "20,30", "--warmup", "0.2", "--duration", "1.3", "--no-html", "--settle", "1")
LONG = ("--rps", "20", "--warmup", "0.2", "--duration", "100", "--no-html", "--stall-timeout", "2")


def _records_in(folder: Path, level: int = 0, count: int = 1) -> bool:
    path = folder / "records.jsonl"
    return path.exists() and path.read_text().count(f'"level":{level},') >= count


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _end(run: subprocess.Popen[str], tmp_path: Path) -> tuple[int, Report]:
    output, _ = run.communicate(timeout=60)
    report = load_report(tmp_path / "out")
    assert not report.complete, output
    assert "Incomplete:" in output
    assert "Traceback" not in output
    return run.returncode, report


def _workers(run: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in psutil.Process(run.pid).children() if "worker" in child.cmdline()]


@pytest.mark.parametrize(
    ("number", "code", "workers"), [(signal.SIGINT, 130, "0"), (signal.SIGTERM, 143, "2")]
)
def test_a_signal_keeps_what_was_measured(
    serve: Serve, start: Start, tmp_path: Path, number: signal.Signals, code: int, workers: str
) -> None:
    with serve() as server:
        run = start(server.url, *LONG, "--records", str(tmp_path), "--workers", workers)
        _until(lambda: _records_in(tmp_path, count=20))
        children = psutil.Process(run.pid).children()
        run.send_signal(number)
        returned, report = _end(run, tmp_path)
    assert returned == code
    assert f"stopped by {number.name}" in report.incomplete_reasons
    figures = report.levels[0].rounds[0]
    assert figures.verdict.kind == "incomplete"
    assert figures.counts.completed >= 10
    assert 0 < figures.window_s < 100
    assert len(children) == int(workers)
    assert not any(child.is_running() for child in children)


def test_a_killed_worker_ends_the_sweep(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server:
        run = start(server.url, *LONG, "--records", str(tmp_path), "--workers", "2")
        _until(lambda: _records_in(tmp_path, count=20))
        victim = _workers(run)[0]
        victim.kill()
        returned, report = _end(run, tmp_path)
    assert returned == 3
    lost = [reason for reason in report.incomplete_reasons if reason.startswith("a worker was lost")]
    assert len(lost) == 1
    assert lost[0].endswith(f"pid {victim.pid}")
    figures = report.levels[0].rounds[0]
    assert figures.counts.completed >= 10
    assert len(figures.generators) == 1


def test_a_killed_master_leaves_no_worker(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server:
        run = start(server.url, *LONG, "--records", str(tmp_path), "--workers", "2")
        _until(lambda: _records_in(tmp_path))
        children = _workers(run)
        run.kill()
        run.wait()
        assert len(children) == 2
        psutil.wait_procs(children, timeout=10)
        assert not any(child.is_running() for child in children)


def test_a_target_that_dies_ends_the_sweep_and_whole_levels_stay(
    serve: Serve, start: Start, tmp_path: Path
) -> None:
    with serve() as server:
        run = start(server.url, *OPTIONS, "--rounds", "30", "--records", str(tmp_path))
        _until(lambda: _records_in(tmp_path, level=1))
        server.process.kill()
        returned, report = _end(run, tmp_path)
    assert returned == 3
    assert "20 connections to the target in a row failed" in report.incomplete_reasons
    assert report.levels[0].rounds[0].verdict.kind != "incomplete"
    assert report.levels[-1].rounds[-1].verdict.kind == "incomplete"


def test_a_target_that_stops_answering_ends_the_sweep(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server:
        run = start(server.url, *LONG, "--records", str(tmp_path))
        _until(lambda: _records_in(tmp_path, count=10))
        server.process.send_signal(signal.SIGSTOP)
        returned, report = _end(run, tmp_path)
    assert returned == 3
    assert "the target sent nothing for 2 s while requests were waiting" in report.incomplete_reasons
    assert report.levels[0].rounds[0].errors["unfinished"] > 0


def test_a_killed_run_leaves_the_levels_that_it_has_measured(
    serve: Serve, start: Start, tmp_path: Path
) -> None:
    with serve() as server:
        run = start(server.url, *OPTIONS, "--rounds", "30", "--records", str(tmp_path))
        _until(lambda: _records_in(tmp_path, level=1))
        run.kill()
        run.wait()
    report = load_report(tmp_path / "out")
    assert report.incomplete_reasons == ["the run has not ended"]
    assert report.levels[0].rounds[0].counts.completed > 0
