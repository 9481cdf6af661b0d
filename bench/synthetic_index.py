"""Indexes of any size over synthetic vectors, built once and kept in ``var/bench/retrieval``.

Embedding a million passages takes hours on two cores, so the vectors are drawn instead, clustered as
embeddings are:

- topics: one for each 500 passages, of very different sizes (Zipf, exponent 0.8); twenty topics share a
  subject, so that topics have near neighbours;
- within a topic passages spread in 16 directions of its own (norm 0.6 beside the centre's 1): the local
  dimension of sentence embeddings is about that, far below 384;
- isotropic noise in all 384 dimensions (norm 0.45).

Two passages of a topic have a cosine of about 0.65, of a subject 0.2, others 0. A question is drawn like
a passage and gets more noise (norm 0.6): questions lie further from passages than passages do from each
other, which is harder for an approximate index than looking up its own vectors.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from app.errors import IndexFolderError
from app.retrieval.build import write_index
from app.retrieval.index import Index
from app.retrieval.manifest import EmbeddingEntry
from app.retrieval.passages import Passage, SplitterSettings
from app.retrieval.publish import building_folder, publish
from app.retrieval.vectors import Progress, SizeLimits, choose

Vectors = npt.NDArray[np.float32]

DIMENSION = 384
_SEED = 7
_RANK = 16
_TOPIC_PASSAGES = 500
_SUBJECT_TOPICS = 20
_FLAT_FILE = "flat.faiss"
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Synthetic:
    """One size: the index that the project builds, and the flat one over the same vectors."""

    path: Path
    flat: faiss.Index
    questions: Vectors


def synthetic_index(passages: int, questions: int, cache: Path, on_progress: Progress) -> Synthetic:
    """The index of ``passages`` synthetic passages from ``cache``, built first when it isn't there."""
    name = f"synthetic-{passages}"
    mixture = _Mixture(passages)
    final = cache / name
    if final.exists() and not _is_sound(final):
        shutil.rmtree(final)
    if not final.exists():
        with building_folder(cache, name) as folder:
            flat = faiss.IndexFlatIP(DIMENSION)
            for start in range(0, passages, _BLOCK):
                on_progress("draw", start, passages)
                flat.add(mixture.draw(min(_BLOCK, passages - start), block=start // _BLOCK))
            faiss.write_index(flat, str(folder / _FLAT_FILE))
            vectors = faiss.rev_swig_ptr(flat.get_xb(), passages * DIMENSION).reshape(passages, DIMENSION)
            write_index(
                folder,
                _texts(passages),
                vectors,
                name=name,
                documents=-(-passages // 10),
                splitter=SplitterSettings(),
                embedding=EmbeddingEntry(name="synthetic", fingerprint="synthetic", dimension=DIMENSION),
                choice=choose("auto", passages, SizeLimits()),
                on_progress=on_progress,
            )
            publish(folder, final)
    exact = faiss.read_index(str(final / _FLAT_FILE), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)
    return Synthetic(final, exact, mixture.draw(questions, block=-1, noise=0.6))


def _is_sound(folder: Path) -> bool:
    try:
        Index.open(folder)
    except IndexFolderError:  # of an older format
        return False
    return True


class _Mixture:
    def __init__(self, passages: int) -> None:
        rng = np.random.default_rng([_SEED, passages])
        topics = max(_SUBJECT_TOPICS, passages // _TOPIC_PASSAGES)
        subjects = _unit(rng.standard_normal((-(-topics // _SUBJECT_TOPICS), DIMENSION), dtype=np.float32))
        own = _unit(rng.standard_normal((topics, DIMENSION), dtype=np.float32))
        self._centres = _unit(0.6 * subjects[np.arange(topics) // _SUBJECT_TOPICS] + own)
        spread = rng.standard_normal((topics, _RANK, DIMENSION), dtype=np.float32)
        self._directions = 0.6 * _unit(spread) / np.sqrt(_RANK, dtype=np.float32)
        weights = (1.0 + np.arange(topics)) ** -0.8
        self._shares = weights / weights.sum()
        self._passages = passages

    def draw(self, count: int, *, block: int, noise: float = 0.45) -> Vectors:
        """``count`` vectors of length 1; the same ``block`` gives the same ones."""
        rng = np.random.default_rng([_SEED, self._passages, block + 1])
        topics = rng.choice(len(self._shares), count, p=self._shares)
        vectors = rng.standard_normal((count, DIMENSION), dtype=np.float32)
        vectors *= noise / np.sqrt(DIMENSION)
        vectors += self._centres[topics]
        within = rng.standard_normal((count, _RANK), dtype=np.float32)
        for topic in np.unique(topics):
            rows = topics == topic
            vectors[rows] += within[rows] @ self._directions[topic]
        return _unit(vectors)


def _unit(vectors: Vectors) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors


def _texts(count: int) -> Iterator[Passage]:
    """Passages of about 600 characters, as long as 128 tokens are."""
    text = "The keeper wrote the level of the water into the book at noon and again at dusk. " * 7
    for number in range(count):
        document = f"synthetic/{number // 10:06}.md"
        yield Passage(f"{document}:{number % 10}", document, f"Document {number // 10}", f"{number}. {text}")
