"""The sweep: level after level, until the end or a reason to stop."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

import gevent

from loadtest.client.record import Record
from loadtest.generate.crew import Crew
from loadtest.generate.messages import Plan
from loadtest.generate.prefix_cache import CacheReset
from loadtest.generate.result import LevelResult, SweepResult
from loadtest.plan.level import Level

TICK_S = 0.1
CONNECT_ERRORS_TO_STOP = 20
CUT_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Tick:
    """The state of the running level, for the live display."""

    level: Level
    step: str
    elapsed_s: float
    sent: int
    ended: int
    failed: int
    in_flight: int


class Sweep:
    """Leads a crew through the levels."""

    def __init__(
        self,
        crew: Crew,
        levels: Iterable[Level],
        settle_s: float,
        stall_timeout_s: float,
        on_tick: Callable[[Tick], None],
        on_records: Callable[[list[Record]], None],
        on_level: Callable[[SweepResult], None],
        reset_caches: Callable[[], CacheReset] | None = None,
    ) -> None:
        """Prepare the sweep.

        Args:
            crew: that has all its generators.
            levels: in the order in which they are run; each is asked for when on_level has taken the one
                before.
            settle_s: longest wait for unmeasured requests after a level.
            stall_timeout_s: stop when requests wait and nothing came back for so long.
            on_tick: called about ten times a second.
            on_records: called with new records as they come.
            on_level: called after each level with all results so far.
            reset_caches: called before each level, when nothing runs.
        """
        self._crew, self._levels = crew, levels
        self._settle_s, self._stall_timeout_s = settle_s, stall_timeout_s
        self._on_tick, self._on_records, self._on_level = on_tick, on_records, on_level
        self._reset_caches = reset_caches
        self._result = SweepResult()
        self._reported = 0

    def stop(self, reason: str) -> None:
        """Stop as soon as possible and keep what was measured."""
        if reason not in self._result.reasons:
            self._result.reasons.append(reason)

    def run(self, plan: Plan) -> SweepResult:
        """Run all levels."""
        self._crew.start(plan)
        levels = iter(self._levels)
        while not self._result.reasons and (level := next(levels, None)) is not None:
            self._result.levels.append(self._run_level(level))
            self._on_level(self._result)
        return self._result

    def _run_level(self, level: Level) -> LevelResult:
        self._reported = 0
        cache_reset = self._reset_caches() if self._reset_caches else None
        start_wall_s = self._crew.begin(level)
        t0 = perf_counter() + (start_wall_s - time.time())
        stopped_at_s: float | None = None
        while perf_counter() - t0 < level.horizon_s:
            self._tick(level, t0, "")
            if self._result.reasons:
                stopped_at_s = max(0.0, perf_counter() - t0)
                break
            if perf_counter() - t0 >= level.window_end_s and self._crew.window_has_ended():
                break
        drain_s = max(0.0, perf_counter() - t0 - level.window_end_s)
        self._crew.release()
        if stopped_at_s is None and self._crew.window_has_ended():
            self._settle(level, t0)
        self._crew.cut(CUT_PATIENCE_S)
        self._tick(level, t0, "done")
        return LevelResult(
            level=level,
            records=self._crew.records,
            usages=sorted(self._crew.usages, key=lambda usage: usage.worker),
            stopped_at_s=stopped_at_s,
            drain_s=drain_s,
            start_wall_s=start_wall_s,
            cache_reset=cache_reset,
        )

    def _settle(self, level: Level, t0: float) -> None:
        deadline = perf_counter() + self._settle_s
        while perf_counter() < deadline and self._crew.total("in_flight") and not self._result.reasons:
            self._tick(level, t0, "settle")

    def _tick(self, level: Level, t0: float, step: str) -> None:
        gevent.sleep(TICK_S)
        crew, elapsed_s = self._crew, perf_counter() - t0
        new = crew.records[self._reported :]
        self._reported += len(new)
        if new:
            self._on_records(new)
        self._on_tick(
            Tick(
                level=level,
                step=step or (level.phase(elapsed_s) if elapsed_s >= 0 else "start"),
                elapsed_s=elapsed_s,
                sent=crew.total("sent"),
                ended=crew.total("ended"),
                failed=crew.total("failed"),
                in_flight=crew.total("in_flight"),
            )
        )
        self._look_for_trouble()

    def _look_for_trouble(self) -> None:
        crew = self._crew
        for name in crew.lost():
            self.stop(f"a worker was lost: {name}")
        for failure in crew.failures:
            self.stop(f"a generator failed: {failure}")
        if crew.connect_errors_in_row() >= CONNECT_ERRORS_TO_STOP:
            self.stop(f"{CONNECT_ERRORS_TO_STOP} connections to the target in a row failed")
        if crew.longest_idle_s() >= self._stall_timeout_s:
            self.stop(f"the target sent nothing for {self._stall_timeout_s:g} s while requests were waiting")
