"""The demo corpus: its counts, and every gold answer where its question says it is."""

import json
from collections import Counter
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "app" / "demo" / "corpus"
LANGUAGES = ("en", "ko")
KINDS = {"number", "name", "date", "place", "procedure"}
KEYS = {"id", "language", "question", "answer", "gold_document", "gold_text", "kind"}


def squeeze(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def read_lines(path: Path) -> list[dict[str, str]]:
    """The JSON objects of a file, one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read_documents() -> dict[str, str]:
    """The text of each document, by the name that questions use for it."""
    documents: dict[str, str] = {}
    for language in LANGUAGES:
        for path in sorted((CORPUS / language).iterdir()):
            name = f"{language}/{path.name}"
            if path.suffix == ".jsonl":
                for entry in read_lines(path):
                    assert set(entry) == {"id", "title", "text"}
                    key = f"{name}#{entry['id']}"
                    assert key not in documents
                    documents[key] = squeeze(f"{entry['title']} {entry['text']}")
            else:
                assert path.suffix in {".md", ".txt"}, f"{name}: a format the loader does not read"
                documents[name] = squeeze(path.read_text(encoding="utf-8"))
    return documents


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    """All documents of the corpus."""
    return read_documents()


@pytest.fixture(scope="module")
def questions() -> list[dict[str, str]]:
    """All questions of the corpus."""
    return read_lines(CORPUS / "questions.jsonl")


def test_document_count(documents: dict[str, str]) -> None:
    """There are about sixty documents, in both languages and all three formats."""
    assert 55 <= len(documents) <= 65
    assert {name.split("/")[0] for name in documents} == set(LANGUAGES)
    assert {Path(name.split("#")[0]).suffix for name in documents} == {".md", ".txt", ".jsonl"}


def test_document_length(documents: dict[str, str]) -> None:
    """Every document has between 100 and 310 words, its title included."""
    lengths = {name: len(text.split()) for name, text in documents.items()}
    assert {name: words for name, words in lengths.items() if not 100 <= words <= 310} == {}


def test_markdown_titles() -> None:
    """Every Markdown document starts with its title."""
    paths = [path for language in LANGUAGES for path in (CORPUS / language).glob("*.md")]
    assert paths
    assert [path.name for path in paths if not path.read_text(encoding="utf-8").startswith("# ")] == []


def test_question_count(questions: list[dict[str, str]]) -> None:
    """There are 200 questions: 160 in English and 40 in Korean."""
    assert len(questions) == 200
    assert Counter(question["language"] for question in questions) == {"en": 160, "ko": 40}


def test_question_fields(questions: list[dict[str, str]]) -> None:
    """Every question has exactly the documented keys, and none of its values is empty."""
    for question in questions:
        assert set(question) == KEYS, question
        assert all(value.strip() for value in question.values()), question


def test_unique_questions(questions: list[dict[str, str]]) -> None:
    """No two questions share an id or a wording."""
    assert len({question["id"] for question in questions}) == len(questions)
    assert len({squeeze(question["question"]).casefold() for question in questions}) == len(questions)


def test_all_kinds(questions: list[dict[str, str]]) -> None:
    """Each language has questions of all five kinds, and of no other."""
    for language in LANGUAGES:
        assert {question["kind"] for question in questions if question["language"] == language} == KINDS


def test_questions_cover_documents(documents: dict[str, str], questions: list[dict[str, str]]) -> None:
    """Every document is asked about at least twice."""
    asked = Counter(question["gold_document"] for question in questions)
    assert [name for name in documents if asked[name] < 2] == []


def test_gold_documents_exist(documents: dict[str, str], questions: list[dict[str, str]]) -> None:
    """Every gold document exists and is in the language of its question."""
    for question in questions:
        assert question["gold_document"] in documents, question["id"]
        assert question["gold_document"].startswith(f"{question['language']}/"), question["id"]


def test_gold_text_verbatim(documents: dict[str, str], questions: list[dict[str, str]]) -> None:
    """Every gold text stands verbatim in its document."""
    missing = [q["id"] for q in questions if squeeze(q["gold_text"]) not in documents[q["gold_document"]]]
    assert missing == []


def test_answers(documents: dict[str, str], questions: list[dict[str, str]]) -> None:
    """Every answer is short, stands in its gold text, and occurs in no other document."""
    for question in questions:
        answer = squeeze(question["answer"])
        assert len(answer.split()) <= 8, question["id"]
        assert answer in squeeze(question["gold_text"]), question["id"]
        assert [name for name, text in documents.items() if answer in text] == [question["gold_document"]]
