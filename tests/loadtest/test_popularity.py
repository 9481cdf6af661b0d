"""Which question an arrival asks: by its law, seeded, the same for everyone."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from loadtest.plan.level import arrivals_of
from loadtest.plan.popularity import Popularity, choose_questions
from tests.loadtest.made import level


def _chosen(
    popularity: Popularity, arrivals: int = 20_000, seed: int = 1, rate: float = 2.0
) -> NDArray[np.int64]:
    return choose_questions(popularity, 1.0, 50, arrivals, seed, 1, rate)


def test_zipf_frequencies_fall_as_one_over_rank() -> None:
    counts = [count for _, count in Counter(_chosen("zipf").tolist()).most_common()]
    expected = 20_000 / sum(1 / rank for rank in range(1, 51))
    assert counts[0] == pytest.approx(expected, rel=0.05)
    assert counts[3] == pytest.approx(expected / 4, rel=0.1)


def test_the_popular_question_is_the_same_in_every_level() -> None:
    first = Counter(_chosen("zipf", rate=2.0).tolist()).most_common(1)[0][0]
    assert Counter(_chosen("zipf", rate=8.0).tolist()).most_common(1)[0][0] == first
    assert not np.array_equal(_chosen("zipf", rate=2.0), _chosen("zipf", rate=8.0))


def test_which_question_is_popular_depends_on_the_seed() -> None:
    favourites = {Counter(_chosen("zipf", seed=seed).tolist()).most_common(1)[0][0] for seed in range(5)}
    assert len(favourites) > 1


def test_uniform_asks_all_alike() -> None:
    counts = Counter(_chosen("uniform").tolist())
    assert len(counts) == 50
    assert max(counts.values()) < 2 * min(counts.values())


def test_round_robin_follows_the_file() -> None:
    assert _chosen("round-robin", arrivals=120).tolist() == [i % 50 for i in range(120)]


@pytest.mark.parametrize("popularity", ["zipf", "uniform"])
def test_the_sequence_depends_on_the_seed_alone(popularity: Popularity) -> None:
    assert np.array_equal(_chosen(popularity), _chosen(popularity))
    assert np.array_equal(_chosen(popularity)[:100], _chosen(popularity, arrivals=100))
    assert not np.array_equal(_chosen(popularity), _chosen(popularity, seed=2))


def test_a_level_pairs_times_and_questions() -> None:
    arrivals = arrivals_of(level(rate_rps=3.0), 50)
    assert arrivals.times_s.shape == arrivals.questions.shape == (3 * 16,)
