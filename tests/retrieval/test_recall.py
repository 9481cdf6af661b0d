"""Recall@k: what counts as a hit, what is refused, and the figure on the demo corpus."""

import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from app.demo import CORPUS
from app.errors import DocumentsError
from app.retrieval.build import Built, build_index
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.passages import SplitterSettings
from app.retrieval.recall import recall_at_k

WriteLines = Callable[..., Path]


def question(number: int, text: str, document: str, gold: str, language: str = "en") -> str:
    keys = ("id", "language", "question", "answer", "gold_document", "gold_text")
    return orjson.dumps(
        dict(zip(keys, (f"q{number}", language, text, "-", document, gold), strict=True))
    ).decode()


def test_hit_is_the_gold_passage_among_the_first_k(
    built: Built, embedding: EmbeddingModel, tmp_path: Path, write_lines: WriteLines
) -> None:
    path = write_lines(
        tmp_path / "questions.jsonl",
        question(1, "How many books may I borrow?", "library.md", "lends twelve\n  books to each reader"),
        question(2, "How many books may I borrow?", "volcano.md", "last erupted in 1783", "ko"),
    )
    recall = recall_at_k(Index.open(built.path), embedding, path, ks=(1, 8))
    assert recall.questions == 2
    assert recall.at == {1: 0.5, 8: 1.0}
    assert recall.by_language == {"en": (1, {1: 1.0, 8: 1.0}), "ko": (1, {1: 0.0, 8: 1.0})}
    assert recall.missed == ()
    assert recall_at_k(Index.open(built.path), embedding, path, ks=(1,)).missed == ("q2",)


def test_passage_of_the_gold_document_without_the_gold_text_is_no_hit(
    tmp_path: Path, embedding: EmbeddingModel, write_lines: WriteLines
) -> None:
    filler = "The keeper paints the boats. " * 14
    write_lines(tmp_path / "docs" / "a.txt", filler, "", "The mast is nine metres high.")
    built = build_index(tmp_path / "docs", tmp_path / "indexes", embedding, splitter=SplitterSettings(90, 0))
    assert built.manifest.passages == 2
    path = write_lines(
        tmp_path / "q.jsonl", question(1, "Who paints the boats?", "a.txt", "The mast is nine metres high.")
    )
    assert recall_at_k(Index.open(built.path), embedding, path, ks=(1, 2)).at == {1: 0.0, 2: 1.0}


def test_where_the_gold_text_was_cut_the_longest_piece_counts(
    tmp_path: Path, embedding: EmbeddingModel, write_lines: WriteLines
) -> None:
    words = [f"term{n}" for n in range(60)]
    write_lines(tmp_path / "docs" / "a.txt", " ".join(words))
    built = build_index(tmp_path / "docs", tmp_path / "indexes", embedding, splitter=SplitterSettings(60, 0))
    index = Index.open(built.path)
    first, second = (passage.text.split() for passage in list(index.passages)[:2])
    gold = " ".join(first[-2:] + second[:6])  # most of it is in the second passage
    path = write_lines(
        tmp_path / "q.jsonl",
        question(1, " ".join(second), "a.txt", gold),
        question(2, " ".join(first), "a.txt", gold),
    )
    assert recall_at_k(index, embedding, path, ks=(1,)).missed == ("q2",)


def test_gold_text_that_is_not_in_the_corpus_is_refused(
    built: Built, embedding: EmbeddingModel, tmp_path: Path, write_lines: WriteLines
) -> None:
    for document, gold in (("library.md", "an entirely different sentence"), ("none.md", "lends twelve")):
        path = write_lines(tmp_path / "q.jsonl", question(7, "How?", document, gold))
        with pytest.raises(DocumentsError, match=f'question q7: its gold_text isn\'t in "{document}"'):
            recall_at_k(Index.open(built.path), embedding, path)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["{"], "line 1: not JSON"),
        (["", '{"id": "1"}'], 'line 2: "language" is missing'),
        (["[]"], 'line 1: "id" is missing'),
        ([""], "holds no questions"),
    ],
)
def test_wrong_questions_file_is_refused(
    built: Built,
    embedding: EmbeddingModel,
    tmp_path: Path,
    write_lines: WriteLines,
    lines: list[str],
    complaint: str,
) -> None:
    path = write_lines(tmp_path / "q.jsonl", *lines)
    with pytest.raises(DocumentsError, match=re.escape(complaint)):
        recall_at_k(Index.open(built.path), embedding, path)


def test_missing_questions_file_is_refused(built: Built, embedding: EmbeddingModel, tmp_path: Path) -> None:
    with pytest.raises(DocumentsError, match=r"nowhere.jsonl can't be read: No such file"):
        recall_at_k(Index.open(built.path), embedding, tmp_path / "nowhere.jsonl")


def test_demo_corpus_is_retrieved_well(demo_indexes: Path, embedding: EmbeddingModel) -> None:
    index = Index.open(demo_indexes, embedding)
    recall = recall_at_k(index, embedding, CORPUS / "questions.jsonl")
    assert recall.questions == 200
    assert recall.at[4] >= 0.97
    assert {language: shares[4] >= 0.9 for language, (_, shares) in recall.by_language.items()} == {
        "en": True,
        "ko": True,
    }
