"""Intervals of medians over rounds: their ends are known for samples made by hand."""

import numpy as np
import pytest

from loadtest.figures.bootstrap import change_interval, difference_interval, median_interval


def test_one_round_says_nothing_of_its_spread() -> None:
    assert median_interval([3.0]) == (None, None)
    assert change_interval([2.0], [3.0, 3.0]) == (0.5, None, None)
    assert difference_interval([0.0, 0.0], [0.25]) == (0.25, None, None)


def test_the_interval_of_three_rounds_is_their_range() -> None:
    # The median of a resample is the smallest of three with a probability of 7/27.
    assert median_interval([1.0, 2.0, 4.0]) == (1.0, 4.0)
    assert change_interval([10.0, 10.0, 10.0], [9.0, 12.0, 11.0]) == pytest.approx((0.1, -0.1, 0.2))
    assert difference_interval([0.0, 0.0, 0.0], [0.0, 0.1, 0.2]) == pytest.approx((0.1, 0.0, 0.2))


def test_pairs_are_compared_one_by_one() -> None:
    base, now = [1.0, 10.0, 100.0], [1.1, 12.0, 105.0]
    assert change_interval(base, now, paired=True) == pytest.approx((0.1, 0.05, 0.2))
    assert difference_interval([0.0, 0.5, 1.0], [0.1, 0.5, 1.2], paired=True) == pytest.approx(
        (0.1, 0.0, 0.2)
    )


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    draws = np.random.default_rng(5)
    samples = draws.normal(10.0, 1.0, size=(100, 15))
    inside = 0
    for sample in samples:
        low, high = median_interval(sample.tolist())
        assert low is not None
        assert high is not None
        inside += low <= 10.0 <= high
    assert 88 <= inside <= 100


def test_both_sides_make_the_change_uncertain() -> None:
    _, low, high = change_interval([8.0, 10.0, 12.0], [10.0, 10.0, 10.0])
    assert (low, high) == pytest.approx((10 / 12 - 1, 10 / 8 - 1))


def test_the_same_rounds_give_the_same_interval() -> None:
    values = [1.0, 1.5, 0.7, 2.0, 1.2]
    assert median_interval(values) == median_interval(values)


def test_a_baseline_of_nothing_has_no_relative_change() -> None:
    with pytest.raises(ValueError, match="from 0"):
        change_interval([0.0, 0.0], [1.0])
    assert change_interval([0.0, 1.0, 1.0], [1.0, 1.0, 1.0]) == (0.0, None, None)
