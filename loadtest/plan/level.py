"""A level: one rate held for a warm-up, a window and a drain."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from loadtest.plan.popularity import Popularity, choose_questions
from loadtest.plan.schedule import ArrivalLaw, arrival_times
from loadtest.settings import RunSettings

Phase = Literal["warmup", "window", "drain"]


class Level(BaseModel):
    """One repeat of one level: small enough to be sent to every worker, which computes the rest.

    Attributes:
        index: which rate of the sweep, from 0.
        round: which repeat, from 1.
        rate_rps: arrivals a second.
        warmup_s: length of the warm-up.
        window_s: length of the window.
        drain_timeout_s: longest drain.
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


def levels_of(settings: RunSettings) -> list[Level]:
    """The sweep in the order in which it is run: all rates, then all rates again for the next round."""
    return [
        Level(
            index=index,
            round=round_number,
            rate_rps=rate,
            warmup_s=settings.warmup,
            window_s=settings.duration,
            drain_timeout_s=settings.drain_timeout,
            law=settings.arrivals,
            seed=settings.seed,
            popularity=settings.popularity,
            zipf_exponent=settings.zipf_exponent,
        )
        for round_number in range(1, settings.rounds + 1)
        for index, rate in enumerate(settings.rps)
    ]


def arrivals_of(level: Level, questions: int) -> Arrivals:
    """The schedule of a level over a file of so many questions; the same for everyone who asks."""
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
