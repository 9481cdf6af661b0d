"""The extension `timings`: where a request's time went, by the server's own clock."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx
import orjson
import pytest

from app.engines.contract import Delta, Sampling
from app.engines.scripted import Script, ScriptedEngine
from app.settings import Settings
from tests.api.server import Server, running_server
from tests.api.test_metrics import read
from tests.architectures.service import free_port

Make = Callable[..., Settings]
PARTS = [
    *("admit", "retrieve_queue", "embed", "search", "prompt"),
    *("engine_queue", "prefill", "first_delta", "decode", "end"),
]
TO_FIRST_DELTA = PARTS[:8]


def events(answer: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [orjson.loads(line) for line in lines]


def timings(answer: httpx.Response) -> dict[str, float]:
    """The parts that a streamed answer says, without the request's id."""
    found: dict[str, Any] = events(answer)[-1]["timings"]
    return {name: value for name, value in found.items() if name != "request_id"}


@pytest.fixture(scope="module")
def slow(make_settings: Make) -> Iterator[Server]:
    """One request at a time, whose tokens take their time."""
    script = Script(ttft_s=0.2, itl_s=0.02, max_num_seqs=1)
    with running_server(make_settings(), ScriptedEngine(script)) as host:
        yield host


def test_a_stream_says_them_in_its_last_event(server: Server) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": "x"}], "max_tokens": 3}
    asked = {**body, "stream": True, "timings": True}
    answer = server.client.post("/v1/chat/completions", json=asked, headers={"x-request-id": "mine"})
    last = events(answer)[-1]
    assert last["choices"] == []
    assert "usage" not in last
    assert last["timings"].pop("request_id") == "mine"
    assert list(last["timings"]) == PARTS
    both = events(
        server.chat(max_tokens=3, stream=True, timings=True, stream_options={"include_usage": True})
    )
    assert both[-1]["usage"]["completion_tokens"] == 3
    assert list(both[-1]["timings"]) == ["request_id", *PARTS]
    assert len(both) == len(events(answer))


def test_a_whole_answer_has_them_too(slow: Server) -> None:
    begun_s = time.perf_counter()
    answer = slow.chat(max_tokens=4, timings=True)
    took_s = time.perf_counter() - begun_s
    said = answer.json()["timings"]
    assert said.pop("request_id") == answer.headers["x-request-id"]
    assert said["prefill"] >= 0.2
    assert said["prefill"] + said["first_delta"] + said["decode"] >= 0.26
    assert 0.26 < sum(said.values()) <= took_s


@pytest.mark.parametrize("stream", [True, False])
def test_who_does_not_ask_gets_none(server: Server, stream: bool) -> None:
    assert "timings" not in server.chat(max_tokens=2, stream=stream).text
    assert "timings" not in server.chat(max_tokens=2, stream=stream, timings=False).text
    assert server.chat(timings="yes").json()["error"]["param"] == "timings"


def test_waiting_for_the_engine_is_told_from_its_work(slow: Server) -> None:
    body = {"model": "demo", "prompt": "x", "max_tokens": 50, "stream": True, "timings": True}
    with slow.client.stream("POST", "/v1/completions", json=body) as stream:
        lines = stream.iter_lines()
        next(lines)
        second = slow.chat(max_tokens=2, timings=True).json()["timings"]
        [last] = [line for line in lines if "timings" in line]
    first = orjson.loads(last.removeprefix("data: "))["timings"]
    assert first["engine_queue"] < 0.05
    # The first one's tokens were due within a second of its first; retrieval takes some of that.
    assert 0.1 < second["engine_queue"] < first["decode"] + 0.1
    for said, due in ((first, 0.2 + 49 * 0.02), (second, 0.2 + 0.02)):
        assert said["prefill"] >= 0.2
        assert said["prefill"] + said["first_delta"] + said["decode"] >= due
    assert min(second[name] for name in ("admit", "retrieve_queue", "embed", "search", "prompt")) > 0


def test_they_add_up_to_what_the_metrics_say(make_settings: Make) -> None:
    port = free_port()
    settings = make_settings(metrics={"port": port, "host": "127.0.0.1"})
    with running_server(settings, ScriptedEngine(Script(ttft_s=0.2, itl_s=0.05))) as host:
        said = timings(host.chat(max_tokens=5, stream=True, timings=True))
        counted = read(port)

    def stage(name: str) -> float:
        return counted[f"rag_llm_stage_seconds_sum[{name}]"]

    microseconds = [said[name] * 1e6 for name in PARTS]
    assert microseconds == pytest.approx([round(each) for each in microseconds], abs=1e-6)
    for name in ("retrieve_queue", "embed", "search", "prompt", "decode"):
        assert said[name] == pytest.approx(stage(name), abs=2e-6)
    in_engine = said["engine_queue"] + said["prefill"] + said["first_delta"]
    assert in_engine == pytest.approx(stage("first_token"), abs=2e-6)
    whole = counted["rag_llm_request_seconds_sum"]
    assert 0.4 < sum(said.values()) <= whole


def test_without_retrieval_its_parts_are_zero(server: Server) -> None:
    said = timings(server.chat(max_tokens=2, stream=True, timings=True, rag={"enabled": False}))
    assert said["retrieve_queue"] == said["embed"] == said["search"] == 0
    assert said["prompt"] > 0


def test_the_first_delta_is_the_first_with_text(slow: Server) -> None:
    """Here a possible stop text holds back three deltas; clients see the first event with text."""
    said = timings(slow.chat(max_tokens=8, stream=True, timings=True, stop="never said at all"))
    assert said["prefill"] >= 0.2
    assert said["prefill"] + said["first_delta"] >= 0.26
    assert said["prefill"] + said["first_delta"] + said["decode"] >= 0.34


class Silent(ScriptedEngine):
    """An engine that keeps no statistics."""

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        async for delta in super().generate(request_id, prompt, sampling):
            yield Delta(delta.text, delta.tokens, delta.finish_reason)


def test_an_engine_without_statistics_has_all_in_prefill(make_settings: Make) -> None:
    with running_server(make_settings(), Silent(Script(ttft_s=0.1))) as host:
        said = timings(host.chat(max_tokens=2, stream=True, timings=True))
    assert said["engine_queue"] == said["first_delta"] == 0
    assert said["prefill"] >= 0.1
    assert sum(said[name] for name in TO_FIRST_DELTA) > 0.1
