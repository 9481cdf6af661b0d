"""Arrival times: an absolute schedule, computed whole before the level starts."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

ArrivalLaw = Literal["poisson", "constant"]
# Arrivals a second, and for how many seconds.
Step = tuple[float, float]


def arrival_times(
    law: ArrivalLaw, rate_rps: float, horizon_s: float, seed: int, round_number: int
) -> NDArray[np.float64]:
    """The arrivals of a level in [0, horizon_s), ascending.

    Poisson arrivals have independent exponential gaps of mean 1/rate; constant ones come every 1/rate
    from 0. A longer horizon only appends arrivals. All rates share the unit gaps of their seed and
    round, so that levels differ by their rate and not by their luck.

    Args:
        law: the law of the gaps.
        rate_rps: arrivals a second.
        horizon_s: length of the schedule, in seconds.
        seed: the run's seed.
        round_number: repeats differ: each has its own gaps.

    Returns:
        Seconds from the start of the level, shape (arrivals,).
    """
    if law == "constant":
        # A rate like 0.1 must not gain an arrival at the horizon by rounding.
        count = int(np.ceil(horizon_s * rate_rps - 1e-9))
        return np.arange(count, dtype=np.float64) / rate_rps
    generator = np.random.default_rng([seed, round_number, 0])
    parts: list[NDArray[np.float64]] = []
    end_s = 0.0
    while end_s < horizon_s:
        # Drawn in fixed blocks, so that the prefix doesn't depend on the horizon.
        part = end_s + np.cumsum(generator.exponential(size=256)) / rate_rps
        parts.append(part)
        end_s = float(part[-1])
    times = np.concatenate(parts) if parts else np.empty(0)
    return times[times < horizon_s]


def bend(times_s: NDArray[np.float64], steps: Sequence[Step]) -> NDArray[np.float64]:
    """Arrivals at 1 a second -> arrivals whose rate changes from step to step, without a pause.

    Time runs `rate` times faster in each step: what was a Poisson process stays one, with these rates.

    Args:
        times_s: ascending, at one arrival a second on average.
        steps: (arrivals a second, seconds), one after the other.

    Returns:
        Seconds from the start of the first step, shape (arrivals,); those after the last step are left out.
    """
    rates, lengths = np.array(steps, dtype=np.float64).T
    expected = np.concatenate([[0.0], np.cumsum(rates * lengths)])
    inside = times_s[times_s < expected[-1]]
    ends_s = np.concatenate([[0.0], np.cumsum(lengths)])
    return np.asarray(np.interp(inside, expected, ends_s), dtype=np.float64)


def share_of(count: int, index: int, shares: int) -> range:
    """The arrivals of one worker: arrival i belongs to worker i mod shares.

    Args:
        count: arrivals in all.
        index: this worker, from 0.
        shares: number of workers.
    """
    return range(index, count, shares)
