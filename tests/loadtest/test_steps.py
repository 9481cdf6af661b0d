"""A rate that changes within a level: the same law of arrivals, at another speed."""

from typing import Any

import numpy as np
import pytest

from loadtest.errors import SettingsError
from loadtest.layering import load_settings
from loadtest.plan.level import Level, arrivals_of, levels_of
from loadtest.plan.schedule import ArrivalLaw, arrival_times, bend
from loadtest.settings import RunSettings

NEEDED: dict[str, Any] = {"target": "http://h:1", "questions": "q.jsonl", "warmup": "10"}


def _level(**options: str) -> Level:
    (level,) = levels_of(load_settings(RunSettings, NEEDED | {"steps": "2:30,8:60,2:30"} | options))
    return level


def _count(times: np.ndarray[Any, Any], begin_s: float, end_s: float) -> int:
    return int(((times >= begin_s) & (times < end_s)).sum())


def test_constant_arrivals_change_their_gap_at_each_step() -> None:
    times = arrivals_of(_level(arrivals="constant", drain_timeout="5"), 3).times_s
    # The warm-up holds the first rate, the drain the last.
    assert [_count(times, *edges) for edges in ((0, 10), (10, 40), (40, 100), (100, 130), (130, 135))] == [
        20,
        60,
        480,
        60,
        10,
    ]
    assert set(np.round(np.diff(times), 9)) == {0.5, 0.125}


def test_poisson_arrivals_have_the_rate_of_their_step() -> None:
    level = _level(steps="5:400,40:400", warmup="0")
    times = arrivals_of(level, 3).times_s
    for begin_s, rate in ((0.0, 5.0), (400.0, 40.0)):
        gaps = np.diff(times[(times >= begin_s) & (times < begin_s + 400)])
        assert gaps.mean() == pytest.approx(1 / rate, rel=0.06)
        assert gaps.std() == pytest.approx(1 / rate, rel=0.08)


@pytest.mark.parametrize("law", ["poisson", "constant"])
def test_equal_steps_are_one_rate(law: ArrivalLaw) -> None:
    bent = bend(arrival_times(law, 1.0, 80.0, seed=1, round_number=1), [(4.0, 5.0), (4.0, 15.0)])
    assert np.allclose(bent, arrival_times(law, 4.0, 20.0, seed=1, round_number=1))


def test_a_level_of_steps_is_told_by_its_mean_rate_and_its_whole_length() -> None:
    level = _level()
    assert (level.rate_rps, level.window_s, level.window_end_s) == (5.0, 120.0, 130.0)
    # As workers get it.
    assert Level.model_validate(level.model_dump()) == level


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": "8"}, "'8' should have the form rate:seconds, like 8:60"),
        ({"steps": "0:5"}, "steps = '0' is wrong"),
        ({"steps": "2:5", "rps": "2"}, "steps exclude rps"),
        ({"steps": "2:5", "rounds": "2"}, "steps exclude rps, knee and more than one of rounds"),
        ({}, "rps is missing: give --rps, LOADTEST_RPS or `rps:`"),
        ({"knee": "true", "rps": "2,4", "slo": "ttft=1s"}, "knee begins at one rate"),
        ({"knee": "true", "rps": "2"}, "knee needs a service level to meet: give slo, like ttft_p99=500ms"),
        ({"knee": "true", "rps": "2", "slo": "ttft=1", "knee_resolution": "0"}, "knee_resolution = '0'"),
    ],
)
def test_what_does_not_go_together_is_named(options: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(RunSettings, NEEDED | options)
    assert said in str(error.value)


def test_steps_are_read_from_a_list_and_from_a_report() -> None:
    expected = ((2.0, 30.0), (8.0, 60.0))
    for steps in ("2:30, 8:60", ["2:30", "8:60"], [[2.0, 30.0], [8.0, 60.0]]):
        assert load_settings(RunSettings, NEEDED | {"steps": steps}).steps == expected
