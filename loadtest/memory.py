"""Peak memory of processes, sampled by a process of its own: walking /proc would disturb the generator.

`python -m loadtest.memory PID …` samples until its standard input closes, then prints one JSON list.
"""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Sequence

import psutil

from loadtest.schema import ProcessMemory

SAMPLE_INTERVAL_S = 1.0
MIB = 1024 * 1024


class MemoryWatch:
    """Watches some processes and all their descendants."""

    def __init__(self, pids: Sequence[int]) -> None:
        """Start sampling; without pids nothing is started."""
        self._process: subprocess.Popen[bytes] | None = None
        if pids:
            command = [sys.executable, "-m", "loadtest.memory", *map(str, pids)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )

    def peaks(self) -> list[ProcessMemory]:
        """Stop sampling; the peaks, largest first. Empty if the sampler was lost."""
        process, self._process = self._process, None
        if process is None:
            return []
        try:
            output, _ = process.communicate(timeout=10)
            return [ProcessMemory.model_validate(entry) for entry in json.loads(output)]
        except (subprocess.TimeoutExpired, ValueError):
            process.kill()
            return []


def missing_pids(pids: Sequence[int]) -> list[int]:
    """Those of the pids that are no process."""
    return [pid for pid in pids if not psutil.pid_exists(pid)]


def sample(pids: Sequence[int], peaks: dict[int, tuple[str, int]]) -> None:
    """Raise the peaks, {pid: (name, bytes)}, to what the processes and their descendants hold now."""
    for pid in pids:
        try:
            root = psutil.Process(pid)
            family = [root, *root.children(recursive=True)]
        except psutil.Error:
            continue
        for process in family:
            try:
                rss = int(process.memory_info().rss)
                name = peaks[process.pid][0] if process.pid in peaks else _name(process)
            except psutil.Error:
                continue
            peaks[process.pid] = (name, max(rss, peaks.get(process.pid, ("", 0))[1]))


def _name(process: psutil.Process) -> str:
    """A process's title if it has set one, else its program and first argument."""
    parts = [part for part in process.cmdline() if part]
    if not parts:
        return str(process.name())
    shown = [os.path.basename(parts[0])]
    shown += [os.path.basename(part) for part in parts[1:4] if not part.startswith("-")][:1]
    return " ".join(shown)[:60]


def _main(pids: list[int]) -> None:
    peaks: dict[int, tuple[str, int]] = {}
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        sample(pids, peaks)
        if waiting.select(SAMPLE_INTERVAL_S):
            break
    rows = [
        {"pid": pid, "name": name, "peak_rss_mib": round(rss / MIB, 1)} for pid, (name, rss) in peaks.items()
    ]
    rows.sort(key=lambda row: -float(str(row["peak_rss_mib"])))
    print(json.dumps(rows))


if __name__ == "__main__":
    _main([int(argument) for argument in sys.argv[1:]])
