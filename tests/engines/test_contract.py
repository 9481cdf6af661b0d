"""What every engine promises, checked on every engine."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from tokenizers import Tokenizer

from app.engines.contract import Delta, Engine, EngineLoad, FirstDelta, Sampling
from app.engines.scripted import Script, ScriptedEngine
from app.engines.transformers import TransformersEngine
from app.engines.vllm import VllmEngine
from app.engines.vllm_outputs import first_delta
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
        # A port for metrics switches vLLM's statistics on; nothing listens there.
        "vllm": lambda: VllmEngine(make_settings(architecture="rvc", metrics={"port": 9400})),
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


def test_the_first_delta_says_where_the_time_to_it_went(running: Running) -> None:
    running.answer()
    begun_s = time.perf_counter()
    first, *others = running.answer(replace(GREEDY, max_tokens=4))
    took_s = time.perf_counter() - begun_s
    assert isinstance(first, FirstDelta)
    assert not any(isinstance(delta, FirstDelta) for delta in others)
    assert 0 <= first.queue_s < took_s
    assert 0 < first.prefill_s + first.queue_s < took_s


def test_waiting_behind_others_is_queue_and_not_prefill(running: Running) -> None:
    if not isinstance(running.engine, TransformersEngine):
        pytest.skip("takes more requests at a time than are worth starting here")

    async def together() -> list[float]:
        stream = running.engine.generate("long", PROMPT, replace(GREEDY, max_tokens=60))
        await anext(stream)
        asked = asyncio.gather(*(running.collect(GREEDY, PROMPT) for _ in range(6)))
        async for _ in stream:
            pass
        return [answer[0].queue_s for answer in await asked if isinstance(answer[0], FirstDelta)]

    begun_s = time.perf_counter()
    alone = running.answer()[0]
    took_s = time.perf_counter() - begun_s
    waits_s = running.runner.run(together())
    assert len(waits_s) == 6
    assert isinstance(alone, FirstDelta)
    assert max(waits_s) > alone.queue_s + took_s / 4


def test_a_prefix_cache_is_emptied_but_not_under_a_request(running: Running) -> None:
    """The blocks of vLLM's cache hold up to 128 tokens; only whole ones are kept."""
    prompt = [60 + number % 200 for number in range(300)]
    if not isinstance(running.engine, VllmEngine):
        assert running.runner.run(running.engine.reset_prefix_cache()) is None
        return

    def hits() -> float:
        [counter] = [metric for metric in REGISTRY.collect() if metric.name == "vllm:prefix_cache_hits"]
        return sum(sample.value for sample in counter.samples if sample.name.endswith("_total"))

    async def under_a_request() -> bool | None:
        stream = running.engine.generate("runs", prompt, replace(GREEDY, max_tokens=900))
        await anext(stream)
        done = await running.engine.reset_prefix_cache()
        await stream.aclose()  # type: ignore[attr-defined]
        return done

    def reset() -> bool | None:
        # An aborted request keeps its blocks until the engine core has heard of it.
        for _ in range(100):
            if done := running.runner.run(running.engine.reset_prefix_cache()):
                return done
            time.sleep(0.05)
        return False

    def hits_of_an_answer() -> float:
        before = hits()
        running.answer(prompt=prompt)
        return hits() - before

    running.answer(prompt=prompt)
    assert hits_of_an_answer() > 0
    assert running.runner.run(under_a_request()) is False
    assert reset() is True
    assert hits_of_an_answer() == 0
    assert hits_of_an_answer() > 0


def test_vllm_without_statistics_gives_a_plain_first_delta() -> None:
    answer = SimpleNamespace(text="a", token_ids=[1], finish_reason=None)
    assert type(first_delta(SimpleNamespace(outputs=[answer], metrics=None), "a", 0.0)) is Delta


@pytest.mark.parametrize(("queued_s", "queue_s"), [(-0.5, 0.7), (-1000.0, 0.2), (1000.0, 0.2)])
def test_the_way_to_vllm_is_queueing_if_its_clock_is_ours(queued_s: float, queue_s: float) -> None:
    """Another clock's times are only compared with each other."""
    now_s = time.monotonic()
    times = SimpleNamespace(
        queued_ts=now_s + queued_s, scheduled_ts=now_s + queued_s + 0.2, first_token_ts=now_s + queued_s + 0.3
    )
    answer = SimpleNamespace(text="a", token_ids=[1], finish_reason=None)
    first = first_delta(SimpleNamespace(outputs=[answer], metrics=times), "a", now_s - 1)
    assert isinstance(first, FirstDelta)
    assert first.prefill_s == pytest.approx(0.1)
    assert first.queue_s == pytest.approx(queue_s, abs=0.01)


def test_vllm_runs_the_model_in_its_core_by_our_class(running: Running) -> None:
    described = running.engine.describe()
    if described["name"] == "vllm":
        assert described["executor"] == "CoreExecutor"


def test_vllm_hands_first_tokens_out_first(running: Running) -> None:
    """While four streams run, the first output of a fifth one is at the front of its step."""
    if not isinstance(running.engine, VllmEngine):
        return
    core = running.engine._llm.engine_core
    take, steps = core.get_output_async, []

    async def noted() -> Any:
        step = await take()
        steps.append([each.request_id for each in step.outputs])
        return step

    async def fifth_joins() -> None:
        long = [
            asyncio.create_task(running.collect(replace(GREEDY, max_tokens=40), PROMPT[number:]))
            for number in range(4)
        ]
        while not any(len(step) == 4 for step in steps):
            await asyncio.sleep(0.01)
        await running.collect(GREEDY, PROMPT[::-1])
        await asyncio.gather(*long)

    core.get_output_async = noted
    try:
        running.runner.run(fifth_joins())
    finally:
        core.get_output_async = take
    five = [step for step in steps if len(step) == 5]
    fifth = five[-1][-1]  # in later steps it is at the end, as vLLM has it
    assert five[0][0] == fifth


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
