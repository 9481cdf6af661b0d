"""The questions file, and the sentence for each wrong line."""

from pathlib import Path

import pytest

from loadtest.errors import QuestionsError
from loadtest.plan.questions import Question, read_questions


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "q.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_question_prompt_and_id_are_read(tmp_path: Path) -> None:
    path = _file(
        tmp_path, '{"question": "물은?", "id": "a"}\n\n{"prompt": "B", "gold": 1}\n{"question": "C", "id": 7}'
    )
    assert read_questions(path) == [Question("a", "물은?"), Question("line-3", "B"), Question("7", "C")]


def test_a_gold_document_and_an_answer_are_kept(tmp_path: Path) -> None:
    path = _file(tmp_path, '{"question": "A", "gold_document": "en/a.md", "answer": "3", "kind": 1}')
    assert read_questions(path) == [Question("line-1", "A", "en/a.md", "3")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"question": "A"}\n{"question": }', "line 2 is not JSON"),
        ('{"question": "A"}\n["B"]', "line 2 should be an object"),
        ('{"text": "A"}', "line 1 needs a text under `question` or `prompt`; its keys: ['text']"),
        ('{"question": " "}', "line 1 needs a text"),
        ('{"question": "A", "id": [1]}', "line 1: `id` should be"),
        ('{"question": "A", "id": 1}\n{"question": "B", "id": "1"}', "line 2: the id '1' is that of line 1"),
        ('{"question": "A", "gold_document": 7}', "line 1: `gold_document` should be a text, not 7"),
        ("\n\n", "holds no question"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(QuestionsError) as error:
        read_questions(_file(tmp_path, text))
    assert said in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionsError, match=r"none\.jsonl can't be read: No such file"):
        read_questions(tmp_path / "none.jsonl")
