"""Read documents from a folder or a file: Markdown, plain text and JSONL."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.errors import DocumentsError

SUFFIXES = (".jsonl", ".md", ".txt")

NOT_DOCUMENTS = ("README.md", "questions.jsonl")
"""Files directly in the root that describe the corpus (and its questions) and are no part of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text to retrieve from.

    Attributes:
        id: unique in a corpus; the path relative to the root, or ``<path>#<id>`` for a JSONL line.
        source: the file, relative to the root, with forward slashes.
        title: the first Markdown heading, the JSONL ``title``, or the file's name without suffix.
        text: the whole text, never blank.
    """

    id: str
    source: str
    title: str
    text: str


def read_documents(root: Path) -> list[Document]:
    """Read every ``.md``, ``.txt`` and ``.jsonl`` under ``root`` (or the one file), sorted by path.

    Hidden files and folders are skipped, and so are ``README.md`` and ``questions.jsonl`` directly in
    the root: a corpus may carry its description and its questions there. A JSONL line is an object with
    the strings ``id``, ``title`` and ``text``; other keys are ignored.

    Raises:
        DocumentsError: naming the file and the line, when one can't be read, isn't UTF-8, is blank, has
            a wrong shape or repeats an id, or when there is nothing to read.
    """
    root = Path(root)
    if root.is_file():
        if root.suffix.lower() not in SUFFIXES:
            raise DocumentsError(f"{root} can't be read as documents: give {_listed()} files or a folder.")
        documents = list(_read_file(root, root.name))
    elif root.is_dir():
        documents = [doc for path, name in _files(root) for doc in _read_file(path, name)]
    else:
        raise DocumentsError(f"{root} doesn't exist: give a folder or a file of documents ({_listed()}).")
    if not documents:
        raise DocumentsError(f"{root} holds no documents: put {_listed()} files there.")
    return documents


def _listed() -> str:
    return ", ".join(SUFFIXES)


def _files(root: Path) -> list[tuple[Path, str]]:
    """Each document file with its name relative to the root, in the order of the names."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                continue
            if path.parent == root and name in NOT_DOCUMENTS:
                continue
            found.append((path, path.relative_to(root).as_posix()))
    return sorted(found, key=lambda pair: pair[1])


def _read_file(path: Path, name: str) -> Iterator[Document]:
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise DocumentsError(f"{path} can't be read: {exc.strerror or exc}.") from exc
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise DocumentsError(
            f"{path}, line {line}: byte 0x{content[exc.start]:02x} isn't UTF-8; save the file as UTF-8."
        ) from exc
    if path.suffix.lower() == ".jsonl":
        yield from _read_jsonl(path, name, text)
        return
    if not text.strip():
        raise DocumentsError(f"{path} is blank: write something in it or remove it.")
    yield Document(id=name, source=name, title=_title(path, text), text=text)


def _title(path: Path, text: str) -> str:
    if path.suffix.lower() == ".md":
        for line in text.splitlines():
            if line.startswith("#") and (heading := line.lstrip("#").strip()):
                return heading
    return path.stem


def _read_jsonl(path: Path, name: str, text: str) -> Iterator[Document]:
    seen: dict[str, int] = {}
    # Not splitlines(): it also splits at U+2028 and the like, which JSON allows inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as exc:
            raise DocumentsError(f"{where}: not JSON ({exc}); each line is one JSON object.") from exc
        if not isinstance(entry, dict):
            raise DocumentsError(f"{where}: a {type(entry).__name__}; each line is one JSON object.")
        for key in ("id", "title", "text"):
            if key not in entry:
                raise DocumentsError(
                    f'{where}: the key "{key}" is missing; "id", "title", "text" are needed.'
                )
            if not isinstance(entry[key], str) or not entry[key].strip():
                raise DocumentsError(f'{where}: "{key}" is {entry[key]!r}; it has to be a string, not blank.')
        if (first := seen.setdefault(entry["id"], number)) != number:
            raise DocumentsError(f'{where}: the id "{entry["id"]}" is that of line {first}; ids are unique.')
        yield Document(id=f"{name}#{entry['id']}", source=name, title=entry["title"], text=entry["text"])
