"""Index, top_k, system text and sampling change while requests are under way, and none of them fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engines.contract import Sampling
from app.engines.scripted import Script
from app.errors import InvalidRequest
from app.rag.preparer import RagOptions
from app.rag.prompt import Prepared
from app.rag.service import Service
from app.settings import Settings
from app.settings.model import RagSettings, SamplingSettings
from tests.rag.conftest import Running
from tests.rag.made import QUESTION, chat, text_of

Make = Callable[..., Settings]
SAMPLING = SamplingSettings(max_tokens=7)


async def prepare(service: Service, options: RagOptions | None = None) -> Prepared:
    return await service.prepare(chat(), options or RagOptions(), None)


def sources(prepared: Prepared) -> set[str]:
    return {hit.passage.source for hit in prepared.prompt.passages}


def changed(settings: Settings, **fields: object) -> RagSettings:
    return settings.rag.model_copy(update=fields)


def test_everything_that_can_change_does(
    make_settings: Make, running: Running, bakeries: Path, random_model: Path
) -> None:
    settings = make_settings()

    async def run() -> None:
        async with running(settings) as service:
            before = await prepare(service)
            assert len(before.prompt.passages) == 4
            old = service.index.described
            rag = changed(settings, index=str(bakeries), top_k=2, system_prompt="Be brief.")
            await service.reconfigure(rag, SAMPLING)
            after = await prepare(service)
            assert len(after.prompt.passages) == 2
            assert sources(after) <= {f"{name}.md" for name in ("north", "south", "east", "west", "old")}
            assert not sources(after) & sources(before)
            assert after.prompt.max_tokens == 7
            assert "Be brief." in text_of(after.prompt, random_model)
            new = service.index.described
            assert old is not None
            assert new is not None
            assert old["hash"] != new["hash"]
            assert new["passages"] == 5

    asyncio.run(run())


def test_requests_under_way_do_not_notice(make_settings: Make, running: Running, bakeries: Path) -> None:
    settings = make_settings(rag={"top_k": 3})
    other = changed(settings, index=str(bakeries), top_k=5)

    async def ask(service: Service, number: int) -> int:
        await asyncio.sleep(number * 0.003)
        prepared = await prepare(service)
        assert len(sources(prepared)) >= 1
        stream = service.generate(f"r{number}", prepared.prompt, Sampling(max_tokens=20))
        assert len([delta async for delta in stream]) == 20
        return len(prepared.prompt.passages)

    async def run() -> list[int]:
        async with running(settings, Script(itl_s=0.002)) as service:
            asking = [asyncio.create_task(ask(service, number)) for number in range(80)]
            for number in range(6):
                await asyncio.sleep(0.03)
                await service.reconfigure((other, settings.rag)[number % 2], SAMPLING)
            return await asyncio.gather(*asking)

    assert set(asyncio.run(run())) == {3, 5}


def test_retrieval_can_be_the_exception(make_settings: Make, running: Running) -> None:
    settings = make_settings()

    async def run() -> None:
        async with running(settings) as service:
            await service.reconfigure(changed(settings, enabled=False), SAMPLING)
            assert not (await prepare(service)).prompt.passages
            assert (await prepare(service, RagOptions(enabled=True, top_k=2))).prompt.passages

    asyncio.run(run())


def test_without_an_index_the_service_answers_until_it_is_given_one(
    make_settings: Make, running: Running, bakeries: Path, tmp_path: Path
) -> None:
    settings = make_settings(rag={"enabled": False, "index": str(tmp_path / "none")})

    async def run() -> None:
        async with running(settings) as service:
            prepared = await prepare(service)
            assert not prepared.prompt.passages
            assert service.index.described is None
            with pytest.raises(InvalidRequest, match="no index"):
                await prepare(service, RagOptions(enabled=True))
            with pytest.raises(InvalidRequest, match="no index"):
                await service.retrieve(QUESTION, 1)
            await service.reconfigure(changed(settings, enabled=True), SAMPLING)
            assert service.index.pending is not None
            assert not (await prepare(service)).prompt.passages
            assert service.sampling == SAMPLING
            await service.reconfigure(changed(settings, enabled=True, index=str(bakeries)), SAMPLING)
            assert (await prepare(service)).prompt.passages

    asyncio.run(run())
