"""Retrieval never stalls streaming: the loop goes on while questions are embedded."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from app.engines.contract import Sampling
from app.engines.scripted import Script
from app.rag.preparer import RagOptions
from app.rag.prompt import Prompt
from app.rag.service import Service
from app.retrieval.embedding import EmbeddingModel, Vectors
from app.settings import Settings
from tests.rag.conftest import Running
from tests.rag.made import chat

Make = Callable[..., Settings]
LONGEST_GAP_S = 0.15
ITL_S = 0.005


async def stream(service: Service, tokens: int) -> list[float]:
    """When each delta came, in seconds."""
    prompt = Prompt([1], [], tokens)
    sampling = Sampling(max_tokens=tokens)
    return [time.perf_counter() async for _ in service.generate("stream", prompt, sampling)]


def test_a_stream_ends_while_a_question_is_being_embedded(
    make_settings: Make, running: Running, embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, entered, encode = threading.Event(), threading.Event(), embedding.encode

    def held_up(texts: Sequence[str]) -> Vectors:
        entered.set()
        assert opened.wait(20), "the loop waits for the embedding"
        return encode(texts)

    async def run() -> None:
        async with running(make_settings(), Script(itl_s=ITL_S)) as service:
            monkeypatch.setattr(embedding, "encode", held_up)
            asking = asyncio.create_task(service.prepare(chat(), RagOptions(), None))
            assert await asyncio.to_thread(entered.wait, 20)
            assert len(await stream(service, 20)) == 20
            assert not asking.done()
            opened.set()
            assert (await asking).prompt.passages

    asyncio.run(run())


def test_a_stream_has_no_gap_while_forty_questions_are_retrieved(
    make_settings: Make, running: Running
) -> None:
    async def run() -> list[float]:
        async with running(make_settings(), Script(itl_s=ITL_S)) as service:
            streaming = asyncio.create_task(stream(service, 250))
            ready = [
                service.prepare(
                    chat(("user", f"What does rule {number} say of the gate?")), RagOptions(), None
                )
                for number in range(40)
            ]
            prepared = await asyncio.gather(*ready)
            assert all(one.prompt.passages for one in prepared)
            return await streaming

    times = asyncio.run(run())
    gap = max(after - before for before, after in itertools.pairwise(times))
    assert gap < LONGEST_GAP_S
