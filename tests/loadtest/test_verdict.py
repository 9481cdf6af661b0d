"""The rules of validity, each on its own."""

from typing import Any

import numpy as np
import pytest

from loadtest.figures.verdict import judge, noise, worst
from loadtest.schema import Counts, GeneratorFigures, Verdict


def _verdict(**changes: Any) -> Verdict:
    """A valid level of 1000 requests, changed."""
    scheduled = changes.pop("scheduled", 1000)
    counts = {"scheduled": scheduled, "sent": scheduled, "completed": scheduled, "failed": 0}
    counts |= {"unfinished": 0, "unsent": 0, "usage_missing": 0} | changes.pop("counts", {})
    generator: dict[str, Any] = {"worker": 0, "host": "h", "pid": 1, "cpu_share": 0.5, "nice": 0}
    generator |= {"throttled_periods": 0, "loop_lag_p99_s": 0.005} | changes.pop("generator", {})
    arguments: dict[str, Any] = {
        "errors": {},
        "achieved_in_window": scheduled,
        "in_flight_start": 10,
        "in_flight_end": 10,
        "send_lag_p99_s": 0.005,
        "stopped": False,
    }
    return judge(Counts(**counts), generators=[GeneratorFigures(**generator)], **(arguments | changes))


def test_a_level_at_every_limit_is_valid() -> None:
    assert _verdict(achieved_in_window=990, in_flight_end=20).kind == "valid"
    assert _verdict().reasons == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"send_lag_p99_s": 0.0051}, "p99 send lag 5.1 ms"),
        ({"generator": {"cpu_share": 0.51}}, "used 51% of a core"),
        ({"generator": {"throttled_periods": 1}}, "throttled in 1 CFS periods"),
        ({"generator": {"loop_lag_p99_s": 0.0051}}, "woke up 5.1 ms late"),
        ({"counts": {"unsent": 1}}, "1 of 1000 arrivals were not sent"),
        ({"errors": {"generator": 1}}, "no free socket"),
    ],
)
def test_each_limit_of_the_generator_is_a_reason(change: dict[str, Any], said: str) -> None:
    verdict = _verdict(**change)
    assert verdict.kind == "generator-limited"
    assert said in verdict.reasons[0]


def test_unknown_throttling_and_cpu_are_no_reason() -> None:
    assert (
        _verdict(generator={"throttled_periods": None, "cpu_share": None, "loop_lag_p99_s": None}).kind
        == "valid"
    )


def test_a_growing_queue_is_saturation() -> None:
    verdict = _verdict(achieved_in_window=980, in_flight_start=10, in_flight_end=30)
    assert verdict.kind == "saturated"
    assert "grew from 10 to 30" in verdict.reasons[0]


def test_a_deficit_within_the_noise_of_the_edges_is_not() -> None:
    # 40 arrivals, 2 in flight at the start and 4 at the end: 5% are missing, by chance.
    verdict = _verdict(scheduled=40, achieved_in_window=38, in_flight_start=2, in_flight_end=4)
    assert verdict.kind == "valid"
    assert any("within the noise" in note for note in verdict.notes)


def test_a_growth_of_less_than_one_percent_is_not() -> None:
    assert _verdict(achieved_in_window=991, in_flight_start=0, in_flight_end=9).kind == "valid"


def test_a_warmup_shorter_than_a_request_is_named() -> None:
    verdict = _verdict(achieved_in_window=900, in_flight_start=5, in_flight_end=105, warmup_is_short=True)
    assert "warm-up is shorter" in verdict.reasons[1]


def test_a_stationary_queue_is_rarely_called_saturated() -> None:
    """M/G/infinity, simulated: 30 requests a second of 1 s each over 20 s."""
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(500):
        arrivals = np.sort(generator.uniform(0, 40, generator.poisson(40 * 30)))
        ends = arrivals + generator.exponential(1.0, len(arrivals))
        inside = int(((ends >= 10) & (ends < 30)).sum())
        scheduled = int(((arrivals >= 10) & (arrivals < 30)).sum())
        start, end = (int(((arrivals < t) & (ends >= t)).sum()) for t in (10, 30))
        verdict = _verdict(
            scheduled=scheduled, achieved_in_window=inside, in_flight_start=start, in_flight_end=end
        )
        wrong += verdict.kind != "valid"
    assert wrong <= 25


def test_an_overloaded_queue_is_called_saturated() -> None:
    """One server, 20% too slow, over 60 s: arrivals of 20 a second, served at 16."""
    generator = np.random.default_rng(1)
    for _ in range(20):
        arrivals = np.cumsum(generator.exponential(1 / 20, 1600))
        ends = np.zeros(len(arrivals))
        for i, arrival in enumerate(arrivals):
            ends[i] = max(arrival, ends[i - 1] if i else 0.0) + 1 / 16
        inside = int(((ends >= 10) & (ends < 70)).sum())
        scheduled = int(((arrivals >= 10) & (arrivals < 70)).sum())
        start, end = (int(((arrivals < t) & (ends >= t)).sum()) for t in (10, 70))
        verdict = _verdict(
            scheduled=scheduled, achieved_in_window=inside, in_flight_start=start, in_flight_end=end
        )
        assert verdict.kind == "saturated"


@pytest.mark.parametrize("kind", ["http_429", "http_503", "timeout", "unfinished"])
def test_refusals_and_timeouts_are_saturation(kind: str) -> None:
    assert _verdict(errors={kind: 11}, achieved_in_window=989).kind == "saturated"
    assert _verdict(errors={kind: 10}, achieved_in_window=990).kind == "valid"


def test_other_errors_have_their_own_verdict_and_are_always_named() -> None:
    verdict = _verdict(errors={"http_500": 11}, achieved_in_window=989)
    assert verdict.kind == "errors"
    few = _verdict(errors={"http_500": 3, "incomplete": 2}, achieved_in_window=995)
    assert few.kind == "valid"
    assert "errors: 3 http_500, 2 incomplete" in few.notes


def test_an_interrupted_or_empty_level_is_incomplete() -> None:
    assert _verdict(stopped=True).kind == "incomplete"
    assert _verdict(scheduled=0).kind == "incomplete"


def test_noise_is_never_less_than_three_requests() -> None:
    assert noise(0, 0) == 3.0
    assert noise(50, 50) == 30.0


def test_a_level_is_as_bad_as_its_worst_round() -> None:
    joined = worst([_verdict(), _verdict(send_lag_p99_s=0.1), _verdict(send_lag_p99_s=0.1)])
    assert joined.kind == "generator-limited"
    assert len(joined.reasons) == 1
