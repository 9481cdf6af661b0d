"""Reading documents: what is found, what it is called, and every way in which it is refused."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import DocumentsError
from app.retrieval.documents import Document, read_documents

WriteLines = Callable[..., Path]


def test_folder_is_read_recursively_sorted_by_path(tmp_path: Path, write_lines: WriteLines) -> None:
    write_lines(tmp_path / "b.txt", "plain text")
    write_lines(tmp_path / "sub" / "a.md", "", "## The *title* #1", "", "body")
    write_lines(tmp_path / "c.jsonl", '{"id": "x", "title": "X", "text": "ex", "more": 1}', "")
    write_lines(tmp_path / "picture.png", "not a document")
    assert read_documents(tmp_path) == [
        Document("b.txt", "b.txt", "b", "plain text\n"),
        Document("c.jsonl#x", "c.jsonl", "X", "ex"),
        Document("sub/a.md", "sub/a.md", "The *title* #1", "\n## The *title* #1\n\nbody\n"),
    ]


def test_hidden_files_and_the_corpus_own_description_are_skipped(
    tmp_path: Path, write_lines: WriteLines
) -> None:
    for name in (".hidden.md", ".git/a.md", "README.md", "questions.jsonl", "en/README.md"):
        write_lines(tmp_path / name, "text")
    assert [document.id for document in read_documents(tmp_path)] == ["en/README.md"]


def test_single_file_is_its_own_root(tmp_path: Path, write_lines: WriteLines) -> None:
    path = write_lines(tmp_path / "questions.jsonl", '{"id": "1", "title": "T", "text": "한국어"}')
    assert read_documents(path) == [Document("questions.jsonl#1", "questions.jsonl", "T", "한국어")]


def test_line_separators_inside_a_json_string_do_not_end_the_line(
    tmp_path: Path, write_lines: WriteLines
) -> None:
    path = write_lines(tmp_path / "a.jsonl", '{"id": "1", "title": "T", "text": "a\u2028b"}')
    assert read_documents(path)[0].text == "a\u2028b"


def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf# Title\n")
    assert read_documents(tmp_path)[0].title == "Title"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"id": "2", "title": "T"', "line 2: not JSON"),
        ('["2", "T", "text"]', "line 2: a list"),
        ('{"id": "2", "title": "T"}', 'line 2: the key "text" is missing'),
        ('{"id": "2", "text": "text"}', 'line 2: the key "title" is missing'),
        ('{"title": "T", "text": "text"}', 'line 2: the key "id" is missing'),
        ('{"id": 2, "title": "T", "text": "text"}', 'line 2: "id" is 2; it has to be a string'),
        ('{"id": "2", "title": "T", "text": "  "}', "line 2: \"text\" is '  '; it has to be a string, not"),
        ('{"id": "1", "title": "T", "text": "text"}', 'line 2: the id "1" is that of line 1'),
    ],
)
def test_wrong_line_is_refused_with_its_file_and_number(
    tmp_path: Path, write_lines: WriteLines, line: str, complaint: str
) -> None:
    path = write_lines(tmp_path / "a.jsonl", '{"id": "1", "title": "T", "text": "text"}', line)
    with pytest.raises(DocumentsError, match=re.escape(f"{path}, {complaint}")):
        read_documents(tmp_path)


def test_other_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("first\ncaf\u00e9\n".encode("latin-1"))
    with pytest.raises(DocumentsError, match=r"a\.txt, line 2: byte 0xe9 isn't UTF-8"):
        read_documents(tmp_path)


def test_blank_file_is_refused(tmp_path: Path, write_lines: WriteLines) -> None:
    write_lines(tmp_path / "a.md", "  ")
    with pytest.raises(DocumentsError, match=r"a\.md is blank"):
        read_documents(tmp_path)


def test_folder_without_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentsError, match="holds no documents"):
        read_documents(tmp_path)


def test_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentsError, match="nowhere doesn't exist"):
        read_documents(tmp_path / "nowhere")


def test_file_of_another_kind_is_refused(tmp_path: Path, write_lines: WriteLines) -> None:
    path = write_lines(tmp_path / "a.pdf", "text")
    with pytest.raises(DocumentsError, match=r"a\.pdf can't be read as documents"):
        read_documents(path)


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    with pytest.raises(DocumentsError, match=r"gone\.md can't be read: No such file"):
        read_documents(tmp_path)
