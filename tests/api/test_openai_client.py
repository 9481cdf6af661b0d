"""The official OpenAI client works against the server as it is."""

from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from app.engines.scripted import Script, ScriptedEngine
from app.settings import Settings
from tests.api.server import Server, running_server

KEY = "key-of-the-test"
QUESTION: Any = [{"role": "user", "content": "Who orders the Ferrow Tide Gate closed?"}]


@pytest.fixture(scope="module")
def keyed(make_settings: Callable[..., Settings]) -> Iterator[Server]:
    settings = make_settings(server={"api_keys": ["other", KEY]})
    with running_server(settings, ScriptedEngine(Script(itl_s=0.002))) as host:
        yield host


@pytest.fixture
def client(keyed: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{keyed.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["demo"]


def test_chat(client: openai.OpenAI) -> None:
    answer: Any = client.chat.completions.create(model="demo", messages=QUESTION, max_tokens=5)
    assert answer.choices[0].message.content == "word " * 5
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 5
    assert answer.rag["passages"][0]["source"] == "en/tide-gate.md"


def test_chat_streams(client: openai.OpenAI) -> None:
    stream: Any = client.chat.completions.create(
        model="demo", messages=QUESTION, max_tokens=5, stream=True, stream_options={"include_usage": True}
    )
    events = list(stream)
    assert events[0].choices[0].delta.role == "assistant"
    assert events[0].rag["passages"][0]["id"].startswith("en/tide-gate.md:")
    assert "".join(e.choices[0].delta.content or "" for e in events if e.choices) == "word " * 5
    assert [e.choices[0].finish_reason for e in events if e.choices][-1] == "length"
    assert events[-1].usage.completion_tokens == 5


def test_completions_and_their_stream(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="demo", prompt="Once", max_tokens=3)
    assert answer.choices[0].text == "word word word "
    events = client.completions.create(model="demo", prompt="Once", max_tokens=3, stream=True)
    assert "".join(event.choices[0].text for event in events) == "word word word "


def test_a_wrong_key_a_wrong_model_and_a_wrong_field(client: openai.OpenAI, keyed: Server) -> None:
    with (
        openai.OpenAI(base_url=f"{keyed.url}/v1", api_key="wrong", max_retries=0) as wrong,
        pytest.raises(openai.AuthenticationError, match="not among the server's"),
    ):
        wrong.models.list()
    with pytest.raises(openai.NotFoundError, match="this server has 'demo'"):
        client.chat.completions.create(model="gpt", messages=QUESTION)
    with pytest.raises(openai.BadRequestError, match="temperature = 3"):
        client.chat.completions.create(model="demo", messages=QUESTION, temperature=3)


def test_no_key_at_all_is_401_and_health_needs_none(keyed: Server) -> None:
    for path in ("/v1/models", "/v1/environment"):
        answer = keyed.client.get(path)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "missing_api_key"
    assert keyed.chat().status_code == 401
    assert keyed.client.post("/v1/retrieve", json={"query": "gate"}).status_code == 401
    assert keyed.client.get("/health").status_code == 200
