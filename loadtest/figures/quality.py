"""Scores of answers that a run has kept: of a round's window, and of the sample before the load."""

from collections.abc import Iterable, Mapping, Sequence

from loadtest.client.record import Record
from loadtest.generate.sample import gold_rank
from loadtest.plan.questions import Question
from loadtest.quality.figures import scores_of
from loadtest.schema.answers import Answers
from loadtest.schema.quality import Scores


def window_scores(records: Iterable[Record], questions: Mapping[str, Question]) -> Scores | None:
    """The scores of the complete answers whose texts were kept; None if there is none.

    Args:
        records: of a window; errors among them are counted elsewhere.
        questions: by id, with their answers.
    """
    kept = [
        (record, questions[record.question])
        for record in records
        if record.text is not None and record.error is None and record.question in questions
    ]
    retrieved = any(record.passages for record, _ in kept)
    return scores_of(
        [(record.text or "", question.answer or "") for record, question in kept],
        [
            gold_rank(question, record.passages, record.sources) is not None
            for record, question in kept
            if question.gold_document and retrieved
        ],
    )


def sample_scores(answers: Answers, questions: Sequence[Question]) -> Scores | None:
    """The scores of a sample's complete answers to the questions that have an expected one."""
    expected = {question.id: question.answer for question in questions if question.answer}
    pairs = [
        (answer.text, expected[answer.question])
        for answer in answers.answers
        if answer.error is None and answer.question in expected
    ]
    scores = scores_of(pairs)
    return scores.model_copy(update={"recall": answers.recall}) if scores else None
