"""The check of quality against small servers: what is sent in each mode, what is scored, what is kept."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from loadtest.checking import check
from loadtest.errors import QuestionsError, SettingsError
from loadtest.layering import load_settings
from loadtest.quality_settings import QualitySettings
from loadtest.report.quality_file import load_quality
from loadtest.report.quality_table import print_qualities
from loadtest.schema.quality import GroupScores, Quality
from tests.loadtest.quality_server import (
    ENVIRONMENT,
    FACTS,
    SYSTEM,
    QualityServerState,
    quality_server,
)


@pytest.fixture
def server() -> Iterator[QualityServerState]:
    with quality_server(environment=ENVIRONMENT) as state:
        yield state


def checked(url: str, questions: Path, **options: str) -> tuple[Quality, str]:
    said = StringIO()
    given = {"target": url, "questions": str(questions), "out": str(questions.parent / "out"), **options}
    quality, signal_number = check(load_settings(QualitySettings, given), Console(file=said, width=100))
    assert signal_number == 0
    return quality, said.getvalue()


def of(quality: Quality, mode: str, group: str = "all") -> GroupScores:
    (found,) = [each for each in quality.figures if (each.mode, each.group) == (mode, group)]
    return found


def test_each_mode_shows_what_it_is_for(server: QualityServerState, asked: Path) -> None:
    server.missed = ("How tall is it?",)
    quality, said = checked(server.url, asked)
    # The server found the passage of two questions in three, and a reader answers these.
    assert of(quality, "retrieved").exact_match == pytest.approx(2 / 3)
    assert of(quality, "retrieved").recall == pytest.approx(2 / 3)
    assert (of(quality, "gold").exact_match, of(quality, "gold").recall) == (1, None)
    assert (of(quality, "none").exact_match, of(quality, "none").refused) == (0, 1)
    assert (of(quality, "missing").exact_match, of(quality, "missing").refused) == (0, 1)
    assert of(quality, "retrieved", "number").exact_match == 0
    assert (of(quality, "retrieved", "en").n, of(quality, "retrieved", "ko").exact_match) == (2, 1)
    assert (quality.name, quality.top_k, quality.asked, quality.complete) == ("rvc", 2, 3, True)
    assert "Recall@2" in said
    assert load_quality(asked.parent / "out") == quality


def test_prompts_are_as_the_service_writes_them(server: QualityServerState, asked: Path) -> None:
    checked(server.url, asked, count="1", modes="gold,missing")
    gold, missing = server.bodies
    assert gold["messages"][0]["content"] == f"{SYSTEM}\n\n[1] T0\n{FACTS['Where is the gate?'][1]}"
    assert gold["messages"][1] == {"role": "user", "content": "Where is the gate?"}
    # As many wrong passages as the server retrieves, and not one with the answer.
    assert missing["messages"][0]["content"].count("\n\n[") == 2
    assert "Lantern" not in missing["messages"][0]["content"]
    for body in (gold, missing):
        assert (body["rag"], body["temperature"]) == ({"enabled": False}, 0)


def test_users_send_the_question_alone(server: QualityServerState, asked: Path) -> None:
    checked(server.url, asked, count="1", modes="retrieved")
    checked(server.url, asked, count="1", modes="retrieved", passages="1")
    assert ["rag" in body for body in server.bodies] == [False, True]
    assert server.bodies[1]["rag"] == {"top_k": 1}
    assert "/v1/retrieve" not in server.paths


def test_without_a_path_for_passages_they_come_with_an_answer(
    server: QualityServerState, asked: Path
) -> None:
    server.has_retrieve = False
    quality, _ = checked(server.url, asked, modes="gold,missing")
    assert (of(quality, "gold").exact_match, of(quality, "missing").refused) == (1, 1)
    assert server.paths.count("/v1/retrieve") == 1


def test_any_server_can_be_asked(asked: Path) -> None:
    with quality_server() as plain:
        quality, said = checked(plain.url, asked)
    assert {answer.mode for answer in quality.answers} == {"retrieved", "gold", "none"}
    assert of(quality, "gold").exact_match == 1
    assert of(quality, "retrieved").recall is None
    assert not any("rag" in body for body in plain.bodies)
    assert "`missing` was left out, as there are no passages without the answer" in said
    assert "in `gold` the passage is the question file's `gold_text`" in said
    assert quality.name == plain.url


def test_only_question_and_answer_are_needed(asked: Path) -> None:
    asked.write_text('{"question": "Where is the gate?", "answer": "Lantern Bridge", "kind": 3}\n')
    with quality_server() as plain:
        quality, said = checked(plain.url, asked)
    assert [(each.mode, each.group) for each in quality.figures] == [("retrieved", "all"), ("none", "all")]
    assert "1 of 1 questions are not in `gold`" in said


def test_a_question_without_its_answer_is_refused(server: QualityServerState, asked: Path) -> None:
    asked.write_text('{"question": "A?", "answer": "a"}\n{"id": "x", "question": "B?"}\n')
    with pytest.raises(QuestionsError, match=r"1 of 2 questions have no `answer`, the first is 'x'"):
        checked(server.url, asked)
    assert server.bodies == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"require": "gold.exact>=0.8"}, "require = 'gold.exact>=0.8' is wrong"),
        ({"require": "gold.f1>=1.8"}, "is wrong"),
        ({"require": "gold.f1>=0.8", "modes": "none"}, "its mode is none of modes = none"),
        ({"modes": "gold,golden"}, "modes = "),
        ({"modes": ""}, "modes = "),
        ({"count": "-1"}, "count = '-1' is wrong"),
        ({"target": "localhost:1"}, "target = 'localhost:1' is wrong: should begin with http"),
    ],
)
def test_a_wrong_setting_is_named(
    server: QualityServerState, asked: Path, options: dict[str, str], said: str
) -> None:
    given = {"target": server.url, **options}
    with pytest.raises(SettingsError) as error:
        checked(given.pop("target"), asked, **given)
    assert said in str(error.value)
    assert server.bodies == []


def test_requirements_are_judged(server: QualityServerState, asked: Path) -> None:
    server.missed = ("누가 여는가?",)
    texts = "gold.exact_match>=0.9 none.exact_match<=0.05 retrieved.ko.f1>=0.5, retrieved.xx.f1>=0"
    quality, _ = checked(server.url, asked, require=texts)
    assert [(each.value, each.met) for each in quality.requirements] == [
        (1, True),
        (0, True),
        (0, False),
        (None, False),
    ]


def test_a_failed_request_is_a_wrong_answer(asked: Path) -> None:
    with quality_server(answer=lambda messages: 503) as broken:
        quality, said = checked(broken.url, asked, modes="none")
    each = of(quality, "none")
    assert (each.n, each.failed, each.exact_match, each.refused) == (3, 3, 0, 0)
    assert "3 of 3 requests failed and count as wrong, the first with http_503: as told" in said


def test_a_server_that_goes_away_leaves_what_it_has_answered(asked: Path) -> None:
    with quality_server() as server:
        inner = server.answer

        def answer(messages: list[dict[str, str]]) -> str | int:
            if len(server.bodies) == 2:
                raise ConnectionResetError
            return inner(messages)

        server.answer = answer
        quality, said = checked(server.url, asked, modes="none")
    assert not quality.complete
    assert [answer.question for answer in quality.answers] == ["q1"]
    assert quality.incomplete_reasons[-1] == "1 of 3 questions were asked"
    assert "Incomplete: " in said
    assert load_quality(asked.parent / "out") == quality


def test_several_at_a_time_are_kept_in_order(server: QualityServerState, asked: Path) -> None:
    quality, _ = checked(server.url, asked, concurrency="3", modes="none")
    assert [answer.question for answer in quality.answers] == ["q1", "q2", "q3"]


def test_targets_stand_side_by_side(server: QualityServerState, asked: Path) -> None:
    first, _ = checked(server.url, asked, name="rac")
    server.missed = tuple(FACTS)
    second, _ = checked(server.url, asked, count="2")
    said = StringIO()
    print_qualities([first, second], Console(file=said, width=80))
    lines = [line.split() for line in said.getvalue().splitlines()]
    assert ["retrieved", "rac", "3", "1.000", "1.000", "0.000", "1.000"] in lines
    assert ["rvc", "2", "0.000", "0.000", "1.000", "0.000"] in lines
    assert "Not the same asked: 3 of rac, 2 of rvc." in said.getvalue()
