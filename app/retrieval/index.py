"""Open an index folder, read-only and memory-mapped, and search it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.retrieval.embedding import EmbeddingModel, Vectors
from app.retrieval.integrity import check_files, check_model, locate, read_manifest, refusal
from app.retrieval.manifest import Manifest
from app.retrieval.passage_store import PassageStore
from app.retrieval.passages import Passage
from app.retrieval.vectors import FAISS_FILE, read_faiss, search_parameters


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: ``score`` is the cosine similarity, ``rank`` counts from 0, best first."""

    passage: Passage
    score: float
    rank: int


class Index:
    """An open index; several threads may search it at once.

    Attributes:
        path: the index folder, links resolved.
        manifest: what it says of itself.
        passages: its passages, in the order of the vectors.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        try:
            self._faiss = read_faiss(path / FAISS_FILE)
        except RuntimeError as exc:
            raise refusal(path.parent, f"{path / FAISS_FILE} is damaged: FAISS can't parse it") from exc
        try:
            self.passages = PassageStore(path)
        except (OSError, ValueError) as exc:
            raise refusal(path.parent, f"the passages of {path} are damaged ({exc})") from exc
        if self._faiss.d != manifest.embedding.dimension:
            raise refusal(
                path.parent,
                f"{path / FAISS_FILE} has dimension {self._faiss.d}, and the manifest says "
                f"{manifest.embedding.dimension}",
            )
        counts = {"vectors": self._faiss.ntotal, "passages": len(self.passages)}
        for what, count in counts.items():
            if count != manifest.passages:
                raise refusal(
                    path.parent, f"{path} holds {count:,} {what}, and its manifest says {manifest.passages:,}"
                )

    @classmethod
    def open(
        cls, path: Path, embedding: EmbeddingModel | None = None, *, verify: bool | None = None
    ) -> "Index":
        """Open the index folder ``path``, or the current (or only) index in the index root ``path``.

        Args:
            path: an index folder or an index root.
            embedding: the model that will embed the questions; None skips the check that it fits.
            verify: whether to verify the files' checksums; None means only up to 256 MiB in total.

        Raises:
            IndexFolderError: the index is missing, half-written, damaged or made with another embedding
                model; the message says what to do.
        """
        folder = locate(Path(path))
        manifest = read_manifest(folder)
        check_files(folder, manifest, verify=verify)
        if embedding is not None:
            check_model(folder, manifest, embedding)
        index = cls(folder, manifest)
        _read_ahead(folder / FAISS_FILE)
        return index

    def __len__(self) -> int:
        return len(self.passages)

    def search(self, vectors: Vectors, top_k: int) -> list[list[Hit]]:
        """The ``top_k`` nearest passages of each row of ``vectors`` [n, dimension], best first.

        Fewer than ``top_k`` come back only when the index holds fewer (or, with HNSW, reaches fewer).

        Raises:
            ValueError: ``top_k`` is below 1 or the vectors have another dimension.
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}; it has to be at least 1")
        if vectors.ndim != 2 or vectors.shape[1] != self._faiss.d:
            raise ValueError(f"vectors of shape {vectors.shape} given; [n, {self._faiss.d}] is needed")
        scores, numbers = self._nearest(np.ascontiguousarray(vectors, dtype=np.float32), top_k)
        return [
            [
                Hit(self.passages[number], score, rank)
                for rank, (number, score) in enumerate(zip(row, row_scores, strict=True))
                if number >= 0
            ]
            for row, row_scores in zip(numbers.tolist(), scores.tolist(), strict=True)
        ]

    def _nearest(
        self, vectors: Vectors, top_k: int
    ) -> tuple[Vectors, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
        """Scores and numbers [n, top_k]; the number is -1 where nothing was found."""
        top_k = min(top_k, len(self))
        entry = self.manifest.faiss
        effort = 1
        while True:
            parameters = search_parameters(entry, top_k, effort)
            scores, numbers = self._faiss.search(vectors, top_k, params=parameters)
            # The probed lists of an IVF index may hold fewer than a large top_k: look into more of them.
            everywhere = (
                entry.type != "ivf" or entry.parameters["nprobe"] * effort >= entry.parameters["lists"]
            )
            if everywhere or (numbers >= 0).all():
                return scores, numbers
            effort *= 4


def _read_ahead(path: Path) -> None:
    """Ask the kernel to bring the vectors into the page cache, without waiting for it."""
    with contextlib.suppress(OSError, AttributeError), path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
