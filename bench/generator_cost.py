"""What generating costs: CPU of a process that does nothing, of a request, of a delta."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.truth import Comparison


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one generating process; loadtest/plan/capacity.py plans with it.

    Attributes:
        idle_share: CPU without any request, in cores.
        request_s: CPU seconds of a request, its deltas aside.
        delta_s: CPU seconds of a delta.
        error_share: largest difference between the fit and a run, in cores.
        runs: that it is fitted to.
    """

    idle_share: float
    request_s: float
    delta_s: float
    error_share: float
    runs: int

    def __str__(self) -> str:
        """For people."""
        return (
            f"CPU of a generating process: {self.idle_share:.1%} of a core, and "
            f"{self.request_s * 1e6:.0f} µs a request, and {self.delta_s * 1e6:.1f} µs a delta "
            f"(fitted to {self.runs} runs, off by up to {self.error_share:.1%} of a core)."
        )


def fit_cost(runs: Sequence[Comparison]) -> Cost | None:
    """The least squares of idle + rate x (request + deltas x delta), all runs together.

    None if they don't tell the three apart: answers of several lengths are needed.
    """
    if not runs:
        return None
    causes = np.array([[run.processes, run.rate_rps, run.rate_rps * run.deltas] for run in runs])
    used = np.array([run.cpu_sum for run in runs])
    # The columns are of unlike size: scaled, so that the rank is judged rightly.
    size = np.abs(causes).max(axis=0)
    found, _, rank, _ = np.linalg.lstsq(causes / size, used, rcond=1e-6)
    if rank < causes.shape[1]:
        return None
    idle, request, delta = (found / size).tolist()
    error = float(np.abs(causes @ (found / size) - used).max())
    return Cost(idle, request, delta, error, len(runs))
