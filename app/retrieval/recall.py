"""Recall@k: how often the passage that holds the answer is among the first k."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.errors import DocumentsError
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.passages import Passage

_BLOCK = 64
_KEYS = ("id", "language", "question", "gold_document", "gold_text")


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question, and the words of the corpus that answer it."""

    id: str
    language: str
    question: str
    gold_document: str
    gold_text: str


@dataclass(frozen=True, slots=True)
class Recall:
    """Shares of questions with a hit among the first k.

    Attributes:
        questions: how many were asked.
        at: k → share, over all questions.
        by_language: language → (questions, k → share).
        missed: ids of the questions without a hit among the first max(k).
    """

    questions: int
    at: dict[int, float]
    by_language: dict[str, tuple[int, dict[int, float]]]
    missed: tuple[str, ...]


def read_questions(path: Path) -> list[GoldQuestion]:
    """Read a JSONL file of questions with the keys id, language, question, gold_document, gold_text.

    Raises:
        DocumentsError: naming the line, when the file can't be read or a line lacks a key.
    """
    questions = []
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as exc:
        raise DocumentsError(f"the questions {path} can't be read: {exc.strerror or exc}.") from exc
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as exc:
            raise DocumentsError(f"{path}, line {number}: not JSON ({exc}).") from exc
        missing = [key for key in _KEYS if not isinstance(entry, dict) or not entry.get(key)]
        if missing:
            raise DocumentsError(f'{path}, line {number}: "{missing[0]}" is missing or blank.')
        questions.append(GoldQuestion(*(str(entry[key]) for key in _KEYS)))
    if not questions:
        raise DocumentsError(f"{path} holds no questions.")
    return questions


def recall_at_k(
    index: Index, embedding: EmbeddingModel, questions: Path, ks: Sequence[int] = (1, 4, 10)
) -> Recall:
    """Ask ``index`` every question of a file and count the hits.

    A hit: among the first k passages is one of the gold document that holds the gold text (white space
    taken as one blank). Where the splitter cut the gold text, so that no passage holds all of it, the
    passages that hold the longest piece of it count instead.

    Raises:
        DocumentsError: the file is wrong, or a gold text isn't in the index's gold document.
    """
    asked = read_questions(questions)
    gold = _gold_passages(index, asked)
    ranks: dict[str, int | None] = {}
    deepest = max(ks)
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        rows = index.search(embedding.encode([question.question for question in block]), deepest)
        for question, hits in zip(block, rows, strict=True):
            found = (hit.rank for hit in hits if hit.passage.id in gold[question.id])
            ranks[question.id] = next(found, None)
    languages = sorted({question.language for question in asked})
    spoken = {
        language: [ranks[question.id] for question in asked if question.language == language]
        for language in languages
    }
    return Recall(
        questions=len(asked),
        at=_shares(ranks.values(), ks),
        by_language={language: (len(found), _shares(found, ks)) for language, found in spoken.items()},
        missed=tuple(id_ for id_, rank in ranks.items() if rank is None),
    )


def _shares(ranks: Iterable[int | None], ks: Sequence[int]) -> dict[int, float]:
    known = list(ranks)
    return {k: sum(rank is not None and rank < k for rank in known) / len(known) for k in ks}


def _gold_passages(index: Index, questions: Iterable[GoldQuestion]) -> dict[str, set[str]]:
    """The ids of the passages that count as a hit, for each question's id."""
    wanted = {question.gold_document for question in questions}
    by_document: dict[str, list[Passage]] = {document: [] for document in wanted}
    for passage in index.passages:
        document = passage.id.rpartition(":")[0]
        if document in wanted:
            by_document[document].append(passage)
    gold = {}
    for question in questions:
        text = _one_line(question.gold_text)
        held = {p.id: _held(text, _one_line(p.text)) for p in by_document[question.gold_document]}
        longest = max(held.values(), default=0)
        # A splitter that cuts a sentence in three leaves a third of it somewhere; less is chance.
        if longest * 4 < len(text):
            raise DocumentsError(
                f'question {question.id}: its gold_text isn\'t in "{question.gold_document}" of the index '
                f"{index.path}; use the corpus that the questions were written for."
            )
        gold[question.id] = {id_ for id_, length in held.items() if length == longest}
    return gold


def _held(text: str, passage: str) -> int:
    """Length of the piece of ``text`` that ``passage`` holds: all, its start, its end or a middle."""
    if text in passage:
        return len(text)
    if passage in text:
        return len(passage)
    start = next(n for n in range(len(text), -1, -1) if passage.endswith(text[:n]))
    end = next(n for n in range(len(text), -1, -1) if passage.startswith(text[len(text) - n :]))
    return max(start, end)


def _one_line(text: str) -> str:
    return " ".join(text.split())
