"""``rag-llm serve`` ends at once, with one sentence, when something is missing."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.architectures.listen import listen
from app.settings import Architecture

LONGEST_S = 60
"""Some ten times what it takes on two busy cores; Ray alone would take longer to give up."""


def serve(*words: str, model: Path, index: Path) -> str:
    """What it says when it ends with status 1."""
    command = [sys.executable, "-m", "app.cli", "serve", "--model", str(model), "--index", str(index), *words]
    begun = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("error: ") == 1
    assert time.monotonic() - begun < LONGEST_S
    return ended.stderr.partition("error: ")[2].strip()


@pytest.mark.parametrize("architecture", Architecture)
def test_a_missing_model(architecture: Architecture, demo_indexes: Path, tmp_path: Path) -> None:
    said = serve("-a", architecture.value, model=tmp_path / "none", index=demo_indexes)
    assert said.startswith(f"model.path = '{tmp_path}/none': there is no such folder; ")
    assert "rag-llm demo --prepare-only" in said
    assert len(said.splitlines()) == 1


def test_a_missing_index(random_model: Path, tmp_path: Path) -> None:
    said = serve(model=random_model, index=tmp_path / "none")
    assert said.startswith(f"the index {tmp_path}/none doesn't exist: ")
    assert "rag-llm index build" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("architecture", Architecture)
def test_a_taken_port(architecture: Architecture, random_model: Path, demo_indexes: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        said = serve("-a", architecture.value, "--port", str(port), model=random_model, index=demo_indexes)
    assert said.startswith(f"server.host = '127.0.0.1', server.port = {port}: can't listen there (")
    assert said.endswith("choose another port")


def test_an_address_of_another_machine(random_model: Path, demo_indexes: Path) -> None:
    said = serve("-a", "baseline", "--host", "192.0.2.1", model=random_model, index=demo_indexes)
    assert said.startswith("server.host = '192.0.2.1'")


def test_an_unknown_setting(random_model: Path, demo_indexes: Path) -> None:
    said = serve("--set", "engine.max_model=5", model=random_model, index=demo_indexes)
    assert said == "engine.max_model: there is no such setting; `rag-llm settings` lists them all"
