"""Whether two servers retrieve the same and say the same, by their samples of answers."""

from dataclasses import dataclass
from itertools import takewhile
from statistics import fmean

from loadtest.schema.answers import Answer, Answers


@dataclass(frozen=True, slots=True)
class Parity:
    """One side's answers beside the baseline's, of the questions that both were asked.

    Attributes:
        questions: how many these are.
        same_passages: share with the same passages in the same order; None if the baseline retrieved none.
        same_answer: share with the same text.
        same_beginning: mean share of the longer text up to the first difference; 1 if they are the same.
    """

    questions: int
    same_passages: float | None
    same_answer: float
    same_beginning: float


def parity(baseline: Answers | None, side: Answers | None) -> Parity | None:
    """Compare two samples; an answer that failed on either side is not the same. None: nothing to compare."""
    if baseline is None or side is None:
        return None
    expected = {answer.question: answer for answer in baseline.answers}
    pairs = [(expected[each.question], each) for each in side.answers if each.question in expected]
    if not pairs:
        return None
    retrieved = [(before, now) for before, now in pairs if before.passages]
    return Parity(
        questions=len(pairs),
        same_passages=fmean(_same_passages(*pair) for pair in retrieved) if retrieved else None,
        same_answer=fmean(_same_answer(*pair) for pair in pairs),
        same_beginning=fmean(_same_beginning(*pair) for pair in pairs),
    )


def _answered(before: Answer, now: Answer) -> bool:
    return before.error is None and now.error is None


def _same_passages(before: Answer, now: Answer) -> bool:
    return _answered(before, now) and before.passages == now.passages


def _same_answer(before: Answer, now: Answer) -> bool:
    return _answered(before, now) and before.text == now.text


def _same_beginning(before: Answer, now: Answer) -> float:
    if _same_answer(before, now):
        return 1.0
    if not _answered(before, now):
        return 0.0
    common = takewhile(lambda pair: pair[0] == pair[1], zip(before.text, now.text, strict=False))
    return len(list(common)) / max(len(before.text), len(now.text))
