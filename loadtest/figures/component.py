"""Which part of the system grew most between two rates: from the waterfalls of their requests."""

from dataclasses import dataclass

from loadtest.figures.slo import figure, share_needed
from loadtest.schema import LevelFigures
from loadtest.schema.knee import Component
from loadtest.schema.waterfall import Stage

# The stages up to the first delta, by the part of the system that they tell of.
PARTS: dict[Component, tuple[Stage, ...]] = {
    "queue": ("admit", "retrieve_queue", "engine_queue"),
    "retrieval": ("embed", "search", "prompt"),
    "prefill": ("prefill", "first_delta"),
    "transport": ("transport",),
    "generator": ("send_lag",),
}
DECODE: dict[Component, tuple[Stage, ...]] = {"decode": ("decode",)}


@dataclass(frozen=True, slots=True)
class Grown:
    """A part, and the mean seconds that a request spent in it; `before_s` is None without a lower rate."""

    component: Component
    before_s: float | None = None
    after_s: float | None = None


def what_grew(lower: LevelFigures | None, upper: LevelFigures, missed: str | None) -> Grown:
    """The part that grew most, in what the service level measures.

    Args:
        lower: the rate that holds; without one, the largest part of the upper rate is told.
        upper: the rate that does not.
        missed: the service level that it misses; None if requests failed rather than being slow.
    """
    if missed is None:
        return Grown("errors" if any(each.errors for each in upper.rounds) else "unknown")
    after = _parts(upper, missed)
    before = _parts(lower, missed) if lower else {}
    growth = {part: seconds - before.get(part, 0.0) for part, seconds in after.items()}
    most = max(growth, key=lambda part: growth[part], default=None)
    if most is None or growth[most] <= 0 or (lower and not before):
        # Time per token is nothing but decoding, whether or not the server says more.
        return Grown("decode" if figure(missed) == "tpot" else "unknown")
    return Grown(most, before.get(most), after[most])


def _parts(level: LevelFigures, name: str) -> dict[Component, float]:
    """Seconds in each part, of the slowest requests where the service level is about these."""
    found = [each.waterfall for each in level.rounds if each.waterfall is not None]
    parts = {"ttft": PARTS, "tpot": DECODE, "e2e": PARTS | DECODE}[figure(name)]
    means = [each.mean_s if share_needed(name) <= 0.5 else each.slowest_s for each in found]
    if not means:
        return {}
    return {
        part: sum(mean.get(stage, 0.0) for mean in means for stage in stages) / len(means)
        for part, stages in parts.items()
    }
