"""`loadtest run` against a real server, in one process and over workers."""

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from loadtest.plan.level import Level, arrivals_of
from loadtest.report.file import load_report
from tests.loadtest.conftest import Serve, Start

OPTIONS = (
    "--rps",
    "20",
    "--warmup",
    "0.5",
    "--duration",
    "2",
    "--seed",
    "7",
    "--slo",
    "ttft_s=5",
    "--no-html",
)


def _records(folder: Path) -> dict[int, dict[str, Any]]:
    lines = (folder / "records.jsonl").read_bytes().splitlines()
    return {record["arrival"]: record for record in map(orjson.loads, lines)}


def _schedule() -> Level:
    return Level(
        index=0,
        round=1,
        rate_rps=20,
        warmup_s=0.5,
        window_s=2,
        drain_timeout_s=60,
        law="poisson",
        seed=7,
        popularity="zipf",
        zipf_exponent=1.0,
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_arrival_of_the_schedule_is_sent_once_and_measured(
    serve: Serve, start: Start, tmp_path: Path, workers: str
) -> None:
    with serve() as server:
        watch = ("--watch-pid", str(server.process.pid), "--records", str(tmp_path))
        run = start(server.url, *OPTIONS, *watch, "--workers", workers, "--label", "kind=bare")
        output, _ = run.communicate(timeout=60)
        truth = httpx.get(server.url + "/truth").json()
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    figures = report.levels[0].rounds[0]
    records = _records(tmp_path)
    expected = arrivals_of(_schedule(), 5)
    window = [i for i, t in enumerate(expected.times_s) if 0.5 <= t < 2.5]

    # The same schedule and questions, whatever the number of workers.
    assert sorted(records) == list(range(len(records)))
    for i in window:
        assert records[i]["t_sched"] == expected.times_s[i]
        assert records[i]["question"] == f"q{expected.questions[i]}"
        assert records[i]["phase"] == "window"
    counts = figures.counts
    assert (counts.scheduled, counts.completed, counts.unsent) == (len(window), len(window), 0)
    assert figures.output_tokens_mean == 8
    assert figures.goodput_share == 1.0

    # What the server says it did, request by request; a reading is never earlier than its write.
    true = {each["id"]: each for each in truth}
    assert len(true) == len(records) + 1
    for i in window:
        told = true[f"{report.run}/0/1/{i}"]
        assert records[i]["deltas"][0] - records[i]["t_send"] >= told["first"] - told["read"]
        assert len(records[i]["deltas"]) == 8

    assert report.complete
    assert report.environment.server["server"] == "bare"
    assert report.plan["label"] == {"kind": "bare"}
    assert len(figures.generators) == max(1, int(workers))
    assert all(each.cpu_share is not None for each in figures.generators)
    assert all(each.loop_lag_p99_s is not None for each in figures.generators)
    assert server.process.pid in {process.pid for process in report.processes}
    assert "20" in output


def test_rounds_levels_and_a_saturated_server(serve: Serve, start: Start, tmp_path: Path) -> None:
    # One request at a time, 120 ms each: 8 a second are the most.
    with serve("--concurrency", "1") as server:
        options = ["--rps", "2,40", "--rounds", "2", "--warmup", "0.5", "--duration", "1"]
        options += ["--drain-timeout", "1", "--settle", "0.5", "--arrivals", "constant", "--slo", "e2e_s=1"]
        run = start(server.url, *options)
        output, _ = run.communicate(timeout=90)
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    assert [each.rate_rps for each in report.levels] == [2, 40]
    assert [[each.round for each in level.rounds] for level in report.levels] == [[1, 2], [1, 2]]
    slow = report.levels[1]
    for each in slow.rounds:
        assert each.achieved_rps < 15
        assert each.counts.unfinished > 0
        assert each.in_flight_end > each.in_flight_start + 10
    assert slow.verdict.kind in ("saturated", "generator-limited")
    assert slow.summary["goodput_rps"].median < slow.summary["achieved_rps"].median
    assert "Medians of 2 rounds" in (tmp_path / "out" / "report.html").read_text()


def test_errors_are_counted_by_kind(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve("--fail-status", "503") as server:
        run = start(server.url, "--rps", "10", "--warmup", "0", "--duration", "1", "--no-html")
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    figures = load_report(tmp_path / "out").levels[0].rounds[0]
    assert figures.errors == {"http_503": figures.counts.scheduled}
    assert figures.error_examples == {"http_503": "as told"}
    assert figures.goodput_rps == 0
