"""The search of the knee on a server whose knee is known, and what is said of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadtest.client.record import Record
from loadtest.figures.component import what_grew
from loadtest.figures.waterfall import UP_TO_FIRST_DELTA
from loadtest.generate.result import LevelResult
from loadtest.generate.search import Search
from loadtest.layering import load_settings
from loadtest.plan.level import Level, arrivals_of
from loadtest.report.build import ReportBuilder, RunFacts
from loadtest.report.file import load_report
from loadtest.schema import Report
from loadtest.searching import searched_levels
from loadtest.settings import RunSettings
from tests.loadtest.conftest import Serve, Start
from tests.loadtest.made import result

# What the server says of a request, in seconds.
Spans = dict[str, float]
Server = Callable[[float], Spans]
UNHURRIED = dict.fromkeys(UP_TO_FIRST_DELTA, 0.0) | {
    "embed": 0.01,
    "search": 0.005,
    "prefill": 0.05,
    "decode": 0.2,
}


def _queue(rate_rps: float) -> Spans:
    """From 10 requests a second on, they wait."""
    return {"engine_queue": max(0.0, rate_rps - 10) * 0.2}


def _search(
    server: Server,
    slo: str = "ttft_p99=300ms",
    busy: Callable[[Level], bool] = lambda _: False,
    **options: str,
) -> Report:
    """Search on a server that answers like this at a rate; `busy` levels are too much for the generator."""
    given = {"target": "http://h:1", "rps": "4", "questions": "q", "warmup": "4", "duration": "20"}
    given |= {"knee": "true", "slo": slo, "arrivals": "constant"} | options
    settings = load_settings(RunSettings, given)
    search = Search(settings.rps[0], settings.knee_resolution, settings.knee_levels)
    builder = ReportBuilder(RunFacts("r", datetime.now(UTC), settings, "m", {}), search)
    results: list[LevelResult] = []
    for level in searched_levels(settings, search, builder):
        results.append(_level(level, UNHURRIED | server(level.rate_rps), 0.9 if busy(level) else 0.1))
        builder.add(results)
    return builder.report([], [])


def _level(level: Level, spans: Spans, cpu_share: float) -> LevelResult:
    records = []
    for number, t_sched in enumerate(arrivals_of(level, 1).times_s.tolist()):
        first = t_sched + sum(value for stage, value in spans.items() if stage not in ("decode", "error"))
        failed = "error" in spans and number % 10 == 0
        records.append(
            Record(
                run="r",
                level=level.index,
                round=level.round,
                arrival=number,
                question="q",
                phase=level.phase(t_sched),
                t_sched=t_sched,
                t_send=t_sched,
                t_end=first + spans["decode"],
                status=500 if failed else 200,
                error="http_500" if failed else None,
                deltas=[] if failed else [first, first + spans["decode"]],
                output_tokens=11,
                spans={stage: value for stage, value in spans.items() if stage != "error"},
            )
        )
    return result(records, level, cpu_share=cpu_share)


def test_the_knee_and_what_gave_way_first_are_told() -> None:
    report = _search(_queue)
    knee = report.knee
    assert knee is not None
    # 65 ms without a queue: 300 ms are reached at 11.2 RPS.
    assert knee.rate_rps == report.knee_rps == 11.0
    assert knee.upper_rps == 12.0
    assert (knee.broke_first, knee.component) == ("ttft_p99_s", "queue")
    assert [(step.rate_rps, step.why, step.meets) for step in knee.steps] == [
        (4, "start", True),
        (8, "bracket", True),
        (16, "bracket", False),
        (12, "bisect", False),
        (10, "bisect", True),
        (11, "bisect", True),
    ]
    assert knee.steps[3].broken == {"ttft_p99_s": pytest.approx(0.465)}
    assert knee.steps[0].broken == {}
    assert knee.sentence == (
        "The knee lies between 11 and 12 RPS: at 12 RPS TTFT p99 ≤ 300 ms is missed with 465 ms; what grew "
        "most is waiting in the server's queues, from 200 ms to 400 ms."
    )
    assert [level.rate_rps for level in report.levels] == [4, 8, 10, 11, 12, 16]


@pytest.mark.parametrize(
    ("stage", "slo", "component"),
    [
        ("search", "ttft_p95=300ms", "retrieval"),
        ("first_delta", "ttft=300ms", "prefill"),
        ("retrieve_queue", "ttft_p50=300ms", "queue"),
        ("decode", "tpot_p99=50ms", "decode"),
        ("decode", "e2e_p99=1s,ttft_p99=10s", "decode"),
    ],
)
def test_the_part_that_grew_is_named(stage: str, slo: str, component: str) -> None:
    report = _search(lambda rate: {stage: max(0.05, (rate - 10) * 0.4)}, slo)
    assert report.knee is not None
    assert report.knee.component == component
    assert report.knee.rate_rps is not None


def test_what_grew_is_not_what_is_largest() -> None:
    report = _search(lambda rate: {"prefill": 0.2, "admit": max(0.0, (rate - 10) * 0.1)})
    assert report.knee is not None
    assert (report.knee.rate_rps, report.knee.component) == (10.0, "queue")


def test_the_slowest_requests_tell_of_a_percentile_and_all_tell_of_the_median() -> None:
    levels = [level.model_copy(deep=True) for level in _search(lambda _: {}, knee_levels="2").levels]
    lower, upper = levels
    found = upper.rounds[0].waterfall
    assert found is not None
    found.slowest_s |= {"engine_queue": 0.4}
    found.mean_s |= {"search": 0.3}
    assert what_grew(lower, upper, "ttft_p99_s").component == "queue"
    assert what_grew(lower, upper, "ttft_s").component == "queue"
    median = what_grew(lower, upper, "ttft_p50_s")
    assert median.component == "retrieval"
    assert median.before_s == pytest.approx(0.015)
    # Without the server's word nothing can be told, but for what a time per token is.
    upper.rounds[0].waterfall = None
    assert what_grew(lower, upper, "ttft_p99_s").component == "unknown"
    assert what_grew(lower, upper, "tpot_p99_s").component == "decode"


def test_a_server_that_fails_is_no_slow_server() -> None:
    report = _search(lambda rate: {"error": 1.0} if rate > 10 else {})
    knee = report.knee
    assert knee is not None
    assert (knee.rate_rps, knee.broke_first, knee.component) == (10.0, None, "errors")
    assert "at 11 RPS 22 of 220 requests failed" in knee.sentence


def test_without_a_rate_that_holds_the_largest_part_is_told() -> None:
    knee = _search(lambda _: {"prefill": 1.0}, knee_levels="3").knee
    assert knee is not None
    assert (knee.rate_rps, knee.upper_rps, knee.component) == (None, 1.0, "prefill")
    assert knee.sentence.startswith(
        "The knee is below 1 RPS: at 1 RPS TTFT p99 ≤ 300 ms is missed with 1.02 s"
    )
    assert "most of it prefill (1 s). The search ended after its 3 rates" in knee.sentence


def test_a_generator_that_is_the_limit_gets_another_try_and_ends_the_search() -> None:
    tries: list[float] = []

    def busy(level: Level) -> bool:
        tries.append(level.rate_rps)
        return (level.rate_rps == 8 and tries.count(8) == 1) or level.rate_rps == 16

    report = _search(lambda _: {}, busy=busy)
    knee = report.knee
    assert knee is not None
    assert [(step.rate_rps, step.why, step.meets) for step in knee.steps] == [
        (4, "start", True),
        (8, "bracket", None),
        (8, "again", True),
        (16, "bracket", None),
        (16, "again", None),
    ]
    assert (knee.rate_rps, knee.upper_rps) == (8, None)
    assert "The knee is 8 RPS or more. The search ended at 16 RPS, where the generator was" in knee.sentence
    # The first try at 8 RPS left nothing behind.
    assert [(level.rate_rps, level.verdict.kind, len(level.rounds)) for level in report.levels] == [
        (4, "valid", 1),
        (8, "valid", 1),
        (16, "generator-limited", 1),
    ]


def test_every_round_has_to_hold_and_the_first_that_does_not_decides() -> None:
    busy_rounds = {(8.0, 2)}
    report = _search(
        _queue, busy=lambda level: (level.rate_rps, level.round) in busy_rounds, rounds="3", knee_levels="4"
    )
    assert [(level.rate_rps, len(level.rounds)) for level in report.levels] == [(4, 3), (8, 2)]
    report = _search(_queue, rounds="3")
    assert {level.rate_rps: len(level.rounds) for level in report.levels} == {
        4: 3,
        8: 3,
        10: 3,
        11: 3,
        12: 1,
        16: 1,
    }


def test_a_search_on_a_real_server(serve: Serve, start: Start, tmp_path: Path) -> None:
    # One request at a time, 120 ms each: 8.3 a second are the most.
    with serve("--concurrency", "1") as server:
        options = ["--rps", "3", "--knee", "--slo", "ttft_p90=200ms", "--knee-resolution", "0.5"]
        options += ["--warmup", "0.5", "--duration", "2", "--drain-timeout", "2", "--settle", "1"]
        run = start(server.url, *options, "--arrivals", "constant", "--no-html")
        output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    knee = report.knee
    assert knee is not None
    assert knee.steps[0].rate_rps == 3
    # A busy machine may make a point useless, never wrong.
    for step in knee.steps:
        assert step.meets in (step.rate_rps < 8.3, None), step
    if knee.upper_rps is not None and knee.rate_rps is not None:
        assert knee.rate_rps < 8.3 < knee.upper_rps
    assert " ".join(knee.sentence.split()) in " ".join(output.split())
