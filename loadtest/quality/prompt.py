"""The prompt with passages that the client writes itself, in the form that the service's own has."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.plan.questions import Question

SYSTEM = (
    "Answer the question from the passages. "
    "If they do not hold the answer, say that it is not in the documents."
)
"""For a server that doesn't say what its own is."""
GOLD_AT_MOST = 2
# The beginning of the sentence with the answer: a passage may end before the sentence does.
BEGINNING = 30


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved passage, with its text."""

    id: str
    source: str
    title: str
    text: str


def messages(question: Question, passages: Sequence[Passage], system: str) -> list[dict[str, str]]:
    """A chat with numbered passages in its system message; without passages the question alone."""
    asked = {"role": "user", "content": question.text}
    if not passages:
        return [asked]
    numbered = [f"[{number}] {each.title}\n{each.text}" for number, each in enumerate(passages, 1)]
    return [{"role": "system", "content": "\n\n".join([system, *numbered])}, asked]


def holds(passage: Passage, question: Question) -> bool:
    """Whether a passage is of the gold document and has the answer with the words around it."""
    gold = question.gold_document
    if gold is not None and gold not in (passage.source, passage.id.rpartition(":")[0]):
        return False
    answer = question.answer or ""
    if question.gold_text is None:
        return answer in passage.text
    whole = question.gold_text in passage.text
    return whole or (answer in passage.text and question.gold_text[:BEGINNING] in passage.text)


def gold_passages(question: Question, found: Sequence[Passage]) -> list[Passage]:
    """The found passages that hold the answer, else the question file's own text; empty without either."""
    gold = sorted((each for each in found if holds(each, question)), key=lambda each: each.id)
    if gold or question.gold_text is None:
        return gold[:GOLD_AT_MOST]
    return [Passage("gold_text", question.gold_document or "", "Document", question.gold_text)]


def wrong_passages(question: Question, found: Sequence[Passage], count: int) -> list[Passage]:
    """The best found passages that don't hold the answer."""
    return [each for each in found if not holds(each, question)][:count]
