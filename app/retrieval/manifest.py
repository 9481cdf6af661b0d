"""manifest.json: what an index folder says of itself, and the hash that names the folder."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from app.retrieval.documents import Document
from app.retrieval.passages import SplitterSettings

MANIFEST = "manifest.json"
FORMAT_VERSION = 1
"""Raise it when the same documents and settings would give other files: it is part of the hash."""

FaissType = Literal["flat", "ivf", "hnsw"]
FaissChoice = Literal["auto", "flat", "ivf", "hnsw"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbeddingEntry(_Strict):
    """The model that made the vectors."""

    name: str
    fingerprint: str
    dimension: PositiveInt


class FaissEntry(_Strict):
    """The FAISS index: its type, why that one, and its parameters."""

    type: FaissType
    why: str
    parameters: dict[str, int | float]


class FileEntry(_Strict):
    """Size and checksum of one file of the folder."""

    bytes: NonNegativeInt
    sha256: str


class Manifest(_Strict):
    """The content of manifest.json; ``documents`` and ``passages`` are counts."""

    format_version: int
    hash: str
    created_at: str
    documents: PositiveInt
    passages: PositiveInt
    splitter: SplitterSettings
    embedding: EmbeddingEntry
    faiss: FaissEntry
    files: dict[str, FileEntry]

    def write(self, folder: Path) -> None:
        """Write manifest.json into ``folder``."""
        (folder / MANIFEST).write_bytes(orjson.dumps(self.model_dump(), option=orjson.OPT_INDENT_2))


def content_hash(
    documents: Iterable[Document],
    splitter: SplitterSettings,
    fingerprint: str,
    faiss_choice: FaissChoice,
    limits: tuple[int, int],
) -> str:
    """The first 16 hex digits of the SHA-256 over all that decides an index's content.

    The FAISS choice goes in as asked for, with the limits that resolve "auto": with the documents they
    decide type and parameters, and the hash is known before anything is split or embedded.
    """
    digest = hashlib.sha256()
    head = [FORMAT_VERSION, splitter.passage_tokens, splitter.overlap_tokens, fingerprint, faiss_choice]
    digest.update(orjson.dumps([*head, *limits]))
    for document in sorted(documents, key=lambda document: document.id):
        digest.update(orjson.dumps(document))
    return digest.hexdigest()[:16]


def describe_files(folder: Path, names: Iterable[str]) -> dict[str, FileEntry]:
    """Size and SHA-256 of each named file in ``folder``."""
    return {
        name: FileEntry(bytes=(folder / name).stat().st_size, sha256=sha256_of(folder / name))
        for name in names
    }


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
