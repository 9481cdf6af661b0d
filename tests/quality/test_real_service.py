"""The check on the real service with the shipped weights; it fails when the prompt loses its passages."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.demo import QUESTIONS
from app.demo.weights import WEIGHTS
from app.engines.transformers import TransformersEngine
from app.settings import Settings
from loadtest.report.quality_file import load_quality
from loadtest.schema.quality import GroupScores
from tests.api.server import Server, running_server
from tests.loadtest.conftest import ROOT

MISSED = 5


@pytest.fixture(scope="module")
def server(make_settings: Callable[..., Settings]) -> Iterator[Server]:
    settings = make_settings(
        model={"path": str(WEIGHTS), "name": "demo", "dtype": "float32"}, engine={"threads": 2}
    )
    with running_server(settings, TransformersEngine(settings)) as running:
        yield running


def check(server: Server, out: Path, *options: str) -> tuple[int, str, dict[str, GroupScores]]:
    """Exit code, output and figures of `loadtest quality`."""
    command = [sys.executable, "-m", "loadtest", "quality", "--target", server.url, "--out", str(out)]
    done = subprocess.run(
        [*command, "--questions", str(QUESTIONS), *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
    )  # fmt: skip
    figures: dict[str, GroupScores] = {
        each.mode: each for each in load_quality(out).figures if each.by == "all"
    }
    return done.returncode, done.stdout, figures


def test_the_shipped_model_answers_from_its_passages_and_from_nothing_else(
    server: Server, tmp_path: Path
) -> None:
    required = "retrieved.exact_match>=0.9 none.exact_match<=0.05"
    code, said, figures = check(server, tmp_path, "--count", "20", "--require", required)
    assert code == 0, said
    assert figures["retrieved"].n == figures["gold"].n == figures["missing"].n == 20
    assert figures["retrieved"].recall == 1
    assert figures["gold"].exact_match >= 0.9
    assert figures["missing"].exact_match <= 0.05
    quality = load_quality(tmp_path)
    assert (quality.architecture, quality.top_k) == ("baseline", 4)
    assert {each.group for each in quality.figures if each.by == "language"} == {"en", "ko"}
    # The right passages came from the server, so the prompts were as its own.
    assert all(
        answer.passages and "gold_text" not in answer.passages
        for answer in quality.answers
        if answer.mode == "gold"
    )


def test_it_fails_when_the_prompt_loses_its_passages(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Retrieval still works and the answer still names its passages: only the prompt is without them.
    monkeypatch.setattr("app.rag.prompt._numbered", lambda hits: [])
    required = "retrieved.exact_match>=0.9 retrieved.recall>=0.9"
    options = ("--count", "10", "--modes", "retrieved", "--require", required)
    code, said, figures = check(server, tmp_path, *options)
    assert code == MISSED, said
    assert figures["retrieved"].recall == 1
    assert "retrieved.exact_match>=0.9 is not met: it is 0." in said
    assert "retrieved.recall>=0.9 is not met" not in said
