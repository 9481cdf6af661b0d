import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unittest import mock

import pytest

from app.cli.console import messages, results
from app.cli.main import run

WIDE = 250


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit status, and what it wrote to the two outputs."""

    status: int
    out: str
    err: str


RagLlm = Callable[..., Ended]


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Commands export the hub's settings; forget that after a test."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def rag_llm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RagLlm:
    """Run a command of ``rag-llm`` in this process, through its entry point."""
    for console in (results, messages):
        monkeypatch.setattr(console, "_width", WIDE)

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["rag-llm", *words])
        capsys.readouterr()
        status: object = 0
        try:
            run()
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        assert isinstance(status, int)
        return Ended(status, captured.out, captured.err)

    return call
