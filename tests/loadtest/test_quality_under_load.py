"""Answers of a load are scored: which ones, what for, and where the scores show."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from loadtest.errors import SettingsError
from loadtest.experiments.build import build
from loadtest.experiments.compare_words import lede
from loadtest.experiments.page import render_experiment
from loadtest.experiments.table import experiment_text
from loadtest.experiments.tsv import experiment_tsv
from loadtest.figures.level import round_figures
from loadtest.layering import load_settings
from loadtest.plan.level import arrivals_of
from loadtest.plan.questions import Question
from loadtest.report.file import load_report
from loadtest.report.page import render_page
from loadtest.report.tsv import figures_tsv
from loadtest.settings import RunSettings
from tests.loadtest.conftest import Start
from tests.loadtest.made import level, record, result
from tests.loadtest.made_runs import Speed, made_run
from tests.loadtest.rag_server import rag_server

RIGHT = {"q0", "q1", "q4"}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """The server of these tests answers with the question: three of the five expected answers are that."""
    lines = [
        {
            "id": f"q{number}",
            "question": f"What is fact {number}?",
            "answer": f"You asked: What is fact {number}" if f"q{number}" in RIGHT else "Something else",
            "gold_document": "a.md" if number else "b.md",
        }
        for number in range(5)
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("workers", ["0", "2"])
def test_answers_of_the_window_are_scored_after_the_level(
    questions: Path, start: Start, tmp_path: Path, workers: str
) -> None:
    options = ["--rps", "20", "--warmup", "0.3", "--duration", "1.5", "--rounds", "2", "--quality", "7"]
    options += ["--popularity", "round-robin", "--workers", workers, "--records", str(tmp_path)]
    with rag_server() as server:
        run = start(server.url, *options, "--sample", "5")
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    records: list[dict[str, Any]] = [
        orjson.loads(line) for line in (tmp_path / "records.jsonl").read_bytes().splitlines()
    ]
    for each in report.levels[0].rounds:
        kept = [one for one in records if one["text"] is not None and one["round"] == each.round]
        window = [one for one in records if one["phase"] == "window" and one["round"] == each.round]
        assert len(kept) == 7 < len(window)
        assert all(one["phase"] == "window" for one in kept)
        assert all(one["text"] == f"You asked: What is fact {one['question'][1]}?" for one in kept)
        assert each.quality is not None
        assert each.quality.n == 7
        assert each.quality.exact_match == pytest.approx(sum(one["question"] in RIGHT for one in kept) / 7)
        assert each.quality.recall == pytest.approx(sum(one["question"] != "q0" for one in kept) / 7)
    assert report.answers is not None
    assert report.answers.scores is not None
    assert report.answers.scores.n == 5
    assert report.answers.scores.exact_match == pytest.approx(0.6)
    assert "20 RPS, 14 answers scored: exact match " in output
    assert "exact match 60%" in output
    assert "\n20\tquality.n\t7.0\t7.0\t7.0" in figures_tsv(report)
    assert 'id="quality"' in render_page(report)


def test_the_kept_answers_are_spread_over_the_window() -> None:
    of = level(rate_rps=2.0).model_copy(update={"keep_answers": 4})
    # Constant arrivals, two a second: the window of [2, 6) has those from 4 to 11.
    assert sorted(arrivals_of(of, 3).kept(of)) == [4, 6, 8, 10]
    assert len(arrivals_of(of, 3).kept(of.model_copy(update={"keep_answers": 99}))) == 8
    assert arrivals_of(of, 3).kept(level(rate_rps=2.0)) == frozenset()


def test_only_complete_answers_are_scored() -> None:
    asked = {"q": Question("q", "?", answer="Lantern Bridge")}
    records = [record(t, [t + 0.1]) for t in (2.0, 3.0, 4.0)] + [record(5.0, error="http_503")]
    for each, text in zip(records, ("the lantern bridge.", "Lantern", None, ""), strict=True):
        each.text = text
    scores = round_figures(result(records), {}, asked).quality
    assert scores is not None
    assert (scores.n, scores.exact_match, scores.recall) == (2, 0.5, None)
    assert scores.f1 == pytest.approx((1 + 2 / 3) / 2)
    assert round_figures(result(records[2:]), {}, asked).quality is None


def test_questions_without_answers_are_refused_before_the_load(
    questions: Path, start: Start, tmp_path: Path
) -> None:
    questions.write_text('{"question": "A?", "answer": "a"}\n{"question": "B?"}\n')
    with rag_server() as server:
        run = start(server.url, "--rps", "5", "--quality", "3")
        output, _ = run.communicate(timeout=60)
        assert server.bodies == []
    assert run.returncode == 1
    assert "1 of 2 questions have no `answer`, the first is 'line-2'" in " ".join(output.split())
    assert not (tmp_path / "out").exists()


def test_answers_that_may_not_end_are_not_scored() -> None:
    given = {"target": "http://h:1", "questions": "q", "rps": "1", "quality": "5", "ignore_eos": "true"}
    with pytest.raises(SettingsError, match="quality and ignore_eos exclude each other"):
        load_settings(RunSettings, given)


def _speed(architecture: str, exact_match: float) -> Speed:
    return Speed(architecture, capacity_rps=50, ttft_s=0.4, tpot_s=0.02, exact_match=exact_match)


def test_nobody_wins_by_answering_worse() -> None:
    runs = [
        made_run("a", _speed("baseline", 0.86), (8, 24), 1),
        made_run("b", _speed("rvc", 0.62), (8, 24), 1),
        # Fewer by what chance explains of 50.
        made_run("c", _speed("rac", 0.78), (8, 24), 1),
    ]
    for each in runs[2].levels:
        for figures in each.rounds:
            assert figures.ttft_s is not None
            figures.ttft_s.mean *= 2
    experiment = build("compare", "x", runs)
    assert experiment.comparison is not None
    remarks = experiment.comparison.remarks
    assert "rvc answers worse under 24 RPS than baseline: exact match 62% of 50, not 86% of 50." in remarks
    assert not any(remark.startswith("rac answers worse") for remark in remarks)
    assert lede(experiment.comparison, 24)[1:] == [
        "But rvc answers worse than baseline: exact match 62%, not 86%."
    ]
    text = experiment_text(experiment)
    assert "Quality under load" in text
    assert ["rvc", "50", "62%", "0.64", "5%", "90%"] in [line.split() for line in text.splitlines()]
    assert "\n24\trvc.quality.exact_match\t0.62" in experiment_tsv(experiment)
    assert "Answers under load beside the expected ones" in render_experiment(experiment)


def test_a_side_whose_answers_nobody_scored_is_named() -> None:
    runs = [made_run(name, _speed(name, 0.86), (8,), 1) for name in ("baseline", "rvc")]
    runs[1].levels[0].rounds[0].quality = None
    comparison = build("compare", "x", runs).comparison
    assert comparison is not None
    assert "No answer under load was scored of rvc." in comparison.remarks
