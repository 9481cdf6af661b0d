"""Scores of answers."""

import subprocess
import sys

import pytest

from loadtest.quality.score import exact, f1, refused
from tests.loadtest.conftest import ROOT


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The Lantern Bridge.", "Lantern Bridge"),
        ("6400 litres", "6,400 litres"),
        ("In a  TIN", "in tin"),
        ("노루섬 다리.", "노루섬 다리"),
    ],
)
def test_what_is_the_same_when_evened(answer: str, expected: str) -> None:
    assert exact(answer, expected) == f1(answer, expected) == 1


def test_what_differs() -> None:
    assert exact("pull the pin by hand", "pull the pin") == 0
    assert f1("pull the pin by hand", "pull the pin") == pytest.approx(2 * 2 / (4 + 2))
    assert f1("", "pin") == 0
    assert exact("3.8 metres", "3.9 metres") == 0


def test_refusals() -> None:
    assert refused("It is not in the documents.")
    assert refused("문서에 없습니다.")
    assert not refused("Lantern Bridge")


def test_it_needs_nothing_but_the_standard_library() -> None:
    """Whoever trains a model on another machine has no load test installed there."""
    code = (
        "import sys; before = {*sys.modules}; import loadtest.quality.score; print(*{*sys.modules} - before)"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in said.stdout.split()}
    assert roots - sys.stdlib_module_names == {"loadtest"}
