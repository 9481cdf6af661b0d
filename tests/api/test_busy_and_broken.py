"""Full queues, engines that load or fail, clients that go away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx

from app.engines.contract import Engine, Sampling
from app.engines.scripted import Script, ScriptedEngine
from app.errors import EngineFailed
from app.settings import Settings
from tests.api.server import Server, running_server

Make = Callable[..., Settings]
SLOW = Script(ttft_s=0.05, itl_s=0.05)


def test_a_full_queue_is_429_with_retry_after(make_settings: Make) -> None:
    settings = make_settings(server={"max_ongoing_requests": 2})
    with running_server(settings, ScriptedEngine(SLOW)) as host, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: host.chat(max_tokens=20), range(6)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429, 429, 429]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["error"]["type"] == "rate_limit_error"
        assert host.chat(max_tokens=1).status_code == 200


def test_a_service_that_loads_is_503_with_retry_after(make_settings: Make) -> None:
    with running_server(make_settings(), ScriptedEngine(), start=False) as host:
        for answer in (host.client.get("/health"), host.chat(), host.chat(stream=True)):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert "it is loading" in answer.json()["error"]["message"]


def test_a_prompt_that_is_too_long_is_400_with_the_numbers(make_settings: Make) -> None:
    with running_server(make_settings(engine={"max_model_len": 200}), ScriptedEngine()) as host:
        error = host.chat("gate " * 300, max_tokens=10).json()["error"]
        assert error["code"] == "context_length_exceeded"
        assert "holds 200 tokens" in error["message"]
        assert "max_tokens = 10" in error["message"]
        # One that fits only without some of its passages is answered.
        answer = host.chat(max_tokens=10)
        assert answer.status_code == 200
        assert len(answer.json()["rag"]["passages"]) < 4


def goes_away(host: Server, *, stream: bool) -> None:
    body = {
        "model": "demo",
        "messages": [{"role": "user", "content": "x"}],
        "stream": stream,
        "max_tokens": 900,
    }
    with httpx.Client(base_url=host.url, timeout=0.5) as client:
        try:
            with client.stream("POST", "/v1/chat/completions", json=body) as answer:
                next(answer.iter_bytes())
        except httpx.ReadTimeout:
            assert not stream


def test_a_client_that_goes_away_aborts_its_generation(make_settings: Make) -> None:
    with running_server(make_settings(), ScriptedEngine(SLOW)) as host:
        for stream in (True, False):
            goes_away(host, stream=stream)
            assert host.wait_idle(), f"the engine still works for a client that is gone (stream={stream})"


def test_an_engine_that_fails_is_500_before_the_first_delta_and_an_event_after(make_settings: Make) -> None:
    for fail_after in (0, 2):
        script = replace(SLOW, fail_after=fail_after)
        with running_server(make_settings(), ScriptedEngine(script)) as host:
            whole = host.chat()
            assert whole.status_code == 500
            assert "the script fails" in whole.json()["error"]["message"]
            stream = host.chat(stream=True)
            assert stream.status_code == (500 if fail_after == 0 else 200)
            assert "the script fails" in stream.text
            assert "[DONE]" not in stream.text
            assert host.wait_idle()


class Dead(ScriptedEngine):
    """An engine that has died."""

    async def check_health(self) -> None:
        raise EngineFailed("the engine has died")


def test_health_is_503_when_the_engine_has_died(make_settings: Make) -> None:
    engine: Engine = Dead()
    with running_server(make_settings(), engine) as host:
        answer = host.client.get("/health")
        assert answer.status_code == 503
        assert "has died" in answer.json()["error"]["message"]


class Buggy(ScriptedEngine):
    """An engine with an error that nobody foresaw."""

    def generate(self, request_id: str, prompt: object, sampling: Sampling) -> object:  # type: ignore[override]
        raise ZeroDivisionError("secret detail")


def test_an_unforeseen_error_is_500_without_its_details(make_settings: Make) -> None:
    with running_server(make_settings(), Buggy()) as host:
        answer = host.chat()
        assert answer.status_code == 500
        assert "secret" not in answer.text
