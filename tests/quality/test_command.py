"""`loadtest quality` and `loadtest show` as commands: exit codes, and what a stop leaves."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from loadtest.report.quality_file import load_quality
from tests.loadtest.conftest import ROOT
from tests.loadtest.quality_server import (
    ENVIRONMENT,
    QualityServerState,
    quality_server,
    reads,
)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "loadtest", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(*arguments: str) -> tuple[int, str]:
    process = start(*arguments)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def options(server: QualityServerState, asked: Path, out: Path) -> list[str]:
    return ["quality", "--target", server.url, "--questions", str(asked), "--out", str(out)]


def test_exit_codes_and_tables(asked: Path, tmp_path: Path) -> None:
    with quality_server(environment=ENVIRONMENT) as server:
        first = options(server, asked, tmp_path / "a")
        code, said = run(*first, "--require", "gold.exact_match>=0.9", "--require", "none.f1<=0.1")
        assert code == 0, said
        assert "Recall@2" in said
        server.answer = lambda messages: "I can't say."
        code, said = run(*options(server, asked, tmp_path / "b"), "--name", "b", "--require", "gold.f1>=0.9")
        assert code == 5, said
        assert "gold.f1>=0.9 is not met: it is 0.000." in said
    # A missed requirement is no reason to lose the figures.
    assert load_quality(tmp_path / "b").figures
    code, said = run("show", str(tmp_path / "a"), str(tmp_path / "b"))
    assert code == 0, said
    assert "Quality of 2 targets" in said
    code, said = run("show", str(tmp_path / "a" / "quality.json"))
    assert "missing" in said
    assert "place" in said
    code, said = run("show", str(tmp_path / "a"), str(tmp_path))
    assert (code, "can't be read" in said) == (1, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("concurrency", ["1", "2"])
def test_a_stop_keeps_what_was_answered(
    asked: Path, tmp_path: Path, number: signal.Signals, code: int, concurrency: str
) -> None:
    hold = threading.Event()

    def answer(messages: list[dict[str, str]]) -> str | int:
        # The first question is answered, the others wait.
        if messages[-1]["content"] != "Where is the gate?":
            hold.wait(30)
        return reads(messages)

    with quality_server(environment=ENVIRONMENT, answer=answer) as server:
        process = start(*options(server, asked, tmp_path), "--modes", "gold", "--concurrency", concurrency)
        until = time.monotonic() + 30
        while len(server.bodies) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(number)
        said, _ = process.communicate(timeout=20)
        hold.set()
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert f"Incomplete: stopped by {number.name}; 1 of 3 questions were asked." in " ".join(said.split())
    quality = load_quality(tmp_path)
    assert [answer.question for answer in quality.answers] == ["q1"]
    assert (quality.complete, quality.asked) == (False, 1)
