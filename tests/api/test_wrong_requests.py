"""Wrong requests get a 4xx in OpenAI's shape that names the field, the value and what is right."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.server import Server

CHAT = {"model": "demo", "messages": [{"role": "user", "content": "hello"}]}
PLAIN = {"model": "demo", "prompt": "hello"}

WRONG_FIELDS: list[tuple[dict[str, Any], str | None, str]] = [
    ({**CHAT, "temperature": "hot"}, "temperature", "'hot'"),
    ({**CHAT, "temperature": 2.5}, "temperature", "2.5"),
    ({**CHAT, "top_p": 0}, "top_p", "greater than 0"),
    ({**CHAT, "max_tokens": 0}, "max_tokens", "greater than or equal to 1"),
    ({**CHAT, "max_tokens": "5"}, "max_tokens", "'5'"),
    ({**CHAT, "seed": -1}, "seed", "-1"),
    ({**CHAT, "stop": ["a", "b", "c", "d", "e"]}, "stop", "at most 4"),
    ({**CHAT, "stop": [""]}, "stop.0", "at least 1"),
    ({**CHAT, "n": 2}, "n", "2"),
    ({**CHAT, "repetition_penalty": 1.1}, "repetition_penalty", "1.1"),
    ({**CHAT, "logprobs": True}, "logprobs", "True"),
    ({**CHAT, "tools": [{}]}, "tools", "at most 0"),
    ({**CHAT, "stream": "yes"}, "stream", "'yes'"),
    ({**CHAT, "stream_options": {"include_use": True}}, "stream_options.include_use", "not a field"),
    ({**CHAT, "rag": {"top_k": 0}}, "rag.top_k", "greater than or equal to 1"),
    ({**CHAT, "rag": {"topk": 3}}, "rag.topk", "not a field"),
    ({**CHAT, "rag": {"passage_order": "best"}}, "rag.passage_order", "'rank'"),
    ({**CHAT, "temprature": 1}, "temprature", "not a field"),
    ({**CHAT, "messages": []}, "messages", "at least 1"),
    ({**CHAT, "messages": [{"role": "robot", "content": "x"}]}, "messages.0.role", "'robot'"),
    ({**CHAT, "messages": [{"role": "user"}]}, "messages.0.content", "missing"),
    (
        {**CHAT, "messages": [{"role": "user", "content": [{"type": "image_url", "text": "x"}]}]},
        "messages.0.content",
        "image_url",
    ),
    ({"messages": CHAT["messages"]}, "model", "missing"),
    ({**CHAT, "messages": [{"role": "assistant", "content": "x"}]}, "rag.enabled", "user message"),
]


@pytest.mark.parametrize(("body", "param", "said"), WRONG_FIELDS)
def test_a_wrong_field_in_a_chat(server: Server, body: dict[str, Any], param: str, said: str) -> None:
    answer = server.client.post("/v1/chat/completions", json=body)
    error = answer.json()["error"]
    assert answer.status_code == 400, error
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert (error["param"] or "").startswith(param)
    assert said in error["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "demo"}, "prompt"),
        ({**PLAIN, "prompt": ""}, "prompt"),
        ({**PLAIN, "prompt": []}, "prompt"),
        ({**PLAIN, "echo": True}, "echo"),
        ({**PLAIN, "best_of": 3}, "best_of"),
        ({**PLAIN, "prompt": [1, 2], "rag": {"enabled": True}}, "rag.enabled"),
    ],
)
def test_a_wrong_field_in_a_completion(server: Server, body: dict[str, Any], param: str) -> None:
    answer = server.client.post("/v1/completions", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(param)


def test_fields_that_change_nothing_are_taken(server: Server) -> None:
    """As clients send them: `vllm bench serve` its repetition_penalty, for one."""
    nothing = {
        "n": 1,
        "repetition_penalty": 1.0,
        "presence_penalty": 0,
        "frequency_penalty": 0.0,
        "logit_bias": {},
    }
    answer = server.client.post("/v1/completions", json={**PLAIN, "max_tokens": 2, **nothing})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1]"])
def test_a_body_that_is_no_json_object(server: Server, body: bytes) -> None:
    answer = server.client.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Without a Content-Length."""
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/retrieve"])
@pytest.mark.parametrize("announced", [True, False])
def test_an_enormous_body(server: Server, path: str, announced: bool) -> None:
    body = json.dumps({**PLAIN, "prompt": "x" * 5_000_000}).encode()
    answer = server.client.post(path, content=body if announced else in_pieces(body))
    assert answer.status_code == 413
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert "1,048,576 bytes" in error["message"]
    # The connection stays good for the next request.
    assert server.chat(max_tokens=1).status_code == 200


def test_a_body_just_short_enough_is_read(server: Server) -> None:
    body = json.dumps(CHAT).encode()
    padded = body + b" " * (server.service.settings.server.max_body_bytes - len(body))
    assert server.client.post("/v1/chat/completions", content=padded).status_code == 200
    assert server.client.post("/v1/chat/completions", content=padded + b" ").status_code == 413


def test_a_client_that_goes_away_while_it_sends(server: Server) -> None:
    address = server.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as connection:
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
        connection.sendall(head.encode())
    assert server.wait_idle()
    assert server.chat(max_tokens=1).status_code == 200


def test_an_unknown_model(server: Server) -> None:
    answer = server.client.post("/v1/chat/completions", json={**CHAT, "model": "other"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "'demo'" in answer.json()["error"]["message"]


def test_an_unknown_path_and_a_wrong_method(server: Server) -> None:
    answer = server.client.get("/v1/chat")
    assert answer.status_code == 404
    assert "/v1/chat/completions" in answer.json()["error"]["message"]
    answer = server.client.get("/v1/chat/completions")
    assert answer.status_code == 405
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("query", [{"query": ""}, {"question": "x"}, {"query": "x", "top_k": 0}])
def test_a_wrong_retrieve_request(server: Server, query: dict[str, Any]) -> None:
    assert server.client.post("/v1/retrieve", json=query).status_code == 400


def test_more_passages_than_there_are(server: Server) -> None:
    answer = server.client.post("/v1/retrieve", json={"query": "gate", "top_k": 100})
    assert answer.status_code == 200
    assert len(answer.json()["data"]) == 100
