"""Nothing that a command started outlives it, not even a daemon that ignores SIGTERM."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

SCRIPT = """
import os, signal, subprocess, sys, time
from pathlib import Path
from app.cli import processes

processes.GRACE_S = 0.5
folder = Path(sys.argv[1])

def daemon():
    # The way of daemons: fork, a session of its own, fork again, so that the parent is gone.
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            (folder / "daemon").write_text(str(os.getpid()))
            (folder / "daemon").rename(folder / "daemon.pid")
            time.sleep(120)
        os._exit(0)
    os.wait()
    while not (folder / "daemon.pid").exists():
        time.sleep(0.01)

ended = "by itself"
try:
    with processes.no_process_left():
        daemon()
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
        (folder / "child").write_text(str(child.pid))
        (folder / "child").rename(folder / "child.pid")
        BLOCK
except KeyboardInterrupt:
    ended = "by a signal"
except ZeroDivisionError:
    ended = "by an error"
print(ended, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
"""


class Run:
    """The script under way, and the pids of what it started."""

    def __init__(self, folder: Path, block: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT.replace("BLOCK", block), str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def started(self) -> list[psutil.Process]:
        """Daemon and child, as soon as both are there."""
        return [psutil.Process(self._pid(name)) for name in ("daemon", "child")]

    def _pid(self, name: str) -> int:
        path, until = self.folder / f"{name}.pid", time.monotonic() + 30
        while not path.exists():
            assert time.monotonic() < until, f"{name} did not start"
            time.sleep(0.01)
        return int(path.read_text())

    def said(self) -> str:
        out, _ = self.process.communicate(timeout=30)
        return out.strip()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    """Runs of a test; nothing of theirs stays when the test fails."""
    made: list[Run] = []
    yield made
    for run in made:
        run.process.kill()
        run.process.wait()
        for path in run.folder.glob("*.pid"):
            try:
                os.kill(int(path.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                continue


def gone(started: list[psutil.Process]) -> bool:
    """Neither running nor a zombie (is_running compares creation times, so a pid used again is another)."""
    return not any(process.is_running() for process in started)


@pytest.mark.parametrize(
    ("block", "ended"),
    [
        ("time.sleep(0.1)", "by itself"),
        ("time.sleep(0.1); 1 / 0", "by an error"),
    ],
)
def test_a_daemon_and_a_child_are_gone_when_the_block_ends(
    runs: list[Run], tmp_path: Path, block: str, ended: str
) -> None:
    runs.append(Run(tmp_path, block))
    started = runs[0].started()
    assert runs[0].said() == f"{ended} True"
    assert gone(started)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_and_when_a_signal_ends_it(runs: list[Run], tmp_path: Path, number: signal.Signals) -> None:
    runs.append(Run(tmp_path, "time.sleep(120)"))
    started = runs[0].started()
    assert all(process.is_running() for process in started)
    runs[0].process.send_signal(number)
    assert runs[0].said() == "by a signal True"
    assert gone(started)


def test_impatience_does_not_stop_the_clean_up(runs: list[Run], tmp_path: Path) -> None:
    runs.append(Run(tmp_path, "time.sleep(120)"))
    started = runs[0].started()
    runs[0].process.send_signal(signal.SIGINT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        time.sleep(0.1)
        runs[0].process.send_signal(number)
    assert runs[0].said() == "by a signal True"
    assert gone(started)
