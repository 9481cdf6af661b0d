from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.engines.scripted import Script, ScriptedEngine
from app.rag.service import Service
from app.rag.tokenizer import ChatTokenizer
from app.retrieval.build import build_index
from app.retrieval.embedding import EmbeddingModel
from app.settings import Settings

Running = Callable[..., AbstractAsyncContextManager[Service]]
BAKERIES = ("north", "south", "east", "west", "old")


@pytest.fixture(scope="session")
def tokenizer(random_model: Path) -> ChatTokenizer:
    return ChatTokenizer(random_model)


@pytest.fixture(scope="session")
def bakeries(tmp_path_factory: pytest.TempPathFactory, embedding: EmbeddingModel) -> Path:
    """An index root with five passages of other content than the demo's."""
    documents, root = tmp_path_factory.mktemp("bakeries"), tmp_path_factory.mktemp("other-indexes")
    for name in BAKERIES:
        text = f"# The {name} bakery\n\nBread leaves the oven of the {name} bakery at five.\n"
        (documents / f"{name}.md").write_text(text, "utf-8")
    build_index(documents, root, embedding)
    return root


@pytest.fixture
def running(embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A started service around a scripted engine. The embedding model is loaded once for all of them."""
    monkeypatch.setattr("app.rag.served_index.EmbeddingModel", lambda *_, **__: embedding)

    @asynccontextmanager
    async def run(settings: Settings, script: Script | None = None) -> AsyncIterator[Service]:
        service = Service(settings, ScriptedEngine(script))
        try:
            await service.start()
            yield service
        finally:
            await service.shutdown()

    return run
