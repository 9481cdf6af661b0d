"""The figures of records made by hand, whose results are known."""

import pytest

from loadtest.figures.level import round_figures
from loadtest.figures.rounds import knee_rps, level_figures
from loadtest.figures.slo import meets
from loadtest.figures.timeline import in_flight_at, in_flight_max, timeline
from loadtest.figures.tokens import tokens_between
from loadtest.schema import RoundFigures
from tests.loadtest.made import level, record, result

# The window is [2, 6): arrivals at 2, 3, 4 and 5 count.
RECORDS = [
    record(0.0, [0.5, 1.0], tokens=2),
    record(1.0, [1.5, 2.5], tokens=4),
    record(2.0, [2.2, 2.4, 2.6], t_end=2.7, tokens=5),
    record(3.0, [3.4, 3.8], tokens=3),
    record(4.0, error="http_429", t_end=4.1),
    record(5.0, [5.6, 6.6], t_end=7.0, tokens=2),
    record(6.0, [6.1], t_end=6.2, tokens=1),
]


@pytest.fixture
def figures() -> RoundFigures:
    return round_figures(result(RECORDS), {"ttft_s": 0.5})


def test_ttft_counts_from_the_schedule_and_only_in_the_window(figures: RoundFigures) -> None:
    assert figures.ttft_s is not None
    assert figures.ttft_send_s is not None
    assert figures.ttft_s.count == 3
    assert figures.ttft_s.mean == pytest.approx((0.2 + 0.4 + 0.6) / 3)
    assert figures.ttft_s.p50 == pytest.approx(0.4)
    # Linear interpolation between 0.4 and 0.6 at 98% of the way.
    assert figures.ttft_s.p99 == pytest.approx(0.4 + 0.98 * 0.2)
    assert figures.ttft_send_s.p50 == pytest.approx(0.399)


def test_latencies(figures: RoundFigures) -> None:
    assert figures.latency_avg_s == pytest.approx((0.7 + 0.8 + 2.0) / 3)
    assert figures.latency_total_s == pytest.approx(7.0 - 2.0)


def test_tpot_and_itl(figures: RoundFigures) -> None:
    assert figures.tpot_s is not None
    assert figures.itl_s is not None
    assert figures.tpot_s.mean == pytest.approx((0.4 / 4 + 0.4 / 2 + 1.0 / 1) / 3)
    assert figures.itl_s.count == 4
    assert figures.itl_s.max == pytest.approx(1.0)
    assert figures.itl_max_s is not None
    assert figures.itl_max_s.mean == pytest.approx((0.2 + 0.4 + 1.0) / 3)


def test_tps_counts_tokens_that_arrived_inside_the_window(figures: RoundFigures) -> None:
    # 2 of the second request's 4, all 5 and all 3, and 1 of the last one's 2.
    assert figures.tps == pytest.approx((2 + 5 + 3 + 1) / 4)


def test_achieved_counts_ends_inside_the_window_of_any_phase() -> None:
    ends = {0.0: 2.1, 1.0: 1.9, 2.0: 5.9, 3.0: 6.0, 4.0: 7.0, 5.0: 5.5}
    figures = round_figures(result([record(t, [end]) for t, end in ends.items()]), {})
    assert figures.offered_rps == pytest.approx(4 / 4)
    assert figures.achieved_rps == pytest.approx(3 / 4)
    late = round_figures(result([record(t, [9.0]) for t in range(6)]), {})
    assert late.achieved_rps == 0


def test_errors_are_misses_of_goodput(figures: RoundFigures) -> None:
    assert figures.errors == {"http_429": 1}
    assert figures.goodput_rps == pytest.approx(2 / 4)
    assert figures.goodput_share == pytest.approx(2 / 4)
    counts = figures.counts
    assert (counts.scheduled, counts.sent, counts.completed, counts.failed) == (4, 4, 3, 1)


def test_arrivals_without_a_record_are_unsent() -> None:
    figures = round_figures(result([each for each in RECORDS if each.t_sched != 3.0]), {})
    assert figures.counts.unsent == 1
    assert figures.verdict.kind == "generator-limited"


def test_unfinished_requests_are_misses_and_count_their_deltas() -> None:
    figures = round_figures(result([record(2.0, [2.5, 3.0], t_end=16.0, error="unfinished")]), {})
    assert (figures.counts.unfinished, figures.counts.failed) == (1, 0)
    assert figures.goodput_rps == 0
    assert figures.tps == pytest.approx(2 / 4)
    assert figures.ttft_s is None


def test_answers_without_usage_count_their_deltas() -> None:
    figures = round_figures(result([record(2.0, [2.5, 3.0])]), {})
    assert figures.counts.usage_missing == 1
    assert any("no usage count" in note for note in figures.verdict.notes)


def test_a_stopped_level_has_the_figures_of_its_measured_part() -> None:
    figures = round_figures(result(RECORDS, stopped_at_s=4.0), {})
    assert figures.window_s == pytest.approx(2.0)
    assert figures.counts.scheduled == 2
    assert figures.verdict.kind == "incomplete"


def test_a_level_stopped_in_its_warmup_has_no_figures() -> None:
    figures = round_figures(result(RECORDS[:1], stopped_at_s=1.0), {})
    assert (figures.window_s, figures.counts.scheduled, figures.ttft_s) == (0, 0, None)
    assert figures.verdict.kind == "incomplete"


@pytest.mark.parametrize(
    ("slo", "met"),
    [
        ({}, True),
        ({"ttft_s": 0.2001}, True),
        ({"ttft_s": 0.1999}, False),
        ({"tpot_s": 0.1001}, True),
        ({"tpot_s": 0.0999}, False),
        ({"e2e_s": 0.69}, False),
        ({"ttft_s": 1.0, "tpot_s": 1.0, "e2e_s": 0.1}, False),
    ],
)
def test_a_request_has_to_meet_every_slo(slo: dict[str, float], met: bool) -> None:
    assert meets(RECORDS[2], slo) is met


def test_requests_in_flight() -> None:
    records = [record(0.0, t_end=2.0), record(1.0, t_end=3.0), record(2.0, t_end=2.5)]
    assert [in_flight_at(records, moment) for moment in (0.0, 1.5, 2.2, 9.0)] == [0, 2, 2, 0]
    assert in_flight_max(records) == 2


def test_tokens_are_spread_evenly_over_deltas() -> None:
    assert tokens_between([record(0.0, [1.0, 2.0, 3.0, 4.0], tokens=8)], 1.5, 3.5) == pytest.approx(4.0)


def test_the_timeline_counts_each_second() -> None:
    seconds = timeline(RECORDS, 7.0)
    assert [second.arrivals for second in seconds] == [1, 1, 1, 1, 1, 1, 1]
    assert [second.completions for second in seconds] == [0, 1, 2, 1, 0, 0, 2]
    assert [second.failures for second in seconds] == [0, 0, 0, 0, 1, 0, 0]
    assert [second.in_flight for second in seconds] == [1, 1, 0, 0, 0, 1, 1]
    assert seconds[2].ttft_p50_s == pytest.approx(0.2)
    assert seconds[4].ttft_p50_s is None
    assert sum(second.tokens for second in seconds) == pytest.approx(17.0)


def test_rounds_are_joined_by_their_median_with_the_spread() -> None:
    rounds = [
        round_figures(result([record(2.0, [2.0 + ttft])]), {}).model_copy(update={"round": number})
        for number, ttft in enumerate((0.1, 0.5, 0.2), start=1)
    ]
    spread = level_figures(1.0, rounds).summary["ttft_s.p50"]
    assert (spread.median, spread.min, spread.max) == pytest.approx((0.2, 0.1, 0.5))


def test_a_percentile_wants_its_share_of_all_requests() -> None:
    # 200 requests: 10 take 0.3 s, the others 0.1 s.
    of = level(warmup_s=0.0, window_s=200.0)
    records = [record(float(t), [t + (0.3 if t % 20 == 0 else 0.1)]) for t in range(200)]
    slo = {"ttft_p95_s": 0.2, "ttft_p99_s": 0.2, "ttft_s": 0.31, "tpot_p50_s": 0.01}
    figures = round_figures(result(records, of), slo)
    met = {name: each.met for name, each in figures.service_levels.items()}
    assert met == {"ttft_p95_s": True, "ttft_p99_s": False, "ttft_s": True, "tpot_p50_s": True}
    assert figures.service_levels["ttft_p99_s"].value_s == pytest.approx(0.3)
    assert figures.service_levels["ttft_p95_s"].share == pytest.approx(0.95)
    # A request is judged by itself: those of 0.3 s are no goodput.
    assert figures.goodput_share == pytest.approx(0.95)

    # With one more that failed, 95% are not answered inside any limit of 0.2 s.
    records[1] = record(1.0, error="http_500")
    failed = round_figures(result(records, of), {"ttft_p95_s": 0.2}).service_levels["ttft_p95_s"]
    assert (failed.met, failed.share) == (False, 0.945)
    assert failed.value_s == pytest.approx(0.3)
    for t in range(2, 20):
        records[t] = record(float(t), error="http_500")
    nothing = round_figures(result(records, of), {"ttft_p95_s": 9.0}).service_levels["ttft_p95_s"]
    assert (nothing.met, nothing.value_s) == (False, None)


def test_the_knee_is_the_highest_valid_rate_inside_the_slo() -> None:
    slo = {"ttft_s": 0.15}
    # One arrival a second for 200 s; of the second level 2% are late, the third one's generator was busy.
    of = level(warmup_s=0.0, window_s=200.0)
    fast = [record(float(t), [t + 0.1]) for t in range(200)]
    late = [record(float(t), [t + (0.2 if t % 50 == 0 else 0.1)]) for t in range(200)]
    levels = [
        level_figures(1.0, [round_figures(result(fast, of), slo)]),
        level_figures(2.0, [round_figures(result(late, of), slo)]),
        level_figures(3.0, [round_figures(result(fast, of, cpu_share=0.8), slo)]),
    ]
    assert [each.verdict.kind for each in levels] == ["valid", "valid", "generator-limited"]
    assert knee_rps(levels, slo) == 1.0
    assert knee_rps(levels, {}) is None
