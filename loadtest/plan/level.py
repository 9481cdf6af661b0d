"""A level: one rate held for a warm-up, a window and a drain."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from loadtest.plan.popularity import Popularity, choose_questions
from loadtest.plan.schedule import ArrivalLaw, Step, arrival_times, bend
from loadtest.plan.spread import spread_evenly
from loadtest.settings import RunSettings

Phase = Literal["warmup", "window", "drain"]


class Level(BaseModel):
    """One repeat of one level: small enough to be sent to every worker, which computes the rest.

    Attributes:
        index: which rate of the sweep, from 0.
        round: which repeat, from 1.
        rate_rps: arrivals a second; with steps, their mean.
        warmup_s: length of the warm-up.
        window_s: length of the window.
        drain_timeout_s: longest drain.
        steps: the window's rates one after the other; none if it has but one. The first is that of the
            warm-up too, the last that of the drain.
        keep_answers: answers of the window whose texts are kept, evenly spread over it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int
    round: int
    rate_rps: float
    warmup_s: float
    window_s: float
    drain_timeout_s: float
    law: ArrivalLaw
    seed: int
    popularity: Popularity
    zipf_exponent: float
    steps: tuple[Step, ...] = ()
    keep_answers: int = 0

    @property
    def window_end_s(self) -> float:
        """End of the window, in seconds from the start of the level."""
        return self.warmup_s + self.window_s

    @property
    def horizon_s(self) -> float:
        """End of the schedule, in seconds from the start of the level."""
        return self.window_end_s + self.drain_timeout_s

    def phase(self, t_s: float) -> Phase:
        """The phase in which an arrival at t_s (seconds from the start of the level) falls."""
        if t_s < self.warmup_s:
            return "warmup"
        return "window" if t_s < self.window_end_s else "drain"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The whole schedule of a level; arrays of shape (arrivals,).

    Attributes:
        times_s: seconds from the start of the level, ascending.
        questions: index of the question that each arrival asks.
    """

    times_s: NDArray[np.float64]
    questions: NDArray[np.int64]

    def kept(self, level: Level) -> frozenset[int]:
        """Indices of the arrivals whose answers are kept: the same whoever asks, as the schedule is."""
        inside = (self.times_s >= level.warmup_s) & (self.times_s < level.window_end_s)
        return frozenset(spread_evenly(np.flatnonzero(inside).tolist(), level.keep_answers))


def levels_of(settings: RunSettings) -> list[Level]:
    """The sweep in the order in which it is run: all rates, then all rates again for the next round."""
    if settings.steps:
        return [stepped_level(settings)]
    return [
        level_at(settings, index, rate, round_number)
        for round_number in range(1, settings.rounds + 1)
        for index, rate in enumerate(settings.rps)
    ]


def level_at(settings: RunSettings, index: int, rate_rps: float, round_number: int) -> Level:
    """One repeat at one rate."""
    return Level(
        index=index,
        round=round_number,
        rate_rps=rate_rps,
        warmup_s=settings.warmup,
        window_s=settings.duration,
        drain_timeout_s=settings.drain_timeout,
        law=settings.arrivals,
        seed=settings.seed,
        popularity=settings.popularity,
        zipf_exponent=settings.zipf_exponent,
        keep_answers=settings.quality,
    )


def stepped_level(settings: RunSettings) -> Level:
    """All steps as one level."""
    window_s = sum(seconds for _, seconds in settings.steps)
    mean_rps = sum(rate * seconds for rate, seconds in settings.steps) / window_s
    level = level_at(settings, 0, mean_rps, 1)
    return level.model_copy(update={"window_s": window_s, "steps": settings.steps})


def held(level: Level) -> list[Step]:
    """The steps of a level with its warm-up and its drain: load is held in both."""
    pieces = list(level.steps)
    pieces[0] = (pieces[0][0], pieces[0][1] + level.warmup_s)
    pieces[-1] = (pieces[-1][0], pieces[-1][1] + level.drain_timeout_s)
    return pieces


def arrivals_of(level: Level, questions: int) -> Arrivals:
    """The schedule of a level over a file of so many questions; the same for everyone who asks."""
    if level.steps:
        pieces = held(level)
        expected = sum(rate * seconds for rate, seconds in pieces)
        times = bend(arrival_times(level.law, 1.0, expected, level.seed, level.round), pieces)
    else:
        times = arrival_times(level.law, level.rate_rps, level.horizon_s, level.seed, level.round)
    chosen = choose_questions(
        level.popularity,
        level.zipf_exponent,
        questions,
        len(times),
        level.seed,
        level.round,
        level.rate_rps,
    )
    return Arrivals(times_s=times, questions=chosen)
