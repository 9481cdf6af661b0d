"""What loads elsewhere loads while the engine does; and a service that can't start leaves no engine."""

import asyncio
from collections.abc import Callable

import pytest

from app.engines.scripted import ScriptedEngine
from app.errors import IndexFolderError, NotReady, RagLlmError
from app.rag.preparation import Preparation
from app.rag.service import Service
from app.settings import Settings
from app.settings.model import RagSettings

Make = Callable[..., Settings]


class Elsewhere(Preparation):
    """Loads in another process, as far as the service can see."""

    async def start(self, rag: RagSettings) -> "asyncio.Future[None]":
        self.loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return self.loaded


class Watching(ScriptedEngine):
    """Ends the other's loading when it has started itself; with an error, if there is one."""

    def __init__(self, preparer: Elsewhere, error: RagLlmError | None = None) -> None:
        super().__init__()
        self._preparer, self._error = preparer, error
        self.running = False

    async def start(self) -> None:
        await super().start()
        self.running = True
        if self._error is None:
            self._preparer.loaded.set_result(None)
        else:
            self._preparer.loaded.set_exception(self._error)

    async def shutdown(self) -> None:
        await super().shutdown()
        self.running = False


def test_the_engine_starts_while_the_index_is_loaded_elsewhere(make_settings: Make) -> None:
    settings = make_settings()

    async def run() -> None:
        preparer = Elsewhere(settings)
        service = Service(settings, Watching(preparer), preparer=preparer)
        await asyncio.wait_for(service.start(), 10)
        await service.check_health()
        await service.shutdown()

    asyncio.run(run())


def test_an_index_that_is_refused_elsewhere_ends_the_engine(make_settings: Make) -> None:
    settings = make_settings()

    async def run() -> None:
        preparer = Elsewhere(settings)
        engine = Watching(preparer, IndexFolderError("the index is damaged"))
        service = Service(settings, engine, preparer=preparer)
        with pytest.raises(IndexFolderError):
            await service.start()
        assert not engine.running
        with pytest.raises(NotReady, match="the index is damaged"):
            await service.check_health()

    asyncio.run(run())
