"""Arrival times: absolute, seeded, and split over workers without gaps."""

import numpy as np
import pytest

from loadtest.plan.schedule import ArrivalLaw, arrival_times, share_of


@pytest.mark.parametrize("law", ["poisson", "constant"])
def test_the_same_seed_gives_the_same_times(law: ArrivalLaw) -> None:
    first = arrival_times(law, 7.0, 50.0, seed=3, round_number=1)
    assert np.array_equal(first, arrival_times(law, 7.0, 50.0, seed=3, round_number=1))


def test_seed_and_round_change_poisson_times() -> None:
    first = arrival_times("poisson", 7.0, 50.0, seed=3, round_number=1)
    for seed, round_number in ((4, 1), (3, 2)):
        assert not np.array_equal(first[:5], arrival_times("poisson", 7.0, 50.0, seed, round_number)[:5])


@pytest.mark.parametrize("law", ["poisson", "constant"])
def test_a_longer_horizon_only_appends(law: ArrivalLaw) -> None:
    short = arrival_times(law, 100.0, 10.0, seed=1, round_number=1)
    long = arrival_times(law, 100.0, 70.0, seed=1, round_number=1)
    assert np.array_equal(short, long[: len(short)])
    assert short.max() < 10.0 <= long[len(short)]


def test_poisson_gaps_have_the_mean_and_spread_of_an_exponential() -> None:
    gaps = np.diff(arrival_times("poisson", 50.0, 400.0, seed=1, round_number=1))
    assert len(gaps) == pytest.approx(20_000, rel=0.03)
    assert gaps.mean() == pytest.approx(0.02, rel=0.03)
    assert gaps.std() == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize(("rate", "horizon", "count"), [(2.0, 3.0, 6), (0.1, 30.0, 3), (3.0, 1.0, 3)])
def test_constant_arrivals_come_every_gap_from_0(rate: float, horizon: float, count: int) -> None:
    times = arrival_times("constant", rate, horizon, seed=1, round_number=1)
    assert np.allclose(times, [i / rate for i in range(count)])


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_the_shares_of_all_workers_are_the_whole_schedule(shares: int) -> None:
    split = [list(share_of(100, index, shares)) for index in range(shares)]
    assert sorted(i for share in split for i in share) == list(range(100))
    assert all(i % shares == index for index, share in enumerate(split) for i in share)
