"""What the generator itself used during a window: CPU time and CFS throttling."""

import contextlib
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class GeneratorUsage:
    """One generator process in one window.

    Attributes:
        worker: index of the worker, from 0.
        pid: of the process.
        host: name of its machine.
        cpu_share: CPU time / wall time of the window; 1.0 is one whole core. None if not measured.
        throttled_periods: CFS periods in which its cgroup was throttled; None if unknown.
        nice: CPU priority that it ran with.
        loop_lag_p99_s: p99 of how late the event loop woke a greenlet; reads are that late too. None if
            not measured.
        clock_offset_s: its wall clock - the coordinator's; None in the coordinator itself.
    """

    worker: int
    pid: int
    host: str
    cpu_share: float | None
    throttled_periods: int | None
    nice: int
    loop_lag_p99_s: float | None = None
    clock_offset_s: float | None = None


class UsageMeter:
    """Measures this process between start() and stop()."""

    def __init__(self) -> None:
        """A meter that has not started."""
        self._cpu_stat = find_cpu_stat()
        self._begin: tuple[float, float, int | None] | None = None
        self._end: tuple[float, float, int | None] | None = None
        self._lags_s: list[float] = []

    def start(self) -> None:
        """The window begins."""
        self._begin = self._now()

    def stop(self) -> None:
        """The window ends; only the first call after start() counts."""
        if self._begin is not None and self._end is None:
            self._end = self._now()

    def note_lag(self, lag_s: float) -> None:
        """The event loop woke a greenlet so late."""
        self._lags_s.append(lag_s)

    @property
    def loop_lag_p99_s(self) -> float | None:
        """p99 of the noted lags; None if none was noted."""
        return float(np.percentile(self._lags_s, 99)) if self._lags_s else None

    @property
    def cpu_share(self) -> float | None:
        """CPU time / wall time; None before a measured stretch of 0.1 s has ended."""
        if self._begin is None or self._end is None or self._end[0] - self._begin[0] < 0.1:
            return None
        return (self._end[1] - self._begin[1]) / (self._end[0] - self._begin[0])

    @property
    def throttled_periods(self) -> int | None:
        """CFS periods with throttling; None where the cgroup doesn't tell."""
        if self._begin is None or self._end is None or self._begin[2] is None or self._end[2] is None:
            return None
        return self._end[2] - self._begin[2]

    def _now(self) -> tuple[float, float, int | None]:
        return time.perf_counter(), time.process_time(), read_throttled(self._cpu_stat)


def find_cpu_stat(membership: Path = Path("/proc/self/cgroup"), mount: Path = CGROUPS) -> Path | None:
    """The cpu.stat of this process's cgroup, version 1 or 2; None if there is none.

    Source: cgroups(7), `/proc/PID/cgroup` has lines `id:controllers:path`, the id 0 is version 2.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    candidates: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            candidates += [mount / path.lstrip("/") / "cpu.stat", mount / "cpu.stat"]
        elif "cpu" in controllers.split(","):
            # Inside a container the path of the host may not be visible below the mount.
            for folder in (mount / controllers, mount / "cpu"):
                candidates += [folder / path.lstrip("/") / "cpu.stat", folder / "cpu.stat"]
    return next((path for path in candidates if read_throttled(path) is not None), None)


def read_throttled(cpu_stat: Path | None) -> int | None:
    """The counter nr_throttled of a cpu.stat; None if it has none."""
    if cpu_stat is None:
        return None
    try:
        for line in cpu_stat.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "nr_throttled":
                return int(value)
    except (OSError, ValueError):
        return None
    return None


def raise_priority(nice: int) -> None:
    """Ask for a CPU priority; kept as it is where that is not permitted (the report says what it was)."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, nice)


def raise_file_limit() -> None:
    """Allow as many open files, hence connections, as this process may ask for."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def this_process() -> tuple[int, str]:
    """Its pid and the name of its machine."""
    return os.getpid(), os.uname().nodename
