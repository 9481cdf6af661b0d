"""--help of every command, and command lines that are wrong."""

import subprocess
import sys

import pytest

from tests.cli.conftest import RagLlm

SHARED = ("--config", "--preset", "--set")
OPTIONS = {
    "serve": ("--architecture", "--host", "--port", "--model", "--index", "--top-k", "--replicas", "--batch"),
    "ask": ("--target", "--top-k", "--no-rag", "--max-tokens", "--api-key"),
    "demo": ("--architecture", "--rps", "--duration", "--warmup", "--out", "--prepare-only"),
    "settings": (),
    "index build": ("--index-root", "--passage-tokens", "--overlap-tokens", "--faiss-type"),
    "index inspect": ("--verify",),
}


@pytest.mark.parametrize("command", OPTIONS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_every_option(rag_llm: RagLlm, command: str, flag: str) -> None:
    ended = rag_llm(*command.split(), flag)
    assert ended.status == 0
    for option in OPTIONS[command] + (SHARED if command != "ask" else ()):
        assert option in ended.out


def test_help_lists_every_command(rag_llm: RagLlm) -> None:
    ended = rag_llm("--help")
    assert ended.status == 0
    for command in OPTIONS:
        assert command.split()[0] in ended.out
    assert all(name in rag_llm("index", "--help").out for name in ("build", "inspect"))


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["serve", "--no-such-option"],
        ["serve", "--architecture", "rcv"],
        ["serve", "--port", "http"],
        ["ask"],
        ["index", "build"],
        ["index", "build", "documents", "--faiss-type", "pq"],
        ["index", "build", "documents", "--passage-tokens", "many"],
    ],
)
def test_a_wrong_command_line_is_status_2(rag_llm: RagLlm, words: list[str]) -> None:
    ended = rag_llm(*words)
    assert ended.status == 2
    assert "Usage:" in ended.err
    assert "Traceback" not in ended.err


def test_a_wrong_faiss_type_says_the_right_ones(rag_llm: RagLlm) -> None:
    said = rag_llm("index", "build", "documents", "--faiss-type", "pq").err
    assert all(name in said for name in ("--faiss-type", "pq", "auto", "flat", "ivf", "hnsw"))


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "app.cli", "--help"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert "serve" in ended.stdout
