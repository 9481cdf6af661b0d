"""Which question each arrival asks."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Popularity = Literal["zipf", "uniform", "round-robin"]


def choose_questions(
    popularity: Popularity,
    exponent: float,
    questions: int,
    arrivals: int,
    seed: int,
    round_number: int,
    rate_rps: float,
) -> NDArray[np.int64]:
    """The question asked by each arrival.

    Zipf: the question of rank k is drawn with a probability proportional to 1/k^exponent. Which question
    has which rank depends on the seed only, so that the popular ones are the same in every level.

    Args:
        popularity: zipf, uniform, or round-robin (the order of the file).
        exponent: of the Zipf law; ignored by the others.
        questions: number of questions in the file.
        arrivals: number of arrivals of the level.
        seed: the run's seed.
        round_number: repeats differ.
        rate_rps: levels differ.

    Returns:
        Indices of questions, shape (arrivals,); the first n don't depend on `arrivals`.
    """
    if popularity == "round-robin":
        return np.arange(arrivals, dtype=np.int64) % questions
    # numpy seeds are whole numbers: the rate enters in thousandths.
    generator = np.random.default_rng([seed, round_number, 1, round(rate_rps * 1000)])
    uniform = generator.random(arrivals)
    if popularity == "uniform":
        return (uniform * questions).astype(np.int64)
    weights = np.arange(1, questions + 1, dtype=np.float64) ** -exponent
    steps = np.cumsum(weights) / weights.sum()
    ranks = np.minimum(np.searchsorted(steps, uniform, side="right"), questions - 1)
    by_rank = np.random.default_rng([seed, 2]).permutation(questions)
    return np.asarray(by_rank[ranks], dtype=np.int64)
