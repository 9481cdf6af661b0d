"""The retriever: batches in order, off the event loop, surviving cancellation and failure."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from app.errors import EngineFailed
from app.retrieval.retriever import Retrieved, Retriever
from tests.retrieval.gate import QUESTIONS, Gate, start

MakeRetriever = Callable[..., Retriever]


def test_each_question_gets_its_own_answer_and_depth(make_retriever: MakeRetriever) -> None:
    retriever = make_retriever(max_batch_size=5)

    async def ask() -> list[Retrieved]:
        depths = [1 + n % 8 for n in range(40)]
        questions = list(QUESTIONS) * 5
        return await asyncio.gather(
            *(retriever.retrieve(q, k) for q, k in zip(questions, depths, strict=True))
        )

    answers = asyncio.run(ask())
    assert [answer.hits[0].passage.id for answer in answers] == list(QUESTIONS.values()) * 5
    assert [len(answer.hits) for answer in answers] == [1 + n % 8 for n in range(40)]
    assert all(answer.batch_size <= 5 for answer in answers)
    assert all(min(a.queue_s, a.embed_s, a.search_s) >= 0 for a in answers)


def test_questions_that_come_meanwhile_make_one_batch(make_retriever: MakeRetriever, gate: Gate) -> None:
    retriever = make_retriever(max_batch_size=4, max_wait_s=0)

    async def ask() -> list[Retrieved]:
        first = start(retriever, "first")
        await gate.wait_until_entered()
        rest = [start(retriever, f"question {n}") for n in range(6)]
        await asyncio.sleep(0)
        gate.open.set()
        return await asyncio.gather(first, *rest)

    answers = asyncio.run(ask())
    expected = [["first"], [f"question {n}" for n in range(4)], ["question 4", "question 5"]]
    assert gate.batches == expected
    assert [answer.batch_size for answer in answers] == [1, 4, 4, 4, 4, 2, 2]


def test_first_question_waits_for_others(make_retriever: MakeRetriever) -> None:
    retriever = make_retriever(max_wait_s=10, max_batch_size=2)

    async def ask() -> tuple[Retrieved, Retrieved]:
        first = start(retriever, "first")
        await asyncio.sleep(0.05)
        assert not first.done()
        return await asyncio.wait_for(asyncio.gather(first, start(retriever, "second")), timeout=9)

    first, second = asyncio.run(ask())
    assert (first.batch_size, second.batch_size) == (2, 2)
    assert first.queue_s > second.queue_s


def test_event_loop_runs_while_a_batch_is_worked_on(make_retriever: MakeRetriever, gate: Gate) -> None:
    retriever = make_retriever()

    async def ask() -> int:
        answer = start(retriever, "held up")
        await gate.wait_until_entered()
        turns = 0
        while turns < 100:
            await asyncio.sleep(0)
            turns += 1
        assert not answer.done()
        gate.open.set()
        await answer
        return turns

    assert asyncio.run(ask()) == 100


def test_cancelled_questions_are_not_embedded_and_hurt_nobody(
    make_retriever: MakeRetriever, gate: Gate
) -> None:
    retriever = make_retriever(max_wait_s=0)

    complaints: list[dict[str, Any]] = []

    async def ask() -> Retrieved:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        running = start(retriever, "cancelled while it is worked on")
        await gate.wait_until_entered()
        waiting = start(retriever, "cancelled while it waits")
        kept = start(retriever, "kept")
        await asyncio.sleep(0)
        running.cancel()
        waiting.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        gate.open.set()
        return await kept

    assert len(asyncio.run(ask()).hits) == 1
    assert gate.batches == [["cancelled while it is worked on"], ["kept"]]
    assert complaints == []


def test_failure_fails_its_batch_only(make_retriever: MakeRetriever, gate: Gate) -> None:
    retriever = make_retriever(max_wait_s=0, max_batch_size=2)

    async def ask() -> list[Retrieved | BaseException]:
        first = start(retriever, "first")
        await gate.wait_until_entered()
        rest = [start(retriever, text) for text in ("will fail", "beside it", "after it")]
        await asyncio.sleep(0)
        gate.open.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    first, failed, beside, after = asyncio.run(ask())
    assert isinstance(first, Retrieved)
    assert isinstance(failed, EngineFailed)
    assert isinstance(beside, EngineFailed)
    assert str(failed) == "retrieval failed (RuntimeError: broken on purpose)."
    assert isinstance(after, Retrieved)


def test_streaming_is_not_stalled_by_retrieval(make_retriever: MakeRetriever) -> None:
    """The share of an event loop's turns that come late while batches run is small.

    Were the GIL held for a batch, one turn in a batch's time would come; the bound is far from both.
    """
    retriever = make_retriever(max_batch_size=16)
    question = "How long is the bridge, and who opened it? " * 8

    async def ask() -> tuple[int, float]:
        load = asyncio.gather(*(retriever.retrieve(question, 4) for _ in range(48)))
        turns, begun_s = 0, time.perf_counter()
        while not load.done():
            await asyncio.sleep(0.001)
            turns += 1
        return turns, time.perf_counter() - begun_s

    turns, took_s = asyncio.run(ask())
    batches = 48 / 16
    assert turns > 5 * batches, f"{turns} turns in {took_s:.2f} s"
