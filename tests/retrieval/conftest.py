"""A real MiniLM, and a small index built with it, shared by the retrieval tests."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.retrieval.build import Built, build_index
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.retriever import Retriever
from tests.retrieval.gate import Gate

SUBJECTS = {
    "bridge": "Lantern Bridge is 212 metres long and was opened in 1931.",
    "library": "The harbour library lends twelve books to each reader for four weeks.",
    "bakery": "Fresh bread leaves the oven of the bakery at five in the morning.",
    "glacier": "The glacier loses nine metres of ice every summer to the warm wind.",
    "violin": "The violin maker varnishes each instrument with oil and amber resin.",
    "beehive": "A strong beehive holds fifty thousand bees in the month of June.",
    "volcano": "The volcano last erupted in 1783 and covered the valley with ash.",
    "railway": "The narrow railway climbs to the mine with a rack and two locomotives.",
}


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of eight short documents, each about something else."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in SUBJECTS.items():
        (folder / f"{name}.md").write_text(f"# About the {name}\n\n{text}\n", encoding="utf-8")
    return folder


@pytest.fixture
def built(documents: Path, tmp_path: Path, embedding: EmbeddingModel) -> Built:
    return build_index(documents, tmp_path / "indexes", embedding)


@pytest.fixture(scope="session")
def write_lines() -> Callable[..., Path]:
    """Write lines to a file, making its folder."""

    def write(path: Path, *lines: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def gate(embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(embedding, monkeypatch)
    yield gate
    gate.open.set()


@pytest.fixture
def make_retriever(built: Built, embedding: EmbeddingModel) -> Iterator[Callable[..., Retriever]]:
    made: list[Retriever] = []

    def make(**options: float) -> Retriever:
        made.append(Retriever(Index.open(built.path, embedding), embedding, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for retriever in made:
        retriever.close()
