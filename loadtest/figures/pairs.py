"""Whether two runs had the same arrivals, round by round: then their rounds can be compared in pairs."""

from collections.abc import Sized

from loadtest.schema import LevelFigures, Report

# All that a round's times and questions are drawn from, beside its rate and its number.
DRAWN_FROM = (
    "seed",
    "arrivals",
    "warmup",
    "duration",
    "drain_timeout",
    "popularity",
    "zipf_exponent",
    "steps",
)


def same_arrivals(one: Report, other: Report) -> bool:
    """Whether the plans draw the same times and questions (of the same file) at the same rate."""
    return all(one.plan.get(name) == other.plan.get(name) for name in DRAWN_FROM)


def paired_rounds(one: LevelFigures, other: LevelFigures, *values: Sized) -> bool:
    """Whether each round has its counterpart in the other run, given that both draw the same arrivals.

    Args:
        one: a level.
        other: the same rate in the other run.
        values: a figure in the rounds of each: where a round lacks it, the others can't be told apart.
    """
    if any(len(each) != len(one.rounds) for each in values):
        return False
    numbers = [[(each.round, each.counts.scheduled) for each in level.rounds] for level in (one, other)]
    return numbers[0] == numbers[1]
