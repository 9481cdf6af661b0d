"""Every architecture, as a running process: it answers, alike, under load, and stops when clients leave."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from app.demo import QUESTIONS
from app.engines.contract import Sampling
from app.engines.transformers import TransformersEngine
from app.rag.preparer import RagOptions
from app.rag.service import Service
from app.settings import Settings
from tests.architectures.questions import some
from tests.architectures.service import ServiceProcess

ASKED = some(12)
TOKENS = 24


@pytest.fixture(scope="session")
def expected(make_settings: Callable[..., Settings]) -> list[str]:
    """What the model answers when asked alone, in this process, without any server."""

    async def answers() -> list[str]:
        service = Service(make_settings(), TransformersEngine(make_settings()))
        await service.start()
        said = []
        for question in ASKED:
            text = [{"role": "user", "content": question}]
            prompt = (await service.prepare(text, RagOptions(), TOKENS)).prompt
            stream = service.generate(question, prompt, Sampling(TOKENS))
            said.append("".join([delta.text async for delta in stream]))
        await service.shutdown()
        return said

    return asyncio.run(answers())


def content(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def test_it_gives_the_same_greedy_answers_as_the_model_alone(
    running: ServiceProcess, expected: list[str]
) -> None:
    said = [content(running.chat(question, max_tokens=TOKENS)) for question in ASKED]
    assert said == expected
    # All at once: where requests are batched, sums are rounded in another order. In float32 that has not
    # been seen to change an answer; docs/architecture.md has the counts for bfloat16.
    with ThreadPoolExecutor(len(ASKED)) as pool:
        together = list(pool.map(lambda q: content(running.chat(q, max_tokens=TOKENS)), ASKED))
    assert together == expected


def test_the_official_client_streams_from_it(running: ServiceProcess) -> None:
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0) as client:
        stream: Any = client.chat.completions.create(
            model="demo",
            messages=[{"role": "user", "content": ASKED[0]}],
            max_tokens=20,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"ignore_eos": True},
        )
        events = list(stream)
    assert events[0].rag["passages"]
    assert sum(1 for event in events if event.choices) >= 5
    assert events[-1].usage.completion_tokens == 20


def test_a_client_that_goes_away_leaves_the_engine_idle(running: ServiceProcess) -> None:
    body = {
        "model": "demo",
        "messages": [{"role": "user", "content": ASKED[0]}],
        "max_tokens": 600,
        "ignore_eos": True,
        "stream": True,
    }
    with (
        httpx.Client(base_url=running.url, timeout=30) as client,
        client.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        lines = answer.iter_lines()
        while '"content":""' in (line := next(lines)) or not line:
            pass
    assert running.idle()


def test_each_process_with_http_has_metrics(running: ServiceProcess, variant: str) -> None:
    assert running.chat(ASKED[0], max_tokens=3).status_code == 200
    pages = running.metrics()
    assert len(pages) == (2 if variant == "rsc" else 1)
    for page in pages:
        assert f'architecture="{variant.split("-")[0]}"' in page
        assert ('vllm:generation_tokens_total{engine="0"' in page) == (variant == "rvc")
        assert ("vllm:kv_cache_usage_perc" in page) == (variant == "rvc")
    answered = re.findall(r'rag_llm_requests_total{outcome="ok"} (\S+)', "".join(pages))
    assert sum(map(float, answered)) >= 1


def test_it_is_loaded(running: ServiceProcess, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtest", "run", "--target", running.url, "--rps", "2"]
    command += ["--duration", "5", "--warmup", "1", "--questions", str(QUESTIONS), "--max-tokens", "8"]
    command += ["--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = tmp_path.rglob("report.json")
    report = json.loads(path.read_text())
    assert report["complete"]
    [level] = report["levels"]
    [round_] = level["rounds"]
    assert round_["errors"] == {}
    assert round_["counts"]["completed"] == round_["counts"]["scheduled"] > 0
    assert round_["ttft_s"]["p50"] > 0
    assert report["environment"]["server"]["index"]["hash"]


def test_it_says_where_the_time_went(running: ServiceProcess) -> None:
    begun_s = time.perf_counter()
    answer = running.chat(ASKED[0], max_tokens=8, timings=True, ignore_eos=True)
    took_s = time.perf_counter() - begun_s
    said = answer.json()["timings"]
    # Serve names the request in the answer too.
    assert set(answer.headers.get_list("x-request-id")) == {said.pop("request_id")}
    assert sum(said.values()) <= took_s
    for name in ("admit", "retrieve_queue", "embed", "search", "prompt", "prefill", "first_delta", "decode"):
        assert said[name] > 0, name


def test_every_prefix_cache_is_emptied(running: ServiceProcess, variant: str) -> None:
    count = running.client.get("/v1/environment").json()["replicas"]
    assert count == (2 if variant == "rsc" else 1)
    found: dict[str, bool | None] = {}
    until = time.monotonic() + 30  # HAProxy hears of a replica some time after Serve counts it
    while len(found) < count and time.monotonic() < until:
        # On a connection of its own each, so that HAProxy chooses anew.
        said = httpx.post(f"{running.url}/v1/reset_prefix_cache", timeout=30).json()
        found[said["replica"]] = said["reset"]
    assert list(found.values()) == [True if variant == "rvc" else None] * count


def test_wrong_requests_are_refused_by_the_service_itself(running: ServiceProcess) -> None:
    assert running.chat("x", temperature=9).json()["error"]["param"] == "temperature"
    assert running.client.get("/nope").json()["error"]["type"] == "not_found_error"
    # The same with HAProxy between: an error of its own would have another shape.
    chat = "/v1/chat/completions"
    assert running.client.post(chat, content=b"{").json()["error"]["type"] == "invalid_request_error"
    answer = running.client.post(chat, content=b" " * 3_000_000)
    assert answer.status_code == 413
    assert "server.max_body_bytes" in answer.json()["error"]["message"]
