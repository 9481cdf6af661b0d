"""Parity of two samples of answers, question by question."""

import pytest

from loadtest.experiments.parity import parity
from loadtest.schema.answers import Answer, Answers


def _sample(*answers: tuple[str, str, list[str]], failed: tuple[str, ...] = ()) -> Answers:
    made = [
        Answer(
            question=question,
            text=text,
            passages=passages,
            gold_rank=None,
            error="http_500" if question in failed else None,
        )
        for question, text, passages in answers
    ]
    return Answers(answers=made, with_gold=0, recall=None)


BASE = _sample(("q1", "one two", ["a", "b"]), ("q2", "three", ["c"]))


def test_the_same_is_the_same() -> None:
    found = parity(BASE, BASE)
    assert found is not None
    assert (found.questions, found.same_passages, found.same_answer, found.same_beginning) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "beginning"),
    [("one TWO", 4 / 7), ("one", 3 / 7), ("one two three", 7 / 13), ("", 0.0), ("two", 0.0)],
)
def test_a_beginning_is_a_share_of_the_longer_text(text: str, beginning: float) -> None:
    found = parity(BASE, _sample(("q1", text, ["a", "b"])))
    assert found is not None
    assert found.same_answer == 0
    assert found.same_beginning == pytest.approx(beginning)


def test_passages_in_another_order_are_others() -> None:
    found = parity(BASE, _sample(("q1", "one two", ["b", "a"]), ("q2", "three", ["c"])))
    assert found is not None
    assert (found.same_passages, found.same_answer) == (0.5, 1)


def test_a_failed_answer_is_not_the_same_even_if_both_failed() -> None:
    broken = _sample(("q1", "", []), ("q2", "three", ["c"]), failed=("q1",))
    for found in (parity(BASE, broken), parity(broken, broken)):
        assert found is not None
        assert (found.same_answer, found.same_beginning) == (0.5, 0.5)


def test_without_retrieval_there_are_no_passages_to_compare() -> None:
    plain = _sample(("q1", "one two", []))
    found = parity(plain, plain)
    assert found is not None
    assert found.same_passages is None


def test_only_questions_asked_of_both_count() -> None:
    found = parity(BASE, _sample(("q2", "three", ["c"]), ("q9", "x", ["y"])))
    assert found is not None
    assert (found.questions, found.same_answer) == (1, 1)
    assert parity(BASE, _sample(("q9", "x", ["y"]))) is None
    assert parity(BASE, None) is None
