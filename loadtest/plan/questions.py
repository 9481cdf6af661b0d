"""The questions file: JSONL, one object a line with `question` (or `prompt`).

Optional are `id`, `answer` (for scores), `gold_document` (the document that holds it, for recall),
`gold_text` (the sentence that holds it), `language` and `kind` (groups of figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from loadtest.errors import QuestionsError

TEXTS = ("gold_document", "answer", "gold_text")
LABELS = ("language", "kind")


@dataclass(frozen=True, slots=True)
class Question:
    """One question that can be asked.

    Attributes:
        id: its name in the records; by default `line-N`.
        text: what is sent.
        gold_document: id or source of the document that holds the answer.
        answer: the right one, in words.
        gold_text: the sentence that holds the answer.
        language: of the question.
        kind: of the answer, such as date or place.
    """

    id: str
    text: str
    gold_document: str | None = None
    answer: str | None = None
    gold_text: str | None = None
    language: str | None = None
    kind: str | None = None


def read_questions(path: Path) -> list[Question]:
    """All questions of the file, in its order; blank lines are skipped.

    Raises:
        QuestionsError: the file can't be read, is empty, or has a wrong line (named by its number).
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise QuestionsError(f"The questions file {path} can't be read: {error.strerror}.") from None
    questions: list[Question] = []
    lines_of_ids: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        question = _question(line, number, f"{path}, line {number}")
        if question.id in lines_of_ids:
            first = lines_of_ids[question.id]
            raise QuestionsError(
                f"{path}, line {number}: the id {question.id!r} is that of line {first} too."
            )
        lines_of_ids[question.id] = number
        questions.append(question)
    if not questions:
        raise QuestionsError(f'{path} holds no question; a line looks like {{"question": "What is …?"}}.')
    return questions


def require_answers(questions: Sequence[Question], path: Path) -> None:
    """Refuse questions that no answer can be scored by.

    Raises:
        QuestionsError: naming how many have no `answer`, and the first of them.
    """
    unanswered = [question.id for question in questions if not question.answer]
    if unanswered:
        raise QuestionsError(
            f"{path}: {len(unanswered)} of {len(questions)} questions have no `answer`, the first is "
            f"{unanswered[0]!r}: answers can't be scored without the right one. A line looks like "
            '{"question": "When …?", "answer": "in 1931"}.'
        )


def _question(line: bytes, number: int, place: str) -> Question:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise QuestionsError(f"{place} is not JSON: {error}.") from None
    if not isinstance(entry, dict):
        raise QuestionsError(f'{place} should be an object like {{"question": "…"}}.')
    text = entry.get("question", entry.get("prompt"))
    if not isinstance(text, str) or not text.strip():
        raise QuestionsError(f"{place} needs a text under `question` or `prompt`; its keys: {sorted(entry)}.")
    name = entry.get("id", f"line-{number}")
    if not isinstance(name, str | int):
        raise QuestionsError(f"{place}: `id` should be a text or a whole number, not {name!r}.")
    known: dict[str, str | None] = {}
    for key in TEXTS:
        known[key] = entry.get(key)
        if known[key] is not None and not isinstance(known[key], str):
            raise QuestionsError(f"{place}: `{key}` should be a text, not {known[key]!r}.")
    for key in LABELS:
        label = entry.get(key)
        # Files that others made use these keys for anything; what is no label groups nothing.
        known[key] = label if isinstance(label, str) and label else None
    return Question(id=str(name), text=text, **known)
