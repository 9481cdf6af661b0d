"""Documents → an index folder ``<index root>/<hash>``; nothing is built when it exists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.errors import IndexFolderError, SettingsError
from app.retrieval.documents import read_documents
from app.retrieval.embedding import EmbeddingModel, Vectors
from app.retrieval.index import Index
from app.retrieval.integrity import FILES
from app.retrieval.manifest import (
    FORMAT_VERSION,
    EmbeddingEntry,
    FaissChoice,
    FaissType,
    Manifest,
    content_hash,
    describe_files,
)
from app.retrieval.passage_store import write_passages
from app.retrieval.passages import Passage, SplitterSettings, split
from app.retrieval.publish import building_folder, point_current_at, publish, set_aside, unwritable
from app.retrieval.vectors import Progress, SizeLimits, choose, write_faiss

_EMBED_BLOCK = 256
_SCRATCH = "scratch.npy"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to.

    Attributes:
        path: the index folder.
        created: False when a sound index of the same content was there already.
        manifest: the index's manifest.
        replaced: what was wrong with a damaged index that was built anew; None otherwise.
    """

    path: Path
    created: bool
    manifest: Manifest
    replaced: str | None = None


def build_index(
    documents_root: Path,
    index_root: Path,
    embedding: EmbeddingModel,
    *,
    splitter: SplitterSettings | None = None,
    faiss_type: FaissChoice = "auto",
    limits: SizeLimits | None = None,
    on_progress: Progress | None = None,
) -> Built:
    """Build the index of ``documents_root`` in ``index_root`` and make it ``current``.

    Args:
        documents_root: a folder or file for ``read_documents``.
        index_root: where index folders live; made when missing.
        embedding: the model for the passages, and later for the questions.
        splitter: how documents are cut.
        faiss_type: "auto" chooses by ``limits``.
        limits: up to which sizes "auto" takes flat and HNSW.
        on_progress: called with (stage, done, total); the stages are read, split, embed, train, add,
            calibrate, write, check, in this order, as far as they are needed.

    Raises:
        DocumentsError: the documents can't be read.
        SettingsError: the passages would be longer than the model reads.
        IndexFolderError: the index root can't be written.
    """
    splitter, limits = splitter or SplitterSettings(), limits or SizeLimits()
    index_root, report = Path(index_root), on_progress or (lambda stage, done, total: None)
    _check_fits(splitter, embedding)
    report("read", 0, 1)
    documents = read_documents(documents_root)
    report("read", 1, 1)
    name = content_hash(documents, splitter, embedding.fingerprint, faiss_type, (limits.flat, limits.hnsw))
    try:
        index, damage = _look_for(index_root / name, embedding)
        created = index is None
        if index is None:
            passages = split(
                documents, splitter, embedding.tokenizer, lambda done: report("split", done, len(documents))
            )
            with building_folder(index_root, name) as folder:
                vectors = _embed(folder, passages, embedding, report)
                write_index(
                    folder,
                    passages,
                    vectors,
                    name=name,
                    documents=len(documents),
                    splitter=splitter,
                    embedding=EmbeddingEntry(
                        name=embedding.name, fingerprint=embedding.fingerprint, dimension=embedding.dimension
                    ),
                    choice=choose(faiss_type, len(passages), limits),
                    on_progress=report,
                )
                del vectors
                (folder / _SCRATCH).unlink()
                index, created = _publish(folder, index_root / name, embedding)
        point_current_at(index_root, name)
    except OSError as exc:
        raise unwritable(index_root, exc) from exc
    return Built(index.path, created, index.manifest, damage)


def write_index(
    folder: Path,
    passages: Iterable[Passage],
    vectors: Vectors,
    *,
    name: str,
    documents: int,
    splitter: SplitterSettings,
    embedding: EmbeddingEntry,
    choice: tuple[FaissType, str],
    on_progress: Progress,
) -> Manifest:
    """Write the files of an index, its manifest last, into ``folder``.

    Args:
        folder: an empty folder, published later.
        passages: as many as there are vectors, in their order.
        vectors: float32 [passages, dimension], rows of length 1; may be memory-mapped.
        name: the hash that will name the folder.
        documents: how many documents the passages come from.
        splitter: how they were cut.
        embedding: the model that made the vectors.
        choice: the FAISS type and why.
        on_progress: see ``build_index``.
    """
    kind, why = choice
    faiss_entry = write_faiss(folder, vectors, kind, why, on_progress)
    count = write_passages(folder, passages)
    on_progress("check", 0, 1)
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        hash=name,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        documents=documents,
        passages=count,
        splitter=splitter,
        embedding=embedding,
        faiss=faiss_entry,
        files=describe_files(folder, FILES),
    )
    manifest.write(folder)
    on_progress("check", 1, 1)
    return manifest


def _check_fits(splitter: SplitterSettings, embedding: EmbeddingModel) -> None:
    room = embedding.max_tokens - embedding.special_tokens
    if splitter.passage_tokens > room:
        raise SettingsError(
            f'passage_tokens is {splitter.passage_tokens}; the embedding model "{embedding.name}" reads at '
            f"most {room} tokens ({embedding.max_tokens}, {embedding.special_tokens} of them its own)."
        )


def _embed(folder: Path, passages: list[Passage], embedding: EmbeddingModel, report: Progress) -> Vectors:
    """The passages' vectors in a scratch file, so that a large corpus needs no memory for them."""
    shape = (len(passages), embedding.dimension)
    path = folder / _SCRATCH
    vectors: Vectors = np.lib.format.open_memmap(path, "w+", np.float32, shape)  # type: ignore[no-untyped-call]
    for start in range(0, len(passages), _EMBED_BLOCK):
        report("embed", start, len(passages))
        block = passages[start : start + _EMBED_BLOCK]
        vectors[start : start + len(block)] = embedding.encode([passage.text for passage in block])
    report("embed", len(passages), len(passages))
    return vectors


def _look_for(path: Path, embedding: EmbeddingModel) -> tuple[Index | None, str | None]:
    """The sound index at ``path``; or None, with what is wrong with the one there, if there is one."""
    if not path.exists():
        return None, None
    try:
        return Index.open(path, embedding, verify=True), None
    except IndexFolderError as exc:
        return None, str(exc)


def _publish(folder: Path, final: Path, embedding: EmbeddingModel) -> tuple[Index, bool]:
    """Publish ``folder``, unless another builder was quicker; the index that stands there, and which."""
    while not publish(folder, final):
        # Not empty: another builder's result, or the damaged one that made us build.
        index, _ = _look_for(final, embedding)
        if index is not None:
            return index, False
        set_aside(final)
    return Index.open(final, embedding), True
