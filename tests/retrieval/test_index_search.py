"""Searching: cosine, order, depth; the type by size; recall of the approximate types; mapped read-only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.retrieval.build import Built, write_index
from app.retrieval.embedding import EmbeddingModel, Vectors
from app.retrieval.index import Index
from app.retrieval.manifest import EmbeddingEntry, FaissType, sha256_of
from app.retrieval.passages import Passage, SplitterSettings
from app.retrieval.vectors import SizeLimits, choose, lists_for

DIMENSION = 32


def clustered(count: int, seed: int) -> Vectors:
    centres = np.random.default_rng(0).standard_normal((40, DIMENSION))
    rng = np.random.default_rng(seed)
    vectors = centres[rng.integers(40, size=count)] + 0.5 * rng.standard_normal((count, DIMENSION))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def make(folder: Path, vectors: Vectors, kind: FaissType) -> Index:
    folder.mkdir()
    write_index(
        folder,
        (Passage(f"d:{n}", "d", "D", f"text {n}") for n in range(len(vectors))),
        vectors,
        name=folder.name,
        documents=1,
        splitter=SplitterSettings(),
        embedding=EmbeddingEntry(name="none", fingerprint="none", dimension=vectors.shape[1]),
        choice=(kind, "the test asks for it"),
        on_progress=lambda stage, done, total: None,
    )
    return Index.open(folder)


def numbers(index: Index, vectors: Vectors, top_k: int) -> list[list[int]]:
    return [[int(hit.passage.id.removeprefix("d:")) for hit in hits] for hits in index.search(vectors, top_k)]


def test_question_finds_its_passage_best_first(built: Built, embedding: EmbeddingModel) -> None:
    index = Index.open(built.path, embedding)
    [hits] = index.search(embedding.encode(["How many books may I borrow?"]), 8)
    assert hits[0].passage.id == "library.md:0"
    assert hits[0].passage.title == "About the library"
    assert [hit.rank for hit in hits] == list(range(8))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    [question, passage] = embedding.encode(["How many books may I borrow?", hits[0].passage.text])
    assert scores[0] == pytest.approx(float(question @ passage), abs=1e-5)


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_every_type_finds_what_exact_search_finds(tmp_path: Path, kind: FaissType) -> None:
    vectors, questions = clustered(4000, 1), clustered(100, 2)
    exact = np.argsort(-(questions @ vectors.T), axis=1, kind="stable")[:, :10]
    found = numbers(make(tmp_path / "index", vectors, kind), questions, 10)
    hits = sum(len(set(a) & set(b)) for a, b in zip(exact.tolist(), found, strict=True))
    assert hits / exact.size >= (1.0 if kind == "flat" else 0.95)


def test_search_effort_is_calibrated_and_stated(tmp_path: Path) -> None:
    parameters = make(tmp_path / "ivf", clustered(4000, 1), "ivf").manifest.faiss.parameters
    assert parameters["lists"] == 100
    assert 1 <= parameters["nprobe"] < 100
    assert parameters["calibrated_recall_at_10"] >= 0.97


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_top_k_beyond_what_is_probed_is_filled(tmp_path: Path, kind: FaissType) -> None:
    index = make(tmp_path / "index", clustered(2000, 1), kind)
    [found] = numbers(index, clustered(1, 2), 1500)
    assert len(set(found)) == 1500


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
@pytest.mark.parametrize("count", [1, 2, 11])
def test_tiny_corpus_works_with_every_type(tmp_path: Path, kind: FaissType, count: int) -> None:
    index = make(tmp_path / "index", clustered(count, 1), kind)
    [found] = numbers(index, clustered(1, 2), 50)
    assert sorted(found) == list(range(count))


def test_type_is_chosen_by_size() -> None:
    limits = SizeLimits(flat=10, hnsw=20)
    assert choose("auto", 10, limits) == ("flat", "10 passages ≤ 10: flat, exact")
    assert choose("auto", 11, limits)[0] == "hnsw"
    assert choose("auto", 20, limits)[0] == "hnsw"
    assert choose("auto", 21, limits) == ("ivf", "21 passages > 20: IVF, approximate")
    assert choose("ivf", 1, limits) == ("ivf", "ivf was asked for")
    assert choose("auto", 50_000, SizeLimits())[0] == "flat"
    assert choose("auto", 50_001, SizeLimits())[0] == "hnsw"
    assert choose("auto", 200_001, SizeLimits())[0] == "ivf"


def test_lists_grow_with_the_root_and_stay_trainable() -> None:
    assert [lists_for(n) for n in (1, 400, 65_536, 1_000_000)] == [1, 10, 1024, 4096]


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_files_are_shared_maps_that_cannot_be_written(tmp_path: Path, kind: FaissType) -> None:
    index = make(tmp_path / "index", clustered(2000, 1), kind)
    before = {path.name: sha256_of(path) for path in index.path.iterdir()}
    index.search(clustered(10, 2), 10)
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    modes = {line[-1]: line[1] for line in maps if line[-1].startswith(str(index.path))}
    assert modes == {str(index.path / name): "r--s" for name in before if name != "manifest.json"}
    assert before == {path.name: sha256_of(path) for path in index.path.iterdir()}


def test_open_index_outlives_its_folder(tmp_path: Path) -> None:
    vectors = clustered(500, 1)
    index = make(tmp_path / "index", vectors, "flat")
    for path in index.path.iterdir():
        path.unlink()
    assert numbers(index, vectors[:5], 1) == [[0], [1], [2], [3], [4]]


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_threads_may_search_at_once(tmp_path: Path, kind: FaissType) -> None:
    index = make(tmp_path / "index", clustered(2000, 1), kind)
    questions = clustered(60, 2)
    expected = numbers(index, questions, 5)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: numbers(index, questions[n : n + 1], 5)[0], range(60)))
    assert found == expected


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    index = make(tmp_path / "index", clustered(20, 1), "flat")
    with pytest.raises(ValueError, match="top_k is 0; it has to be at least 1"):
        index.search(clustered(1, 2), 0)
    with pytest.raises(ValueError, match=r"vectors of shape \(1, 7\) given; \[n, 32\] is needed"):
        index.search(np.zeros((1, 7), dtype=np.float32), 1)
