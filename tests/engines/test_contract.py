"""What every engine promises, checked on every engine."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tokenizers import Tokenizer

from app.engines.contract import Delta, Engine, EngineLoad, Sampling
from app.engines.scripted import Script, ScriptedEngine
from app.engines.transformers import TransformersEngine
from app.engines.vllm import VllmEngine
from app.errors import NotReady
from app.settings import Settings

PROMPT = [50 + number for number in range(40)]
GREEDY = Sampling(max_tokens=12, ignore_eos=True)


class Running:
    """A started engine and the event loop that it lives in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.runner = asyncio.Runner()
        self.runner.run(engine.start())

    def answer(self, sampling: Sampling = GREEDY, prompt: list[int] = PROMPT) -> list[Delta]:
        return self.runner.run(self.collect(sampling, prompt))

    async def collect(self, sampling: Sampling, prompt: list[int]) -> list[Delta]:
        request_id = f"test-{time.monotonic_ns()}"
        return [delta async for delta in self.engine.generate(request_id, prompt, sampling)]

    def stop(self) -> None:
        self.runner.run(self.engine.shutdown())
        self.runner.close()


def text(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


@pytest.fixture(scope="module", params=["scripted", "threads", "batch", "vllm"])
def running(request: pytest.FixtureRequest, make_settings: Callable[..., Settings]) -> Iterator[Running]:
    engines: dict[str, Callable[[], Engine]] = {
        "scripted": lambda: ScriptedEngine(Script(itl_s=0.005)),
        "threads": lambda: TransformersEngine(make_settings()),
        "batch": lambda: TransformersEngine(make_settings(engine={"batch": True})),
        "vllm": lambda: VllmEngine(make_settings(architecture="rvc")),
    }
    running = Running(engines[request.param]())
    yield running
    running.stop()


def test_deltas_count_the_tokens_and_only_the_last_has_a_reason(running: Running) -> None:
    deltas = running.answer()
    assert sum(delta.tokens for delta in deltas) == GREEDY.max_tokens
    assert [delta.finish_reason for delta in deltas[:-1]] == [None] * (len(deltas) - 1)
    assert deltas[-1].finish_reason == "length"


def test_greedy_answers_are_equal_alone_and_among_others(running: Running) -> None:
    alone = text(running.answer())

    async def together() -> list[str]:
        prompts = [PROMPT, PROMPT[::-1], PROMPT[:7], PROMPT]
        return [
            text(deltas) for deltas in await asyncio.gather(*(running.collect(GREEDY, p) for p in prompts))
        ]

    answers = running.runner.run(together())
    assert answers[0] == alone
    assert answers[3] == alone


def test_a_seed_repeats_a_sampled_answer(running: Running) -> None:
    drawn = replace(GREEDY, temperature=1.0, top_p=0.9, seed=5)
    assert text(running.answer(drawn)) == text(running.answer(drawn))


def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(running: Running) -> None:
    whole = text(running.answer())
    stop = whole[len(whole) // 2 :][:3]
    deltas = running.answer(replace(GREEDY, stop=("never said", stop)))
    assert text(deltas) == whole[: whole.index(stop)]
    assert deltas[-1].finish_reason == "stop"


def test_one_token_is_an_answer(running: Running) -> None:
    deltas = running.answer(replace(GREEDY, max_tokens=1))
    assert sum(delta.tokens for delta in deltas) == 1
    assert deltas[-1].finish_reason == "length"


def test_a_listener_that_leaves_ends_the_generation(running: Running) -> None:
    async def leave() -> EngineLoad:
        stream = running.engine.generate("leaves", PROMPT, replace(GREEDY, max_tokens=900))
        await anext(stream)
        busy = running.engine.load()
        assert busy.running + busy.waiting == 1
        await stream.aclose()  # type: ignore[attr-defined]
        for _ in range(200):
            if running.engine.load() == EngineLoad(0, 0):
                break
            await asyncio.sleep(0.05)
        return running.engine.load()

    assert running.runner.run(leave()) == EngineLoad(0, 0)


def test_a_started_engine_is_healthy(running: Running) -> None:
    running.runner.run(running.engine.check_health())


@pytest.mark.parametrize("kind", [TransformersEngine, VllmEngine])
def test_an_engine_that_is_not_started_says_so(
    kind: type[Engine], make_settings: Callable[..., Settings]
) -> None:
    engine = kind(make_settings())  # type: ignore[call-arg]

    async def ask() -> None:
        async for _ in engine.generate("early", PROMPT, GREEDY):
            pass

    with pytest.raises(NotReady):
        asyncio.run(engine.check_health())
    with pytest.raises(NotReady):
        asyncio.run(ask())


def test_the_end_token_ends_an_answer(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = TransformersEngine(make_settings())
    running = Running(engine)
    try:
        tokenizer: Tokenizer = engine._tokenizer
        whole = running.answer(replace(GREEDY, ignore_eos=False))
        second = tokenizer.encode(text(whole)).ids[1]
        monkeypatch.setattr(engine, "_end_tokens", frozenset({second}))
        ended = running.answer(replace(GREEDY, ignore_eos=False))
        ignored = running.answer(GREEDY)
    finally:
        running.stop()
    assert ended[-1].finish_reason == "stop"
    assert len(ended) < len(whole)
    assert len(ignored) == len(whole)
