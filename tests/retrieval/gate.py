"""What the retriever's tests share: questions with their passages, and a gate in the worker thread."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from app.retrieval.embedding import EmbeddingModel, Vectors
from app.retrieval.retriever import Retrieved, Retriever

QUESTIONS = {
    "How long is Lantern Bridge?": "bridge.md:0",
    "How many books may a reader borrow?": "library.md:0",
    "When does the bread leave the oven?": "bakery.md:0",
    "How much ice melts in summer?": "glacier.md:0",
    "What varnish does a violin get?": "violin.md:0",
    "How many bees live in a hive?": "beehive.md:0",
    "When did the volcano last erupt?": "volcano.md:0",
    "How does the train climb to the mine?": "railway.md:0",
}


class Gate:
    """Holds up the worker thread inside ``encode`` and notes every batch, on the real model."""

    def __init__(self, embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[str]] = []
        encode = embedding.encode

        def gated(texts: Sequence[str]) -> Vectors:
            self.batches.append(list(texts))
            self.entered.release()
            assert self.open.wait(timeout=20)
            if any("fail" in text for text in texts):
                raise RuntimeError("broken on purpose")
            return encode(texts)

        monkeypatch.setattr(embedding, "encode", gated)

    async def wait_until_entered(self) -> None:
        assert await asyncio.to_thread(self.entered.acquire, timeout=20)


def start(retriever: Retriever, question: str, top_k: int = 1) -> asyncio.Task[Retrieved]:
    return asyncio.create_task(retriever.retrieve(question, top_k))
