"""Prompts prepared in another process: the same ones, the same errors, and no process that stays behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.errors import EngineFailed, IndexFolderError, IndexMissing, InvalidRequest
from app.rag.preparation import Preparation
from app.rag.preparer import Asked, PendingIndex, Preparer, RagOptions
from app.rag.preparing_process import CHILD, PreparingProcess
from app.settings import Settings
from tests.processes import descendants
from tests.rag.made import chat

Make = Callable[..., Settings]


@asynccontextmanager
async def started(preparer: Preparer, settings: Settings) -> AsyncIterator[Preparer]:
    try:
        await (await preparer.start(settings.rag))
        yield preparer
    finally:
        await preparer.close()


def asked(**options: object) -> Asked:
    return Asked(chat(), RagOptions(**options), None, 16)  # type: ignore[arg-type]


def pending(preparer: Preparer) -> PendingIndex | None:
    return preparer.index.pending


def test_it_prepares_and_refuses_what_this_process_would(make_settings: Make) -> None:
    settings = make_settings()

    async def run() -> None:
        async with started(Preparation(settings), settings) as here:
            expected = await here.prepare(asked())
            index = here.index
        async with started(PreparingProcess(settings), settings) as there:
            assert there.index == index
            made = await there.prepare(asked())
            assert made.prompt == expected.prompt
            assert made.retrieved is not None
            assert made.retrieved.embed_s > 0
            assert (await there.retrieve("tide", 2)).hits
            many = await asyncio.gather(*(there.prepare(asked(top_k=1 + number % 3)) for number in range(12)))
            assert [len(one.prompt.passages) for one in many] == [1 + number % 3 for number in range(12)]
            there.check_health()
            with pytest.raises(InvalidRequest, match="top_k is 1000") as refused:
                await there.prepare(asked(top_k=1000))
            assert refused.value.param == "rag.top_k"
        assert not descendants(os.getpid(), CHILD)

    asyncio.run(run())


def test_an_index_that_is_missing_fails_the_start(make_settings: Make, tmp_path: Path) -> None:
    settings = make_settings(rag={"index": str(tmp_path / "none")})

    async def run() -> None:
        preparer = PreparingProcess(settings)
        with pytest.raises(IndexMissing, match="doesn't exist"):
            await preparer.start(settings.rag)
        assert not descendants(os.getpid(), CHILD), "at once, without a process"

    asyncio.run(run())


def test_an_index_that_is_damaged_fails_the_start(
    make_settings: Make, bakeries: Path, tmp_path: Path
) -> None:
    shutil.copytree(bakeries, tmp_path / "bad", symlinks=True)
    vectors = next((tmp_path / "bad").rglob("vectors.faiss"))
    vectors.write_bytes(vectors.read_bytes()[:-1])
    settings = make_settings(rag={"index": str(tmp_path / "bad")})

    async def run() -> None:
        preparer = PreparingProcess(settings)
        loaded = await preparer.start(settings.rag)
        assert not loaded.done(), "it loads meanwhile"
        with pytest.raises(IndexFolderError, match="damaged"):
            await loaded
        await preparer.close()
        assert not descendants(os.getpid(), CHILD)

    asyncio.run(run())


def test_it_tells_when_an_index_that_was_waited_for_is_there(
    make_settings: Make, bakeries: Path, tmp_path: Path
) -> None:
    settings = make_settings(startup={"wait_s": 30})
    new = settings.rag.model_copy(update={"index": str(tmp_path / "new"), "top_k": 2})

    async def run() -> None:
        async with started(PreparingProcess(settings), settings) as there:
            before = there.index.described
            await there.use(new)
            waited_for = pending(there)
            assert waited_for is not None
            assert waited_for.waiting
            shutil.copytree(bakeries, tmp_path / "copy", symlinks=True)
            (tmp_path / "copy").rename(tmp_path / "new")
            until = time.monotonic() + 20
            while pending(there) is not None:
                assert time.monotonic() < until
                await asyncio.sleep(0.05)
            assert there.index.described != before
            assert len((await there.prepare(asked())).prompt.passages) == 2

    asyncio.run(run())


def test_its_death_is_an_error_and_not_a_wait(make_settings: Make) -> None:
    settings = make_settings()

    async def run() -> None:
        async with started(PreparingProcess(settings), settings) as there:
            (child,) = descendants(os.getpid(), CHILD)
            child.suspend()
            waiting = asyncio.create_task(there.prepare(asked()))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            child.kill()
            with pytest.raises(EngineFailed, match="has died; restart the replica"):
                await asyncio.wait_for(waiting, 10)
            with pytest.raises(EngineFailed):
                there.check_health()
            with pytest.raises(EngineFailed):
                await there.prepare(asked())

    asyncio.run(run())


PARENT = """
import asyncio, sys
from pathlib import Path
from app.rag.preparing_process import PreparingProcess
from app.settings.load import load_settings

async def run():
    settings = load_settings(config=Path(sys.argv[1]))
    preparer = PreparingProcess(settings)
    await (await preparer.start(settings.rag))
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(run())
"""


def test_it_ends_with_a_parent_that_is_killed(make_settings: Make, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text(make_settings().model_dump_json(), "utf-8")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(config)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    (child,) = descendants(parent.pid, CHILD)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()
    child.wait(20)
    assert not child.is_running()
