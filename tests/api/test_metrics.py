"""/metrics: what is counted of requests, how they end, and where it is served."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.engines.scripted import Script, ScriptedEngine
from app.metrics.endpoint import serve_metrics
from app.rag.service import Service
from app.settings import Settings
from tests.api.server import Server, running_server
from tests.architectures.service import free_port

Make = Callable[..., Settings]


def read(port: int) -> dict[str, float]:
    """Samples by name, with label values in brackets."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(value for name, value in sorted(sample.labels.items()) if name != "le")
            found[f"{sample.name}[{labels}]" if labels else sample.name] = sample.value
    return found


@pytest.fixture
def port() -> int:
    return free_port()


def serving(
    make_settings: Make, port: int, script: Script, **server: object
) -> AbstractContextManager[Server]:
    settings = make_settings(metrics={"port": port, "host": "127.0.0.1"}, server=server)
    return running_server(settings, ScriptedEngine(script))


def test_an_answer_is_counted_whole_or_streamed(make_settings: Make, port: int) -> None:
    with serving(make_settings, port, Script(ttft_s=0.1, itl_s=0.01)) as host:
        usage = host.chat(max_tokens=5).json()["usage"]
        assert host.chat(max_tokens=7, stream=True).status_code == 200
        found = read(port)
        index = host.service.index.described
        assert index is not None
    assert found["rag_llm_requests_total[ok]"] == 2
    assert found["rag_llm_request_seconds_count"] == 2
    assert found["rag_llm_output_tokens_total"] == 12
    assert found["rag_llm_prompt_tokens_total"] == 2 * usage["prompt_tokens"]
    assert found["rag_llm_retrieved_passages_total"] == 8
    for stage in ("retrieve_queue", "embed", "search", "prompt", "first_token", "decode"):
        assert found[f"rag_llm_stage_seconds_count[{stage}]"] == 2
    assert found["rag_llm_stage_seconds_sum[first_token]"] == pytest.approx(0.2, abs=0.1)
    assert found["rag_llm_stage_seconds_sum[decode]"] == pytest.approx(0.1, abs=0.09)
    assert found["rag_llm_request_seconds_sum"] > 0.3
    assert found[f"rag_llm_info[baseline,{index['hash']},demo]"] == 1
    assert found["rag_llm_ongoing_requests"] == 0
    assert found["rag_llm_ready"] == 1


def test_how_requests_end(make_settings: Make, port: int) -> None:
    script = Script(itl_s=0.1, fail_after=30)
    with serving(make_settings, port, script, max_ongoing_requests=1) as host:
        assert host.chat(temperature=9).status_code == 400
        assert host.client.post("/v1/completions", content=b"{").status_code == 400
        assert "the script fails" in host.chat(max_tokens=100, stream=True).text
        assert host.chat(max_tokens=100).status_code == 500
        body = {
            "model": "demo",
            "messages": [{"role": "user", "content": "x"}],
            "max_tokens": 29,
            "stream": True,
        }
        with host.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            lines = answer.iter_lines()  # let go, it would close the answer
            next(lines)
            found = read(port)
            assert found["rag_llm_ongoing_requests"] == found["rag_llm_engine_running"] == 1
            assert httpx.post(f"{host.url}/v1/chat/completions", json=body).status_code == 429
        assert host.wait_idle()
        found = read(port)
    ends = {"ok": 0, "client_error": 2, "overloaded": 1, "server_error": 2, "cancelled": 1}
    assert {end: found[f"rag_llm_requests_total[{end}]"] for end in ends} == ends
    assert found["rag_llm_request_seconds_count"] == 0
    # What was generated counts, whatever became of it.
    assert found["rag_llm_output_tokens_total"] > 60


def test_a_second_replica_takes_the_next_free_port(make_settings: Make, port: int) -> None:
    settings = make_settings(metrics={"port": port, "host": "127.0.0.1"})
    stop = serve_metrics("127.0.0.1", port, CollectorRegistry())
    try:
        with running_server(settings, ScriptedEngine()) as host:
            assert host.chat(max_tokens=1).status_code == 200
            assert read(port + 1)["rag_llm_requests_total[ok]"] == 1
            assert "rag_llm_info" not in str(read(port))
    finally:
        stop()


def test_they_are_off_without_a_port(make_settings: Make) -> None:
    with running_server(make_settings(), ScriptedEngine()) as host:
        assert host.chat(max_tokens=1).status_code == 200
        assert "rag_llm_requests_total" not in generate_latest(REGISTRY).decode()


class Loading(ScriptedEngine):
    """An engine whose model never gets loaded."""

    async def start(self) -> None:
        await asyncio.Event().wait()


def test_a_service_that_loads_says_so(make_settings: Make, port: int) -> None:
    async def run() -> dict[str, float]:
        service = Service(make_settings(metrics={"port": port, "host": "127.0.0.1"}), Loading())
        starting = asyncio.create_task(service.start())
        while not service.index.described:
            await asyncio.sleep(0.05)
        found = await asyncio.to_thread(read, port)
        starting.cancel()
        await service.shutdown()
        return found

    assert asyncio.run(run())["rag_llm_ready"] == 0
