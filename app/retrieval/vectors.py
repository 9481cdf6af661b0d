"""Vectors → a FAISS index: the type chosen by size, its search effort calibrated on the vectors.

Cosine similarity is the inner product of vectors of length 1, so every type uses the inner product.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from app.retrieval.embedding import Vectors
from app.retrieval.manifest import FaissChoice, FaissEntry, FaissType

FAISS_FILE = "vectors.faiss"

RECALL_AT = 10
TARGET_RECALL = 0.97
"""Recall@10 against exact search that calibration has to reach, on passages it leaves out."""

_TRAINING_POINTS_PER_LIST = 40
"""FAISS's k-means warns below 39 points a centroid; more cost time and change recall little."""
_CALIBRATION_QUERIES = 256
_BLUR = 0.85
_HNSW_NEIGHBOURS = 32
_HNSW_BUILD_EFFORT = 100
_ADD_BLOCK = 16_384
_SEED = 20261122

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Up to ``flat`` passages "auto" is flat, up to ``hnsw`` it is HNSW, above that IVF.

    At 60k vectors of dimension 384 and equal recall HNSW answers in half of IVF's time (0.11 against
    0.25 ms); at 200k they are level (0.40, 0.47 ms), HNSW takes 2.6 times as long to build and the gap
    grows. IVF also reads long runs of its file where HNSW jumps, which counts when it isn't cached.
    """

    flat: int = 50_000
    hnsw: int = 200_000


def choose(requested: FaissChoice, passages: int, limits: SizeLimits) -> tuple[FaissType, str]:
    """The FAISS type for so many passages, and a sentence that says why."""
    if requested != "auto":
        return requested, f"{requested} was asked for"
    if passages <= limits.flat:
        return "flat", f"{passages:,} passages ≤ {limits.flat:,}: flat, exact"
    if passages <= limits.hnsw:
        return "hnsw", f"{passages:,} passages ≤ {limits.hnsw:,}: HNSW, approximate"
    return "ivf", f"{passages:,} passages > {max(limits.flat, limits.hnsw):,}: IVF, approximate"


def write_faiss(
    folder: Path, vectors: Vectors, kind: FaissType, why: str, on_progress: Progress
) -> FaissEntry:
    """Build an index of ``kind`` over ``vectors`` [n, d] and write it into ``folder``.

    For IVF and HNSW the search effort (``nprobe``, ``ef_search``) is the smallest tried that reaches
    ``TARGET_RECALL``; it goes into the entry's parameters with the recall it measured.
    """
    parameters: dict[str, int | float] = {}
    index: Any  # FAISS's stubs lack parts of what its generated classes have
    count, dimension = vectors.shape
    if kind == "flat":
        index = faiss.IndexFlatIP(dimension)
    elif kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, _HNSW_NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _HNSW_BUILD_EFFORT
        parameters = {"neighbours": _HNSW_NEIGHBOURS, "ef_construction": _HNSW_BUILD_EFFORT}
    else:
        lists = lists_for(count)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
        parameters = {"lists": lists}
        _train(index, vectors, lists, on_progress)
    for start in range(0, count, _ADD_BLOCK):
        on_progress("add", start, count)
        index.add(np.ascontiguousarray(vectors[start : start + _ADD_BLOCK]))
    on_progress("add", count, count)
    if kind != "flat":
        parameters |= _calibrate(index, vectors, kind, on_progress)
    on_progress("write", 0, 1)
    faiss.write_index(index, str(folder / FAISS_FILE))
    on_progress("write", 1, 1)
    return FaissEntry(type=kind, why=why, parameters=parameters)


def read_faiss(path: Path) -> faiss.Index:
    """Open an index read-only and memory-mapped: all readers on a machine share its pages.

    Raises:
        RuntimeError: FAISS can't parse the file.
    """
    # MMAP_IFC maps the arrays of flat, IVF and HNSW alike. The older MMAP copies flat and HNSW, and reads
    # IVF lists through OnDiskInvertedLists, which starts prefetch threads at each search.
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)


def search_parameters(entry: FaissEntry, top_k: int, effort: int = 1) -> Any:
    """FAISS's parameters for one search; ``effort`` multiplies the calibrated one."""
    if entry.type == "ivf":
        nprobe = int(entry.parameters["nprobe"]) * effort
        nprobe = min(nprobe, int(entry.parameters["lists"]))
        return faiss.SearchParametersIVF(nprobe=nprobe)  # type: ignore[call-arg]
    if entry.type == "hnsw":
        ef_search = max(int(entry.parameters["ef_search"]) * effort, top_k)
        return faiss.SearchParametersHNSW(efSearch=ef_search)  # type: ignore[attr-defined]
    return None


def lists_for(count: int) -> int:
    """IVF lists for ``count`` vectors: the power of two next to 4·√n, as far as training points go.

    4·√n to 16·√n is what FAISS's guidelines give for up to a million vectors
    (https://github.com/facebookresearch/faiss/wiki/Guidelines-to-choose-an-index); the low end trains in
    minutes on two cores.
    """
    wanted: int = 2 ** round(math.log2(4 * math.sqrt(count)))
    return max(1, min(wanted, count // _TRAINING_POINTS_PER_LIST))


def _train(index: Any, vectors: Vectors, lists: int, on_progress: Progress) -> None:
    on_progress("train", 0, 1)
    index.cp.seed = _SEED
    index.cp.min_points_per_centroid = 1  # no warning about tiny corpora, where IVF was asked for
    sample = _sample(len(vectors), lists * _TRAINING_POINTS_PER_LIST)
    index.train(np.ascontiguousarray(vectors[sample]))
    on_progress("train", 1, 1)


def _calibrate(
    index: Any, vectors: Vectors, kind: FaissType, on_progress: Progress
) -> dict[str, int | float]:
    """Raise the search effort until recall@10 against exact search reaches the target.

    The queries are vectors of the corpus with noise added, each left out of its own results: questions lie
    further from passages than these do from each other, which costs recall, HNSW's above all.
    """
    on_progress("calibrate", 0, 1)
    name = "nprobe" if kind == "ivf" else "ef_search"
    rows = _sample(len(vectors), _CALIBRATION_QUERIES)
    queries = _blurred(vectors[rows])
    depth = min(RECALL_AT + 1, len(vectors))
    _, exact = faiss.knn(queries, vectors, depth, metric=faiss.METRIC_INNER_PRODUCT)
    most = index.nlist if kind == "ivf" else len(vectors)
    effort, recall = 0, 0.0
    for effort in _efforts(1 if kind == "ivf" else 16, most):
        entry = FaissEntry(type=kind, why="", parameters={name: effort, "lists": most})
        _, found = index.search(queries, depth, params=search_parameters(entry, depth))
        recall = _recall_without_self(exact, found, rows)
        if recall >= TARGET_RECALL:
            break
    on_progress("calibrate", 1, 1)
    return {name: effort, "calibrated_recall_at_10": round(recall, 4)}


def _blurred(vectors: Vectors) -> Vectors:
    """Vectors at a cosine of ``_BLUR`` from the ones given."""
    noise = np.random.default_rng(_SEED).standard_normal(vectors.shape, dtype=np.float32)
    noise -= vectors * (noise * vectors).sum(axis=1, keepdims=True)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    blurred: Vectors = _BLUR * vectors + math.sqrt(1 - _BLUR**2) * noise
    return np.ascontiguousarray(blurred, dtype=np.float32)


def _efforts(first: int, most: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, 24, … from ``first`` up to ``most``."""
    steps = {2**n for n in range(40)} | {3 * 2**n for n in range(40)}
    return [*sorted(step for step in steps if first <= step < most), most]


def _recall_without_self(
    exact: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    found: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> float:
    hits = total = 0
    for truth, answer, row in zip(exact.tolist(), found.tolist(), rows.tolist(), strict=True):
        wanted = [n for n in truth if n != row][:RECALL_AT]
        got = [n for n in answer if n != row][:RECALL_AT]
        hits += len(set(wanted) & set(got))
        total += len(wanted)
    return hits / total if total else 1.0


def _sample(count: int, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """At most ``size`` different row numbers below ``count``, sorted, always the same ones."""
    if size >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(_SEED).choice(count, size, replace=False))
