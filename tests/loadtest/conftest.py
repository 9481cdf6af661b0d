"""A questions file, bare servers, and the command line run as a process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Serve = Callable[..., AbstractContextManager["Server"]]
Start = Callable[..., subprocess.Popen[str]]


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[str]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(f'{{"id": "q{i}", "question": "What is fact {i}?"}}\n' for i in range(5)))
    return path


@pytest.fixture
def serve() -> Serve:
    @contextmanager
    def bare(*options: str) -> Iterator[Server]:
        command = [sys.executable, "-m", "bench.bare_server", "--ttft", "0.05", "--interval", "0.01"]
        process = subprocess.Popen(
            [*command, "--deltas", "8", *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        try:
            yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}", process)
        finally:
            process.kill()
            process.wait()

    return bare


@pytest.fixture
def start(questions: Path, tmp_path: Path) -> Iterator[Start]:
    """Start `loadtest run` against a target; its report goes to tmp_path/out."""
    started: list[subprocess.Popen[str]] = []

    def run(target: str, *options: str, variables: dict[str, str] | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "loadtest", "run", "--target", target]
        command += ["--questions", str(questions), "--out", str(tmp_path / "out"), *options]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(variables or {})},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
