"""The demo runs through; Ctrl-C at any moment leaves no process behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.settings.sources import PREFIX
from tests.architectures.service import free_port
from tests.processes import descendants


class Demo:
    """``rag-llm demo`` in a folder of its own, watched from outside."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._output = folder / "output"
        self._seen: dict[int, psutil.Process] = {}
        command = [sys.executable, "-m", "app.cli", "demo", *options, "--rps", "2,3"]
        command += ["--duration", "6", "--warmup", "1", "--set", f"server.port={free_port()}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text("utf-8", "replace")

    def wait_for(self, sign: Callable[[], bool], within_s: float = 120) -> None:
        """Wait for a sign, noting every descendant on the way."""
        until = time.monotonic() + within_s
        while not sign():
            with suppress(psutil.NoSuchProcess):
                for process in psutil.Process(self.process.pid).children(recursive=True):
                    self._seen[process.pid] = process
            assert time.monotonic() < until, self.output
            time.sleep(0.1)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)

    def left(self) -> list[psutil.Process]:
        """Descendants that are still there."""
        return [process for process in self._seen.values() if process.is_running()]


def test_it_asks_sweeps_reports_and_stops(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    demo.wait_for(lambda: demo.process.poll() is not None, 200)
    assert demo.process.returncode == 0, demo.output
    assert "[1]" in demo.output
    # Answers stand on lines of their own, and the model gets most of them right.
    expected = set(re.findall(r"\(expected: (.+?)\)", " ".join(demo.output.split())))
    assert expected & {line.strip() for line in demo.output.splitlines()}, demo.output
    report = json.loads((tmp_path / "var/reports/report.json").read_text())
    assert report["complete"]
    assert [level["rate_rps"] for level in report["levels"]] == [2, 3]
    assert any("app.cli" in process["name"] for process in report["processes"])
    assert (tmp_path / "var/reports/report.html").exists()
    assert demo.left() == []


@pytest.mark.parametrize(
    ("architecture", "sign"),
    [("baseline", "demo model"), ("rvc", "ray::"), ("baseline", "loadtest")],
    ids=["while it prepares", "while Ray starts", "while it sweeps"],
)
def test_ctrl_c_leaves_no_process(tmp_path: Path, architecture: str, sign: str) -> None:
    demo = Demo(tmp_path, "-a", architecture)

    def reached() -> bool:
        if sign == "demo model":
            return sign in demo.output
        if sign == "loadtest":
            return "level 2/2" in demo.output
        with suppress(psutil.NoSuchProcess):
            return bool(descendants(demo.process.pid, sign))
        return False

    demo.wait_for(reached)
    assert demo.interrupt() != 0
    assert demo.left() == []
    if sign == "loadtest":
        report = json.loads((tmp_path / "var/reports/report.json").read_text())
        assert not report["complete"]
        assert report["levels"][0]["rounds"][0]["counts"]["completed"] > 0
