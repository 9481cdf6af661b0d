"""The sample of answers: which questions, what is kept of each, and recall."""

import pytest

from loadtest.client.request import RequestShape
from loadtest.errors import TargetError
from loadtest.generate.sample import ask_sample, gold_rank
from loadtest.plan.questions import Question
from loadtest.plan.spread import spread_evenly
from tests.loadtest.conftest import Serve
from tests.loadtest.rag_server import rag_server


def _shape(url: str, timeout_s: float = 5.0) -> RequestShape:
    return RequestShape(
        target=url,
        path="/v1/chat/completions",
        model="m",
        max_tokens=8,
        ignore_eos=False,
        seed=1,
        rag={"enabled": True},
        timings=True,
        timeout_s=timeout_s,
    )


@pytest.mark.parametrize(
    ("count", "asked"), [(1, [0]), (2, [0, 5]), (3, [0, 3, 6]), (10, [*range(10)]), (99, [*range(10)])]
)
def test_the_questions_are_spread_evenly_over_the_file(count: int, asked: list[int]) -> None:
    questions = [Question(str(i), "") for i in range(10)]
    assert [int(question.id) for question in spread_evenly(questions, count)] == asked


@pytest.mark.parametrize(
    ("gold", "rank"),
    [("a.md", 1), ("docs.jsonl#7", 2), ("docs.jsonl", 2), ("docs.jsonl#", None), (None, None)],
)
def test_the_gold_document_is_the_source_or_the_document_of_a_passage(
    gold: str | None, rank: int | None
) -> None:
    passages, sources = ["a.md:0", "docs.jsonl#7:2", "a.md:1"], ["a.md", "docs.jsonl", "a.md"]
    assert gold_rank(Question("q", "?", gold), passages, sources) == rank
    assert gold_rank(Question("q", "?", gold), [], []) is None


def test_answers_are_whole_and_recall_counts_the_questions_with_a_gold_document() -> None:
    questions = [Question("1", "One?", "a.md"), Question("2", "Two?", "b.md"), Question("3", "Three?")]
    seen: list[int] = []
    with rag_server() as server:
        found = ask_sample(_shape(server.url), questions, None, seen.append)
        assert [body["messages"][0]["content"] for body in server.bodies] == ["One?", "Two?", "Three?"]
        assert all(body["temperature"] == 0 and body["rag"] == {"enabled": True} for body in server.bodies)
    assert seen == [1, 2, 3]
    assert [answer.text for answer in found.answers] == [f"You asked: {each.text}" for each in questions]
    assert found.answers[0].passages == ["a.md:0", "docs.jsonl#7:2"]
    assert [answer.gold_rank for answer in found.answers] == [1, None, None]
    assert (found.with_gold, found.recall) == (2, 0.5)


def test_without_retrieval_there_is_no_recall() -> None:
    with rag_server(passages=[]) as server:
        found = ask_sample(_shape(server.url), [Question("1", "One?", "a.md")], None)
    assert (found.with_gold, found.recall) == (1, None)


def test_an_error_of_one_question_is_kept_and_the_others_are_asked(serve: Serve) -> None:
    with serve("--fail-status", "503") as server:
        shape = _shape(server.url).model_copy(update={"model": "bare"})
        found = ask_sample(shape, [Question("1", "One?"), Question("2", "Two?")], None)
    assert [(answer.text != "", answer.error) for answer in found.answers] == [
        (True, None),
        (False, "http_503"),
    ]


def test_a_target_that_has_gone_ends_it(serve: Serve) -> None:
    with serve("--freeze-after", "1") as server:
        shape = _shape(server.url, timeout_s=0.5).model_copy(update={"model": "bare"})
        with pytest.raises(TargetError, match=r"didn't answer the sampled question 2 \(timeout\)"):
            ask_sample(shape, [Question("1", "One?"), Question("2", "Two?"), Question("3", "3?")], None)
