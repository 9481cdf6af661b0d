"""The generating processes as the master sees them: one interface for a local run and for workers."""

import time
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner

from loadtest.client.record import Record
from loadtest.errors import WorkersError
from loadtest.generate import messages
from loadtest.generate.clocks import ROUND_TRIPS, Clocks
from loadtest.generate.generator import Generator
from loadtest.generate.usage import GeneratorUsage
from loadtest.generate.user import ScheduledUser
from loadtest.plan.level import Level

# Time for the order to reach all workers and for them to compute the schedule before its first arrival.
LEAD_LOCAL_S = 0.2
LEAD_WORKERS_S = 1.5
# Longest wait for one round of answers about the clocks; a generator that is too slow keeps its own time.
CLOCK_PATIENCE_S = 0.5


Counter = Literal["sent", "ended", "failed", "in_flight", "window_size", "window_ended"]


class Crew:
    """All generators of a run.

    Attributes:
        records: of the current level, in the order in which they came; taken by the sweep.
        usages: of the generators that have finished the current level.
        failures: why generators could not run the current level.
    """

    def __init__(self, environment: Environment, runner: LocalRunner | MasterRunner) -> None:
        """Register for the generators' messages."""
        self.environment, self.runner = environment, runner
        self.records: list[Record] = []
        self.usages: list[GeneratorUsage] = []
        self.failures: list[str] = []
        self._hellos: dict[str, messages.Hello] = {}
        self._progress: dict[int, messages.Progress] = {}
        self._finished: set[int] = set()
        self._clocks = Clocks()
        self._clients: list[str] = []
        self._key = ""
        self._news = Event()
        for name, listener in (
            (messages.HELLO, self._on_hello),
            (messages.CLOCK, self._on_clock),
            (messages.PROGRESS, self._on_progress),
            (messages.RECORDS, self._on_records),
            (messages.FINISHED, self._on_finished),
        ):
            runner.register_message(name, listener)

    @property
    def size(self) -> int:
        """Number of generators."""
        return len(self._hellos)

    def wait_for(self, count: int, timeout_s: float, check: Any = lambda: None) -> None:
        """Wait until `count` generators have said hello.

        Raises:
            WorkersError: they have not in time.
        """
        deadline = time.monotonic() + timeout_s
        while self.size < count:
            check()
            if time.monotonic() > deadline:
                raise WorkersError(f"{self.size} of {count} workers reported within {timeout_s:g} s.")
            gevent.sleep(0.05)

    def start(self, plan: messages.Plan) -> None:
        """Send the plan and start one resident user in each generator."""
        self.runner.send_message(messages.PLAN, plan)
        self.runner.start(self.size, spawn_rate=max(1, self.size))

    def begin(self, level: Level) -> float:
        """Order a level; returns the wall time of its start, by the coordinator's clock."""
        self.records, self.usages, self.failures = [], [], []
        self._progress, self._finished = {}, set()
        self._key = messages.level_key(level.index, level.round)
        local = isinstance(self.runner, LocalRunner)
        self._clients = sorted(self._hellos)
        if not local:
            self._measure_clocks()
        start_wall_s = time.time() + (LEAD_LOCAL_S if local else LEAD_WORKERS_S)
        for index, client in enumerate(self._clients):
            order = messages.LevelOrder(
                level=level.model_dump(),
                start_wall_s=start_wall_s + self._clocks.offset_s(client),
                shares=self.size,
                index=index,
            )
            self.runner.send_message(messages.LEVEL, order, client)
        return start_wall_s

    def release(self) -> None:
        """Tell all generators to begin no more requests."""
        self.runner.send_message(messages.RELEASE)

    def cut(self, patience_s: float) -> None:
        """End the level everywhere and wait for the rest of the records."""
        self.runner.send_message(messages.CUT)
        deadline = time.monotonic() + patience_s
        while len(self._finished) < self.size - len(self.lost()) and time.monotonic() < deadline:
            self._news.wait(0.1)
            self._news.clear()

    def total(self, counter: Counter) -> int:
        """Sum of a counter of Progress over all generators."""
        return sum(progress[counter] for progress in self._progress.values())

    def window_has_ended(self) -> bool:
        """Whether every generator has reported and no request of the window is open or unsent."""
        return len(self._progress) == self.size and self.total("window_ended") == self.total("window_size")

    def longest_idle_s(self) -> float:
        """Seconds for which no generator read anything although requests wait; 0 if one is not waiting."""
        waiting = [progress["idle_s"] for progress in self._progress.values() if progress["in_flight"]]
        return min(waiting, default=0.0)

    def connect_errors_in_row(self) -> int:
        """Connect errors in a row, of the generator that has most of them."""
        return max((progress["connect_errors_in_row"] for progress in self._progress.values()), default=0)

    def lost(self) -> list[str]:
        """Names of generators that have died or no longer answer."""
        if isinstance(self.runner, LocalRunner):
            return []
        nodes = self.runner.clients
        return [
            f"{hello['host']} pid {hello['pid']}"
            for client, hello in sorted(self._hellos.items())
            if client not in nodes or nodes[client].state == STATE_MISSING
        ]

    def end(self) -> None:
        """Stop all users and generators."""
        self.runner.quit()

    def _measure_clocks(self) -> None:
        self._clocks.forget()
        for number in range(1, ROUND_TRIPS + 1):
            for client in self._clients:
                self.runner.send_message(messages.ASK_CLOCK, perf_counter(), client)
            deadline = perf_counter() + CLOCK_PATIENCE_S
            while perf_counter() < deadline and any(
                self._clocks.answers(client) < number for client in self._clients
            ):
                gevent.sleep(0.001)

    def _on_clock(self, msg: Any, **_: Any) -> None:
        self._clocks.note(msg.data, perf_counter(), time.time())

    def _on_hello(self, msg: Any, **_: Any) -> None:
        hello: messages.Hello = msg.data
        self._hellos[hello["client"]] = hello

    def _on_progress(self, msg: Any, **_: Any) -> None:
        progress: messages.Progress = msg.data
        if progress["key"] == self._key:
            self._progress[progress["index"]] = progress

    def _on_records(self, msg: Any, **_: Any) -> None:
        self.records += messages.unpack_records(msg.data) if isinstance(msg.data, bytes) else msg.data

    def _on_finished(self, msg: Any, **_: Any) -> None:
        finished: messages.Finished = msg.data
        if finished["key"] != self._key:
            return
        self._finished.add(finished["index"])
        usage = GeneratorUsage(**finished["usage"])
        client = self._clients[finished["index"]]
        if self._clocks.answers(client):
            usage = replace(usage, clock_offset_s=self._clocks.offset_s(client))
        self.usages.append(usage)
        if "error" in finished:
            self.failures.append(finished["error"])
        self._news.set()


def local_crew(api_key: str | None) -> Crew:
    """A crew of this process alone."""
    environment = Environment(user_classes=[ScheduledUser])
    runner = environment.create_local_runner()
    crew = Crew(environment, runner)
    environment.generator = Generator(environment, runner, api_key)
    return crew
