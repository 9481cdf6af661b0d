"""What a sweep brings home. Free of Locust, so that figures can be computed without it."""

from dataclasses import dataclass, field

from loadtest.client.record import Record
from loadtest.generate.prefix_cache import CacheReset
from loadtest.generate.usage import GeneratorUsage
from loadtest.plan.level import Level


@dataclass(slots=True)
class LevelResult:
    """What came out of one repeat of one level.

    Attributes:
        level: that was run.
        records: in no particular order.
        usages: of the generators that finished it.
        stopped_at_s: when it was stopped before its window's requests had ended, in seconds from its
            start; None if it ran to its end.
        drain_s: from the end of the window to the end of its last request (or of the patience).
        start_wall_s: time.time() of its start.
        cache_reset: what came of emptying the prefix caches before it; None if that was not asked for.
    """

    level: Level
    records: list[Record]
    usages: list[GeneratorUsage]
    stopped_at_s: float | None
    drain_s: float
    start_wall_s: float
    cache_reset: CacheReset | None = None


@dataclass(slots=True)
class SweepResult:
    """All levels that were begun, and why the sweep stopped if it did."""

    levels: list[LevelResult] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
