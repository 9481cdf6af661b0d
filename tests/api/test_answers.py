"""What comes back from requests that are right."""

import httpx
import orjson

from tests.api.server import Server


def events(answer: httpx.Response) -> list[str]:
    return [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]


def test_a_stream_ends_with_done_and_usage_only_when_asked(server: Server) -> None:
    answer = server.chat(stream=True, max_tokens=3)
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = events(answer)
    assert lines[-1] == "[DONE]"
    assert not any("usage" in line for line in lines)
    lines = events(server.chat(stream=True, max_tokens=3, stream_options={"include_usage": True}))
    assert orjson.loads(lines[-2])["usage"]["completion_tokens"] == 3
    assert orjson.loads(lines[-2])["choices"] == []


def test_a_client_s_request_id_comes_back(server: Server) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1}
    answer = server.client.post("/v1/chat/completions", json=body, headers={"x-request-id": "mine"})
    assert answer.headers["x-request-id"] == "mine"
    assert answer.json()["id"] == "chatcmpl-mine"


def test_passages_come_with_their_texts_when_asked(server: Server) -> None:
    plain = server.chat(max_tokens=1, rag={"top_k": 2}).json()["rag"]["passages"]
    assert [set(passage) for passage in plain] == [{"id", "source", "score"}] * 2
    whole = server.chat(max_tokens=1, rag={"top_k": 2, "return_text": True}).json()["rag"]["passages"]
    assert [passage["id"] for passage in whole] == [passage["id"] for passage in plain]
    assert "Ferrow Tide Gate" in whole[0]["text"]
    assert plain[0]["score"] >= plain[1]["score"]


def test_a_request_may_choose_the_order_of_passages(server: Server) -> None:
    found = {
        order: [
            hit["id"]
            for hit in server.chat(max_tokens=1, rag=order and {"passage_order": order}).json()["rag"][
                "passages"
            ]
        ]
        for order in (None, "rank", "canonical")
    }
    assert found[None] == found["rank"] != found["canonical"] == sorted(found["rank"])


def test_passages_lengthen_the_prompt_and_can_be_switched_off(server: Server) -> None:
    with_passages = server.chat(max_tokens=1).json()
    without = server.chat(max_tokens=1, rag={"enabled": False}).json()
    assert len(with_passages["rag"]["passages"]) == 4
    assert without["rag"]["passages"] == []
    assert without["usage"]["prompt_tokens"] < 40 < with_passages["usage"]["prompt_tokens"]


def test_completions_retrieve_only_when_asked(server: Server) -> None:
    body = {"model": "demo", "prompt": "Who orders the tide gate closed?", "max_tokens": 1}
    assert server.client.post("/v1/completions", json=body).json()["rag"]["passages"] == []
    asked = server.client.post("/v1/completions", json={**body, "rag": {"enabled": True, "top_k": 1}}).json()
    assert asked["rag"]["passages"][0]["source"] == "en/tide-gate.md"


def test_content_in_parts_is_one_text(server: Server) -> None:
    parts = [{"type": "text", "text": "Who orders the "}, {"type": "text", "text": "tide gate closed?"}]
    body = {"model": "demo", "messages": [{"role": "user", "content": parts}], "max_tokens": 1}
    answer = server.client.post("/v1/chat/completions", json=body)
    assert answer.json()["rag"]["passages"][0]["source"] == "en/tide-gate.md"


def test_a_stop_text_ends_the_answer(server: Server) -> None:
    choice = server.chat(max_tokens=9, stop="rd w").json()["choices"][0]
    assert choice["message"]["content"] == "wo"
    assert choice["finish_reason"] == "stop"


def test_retrieve(server: Server) -> None:
    answer = server.client.post("/v1/retrieve", json={"query": "Ferrow Tide Gate", "top_k": 3}).json()
    assert len(answer["data"]) == 3
    assert set(answer["data"][0]) == {"id", "source", "score", "title", "text"}
    assert answer["data"][0]["source"] == "en/tide-gate.md"


def test_the_environment_says_what_a_report_needs(server: Server) -> None:
    said = server.client.get("/v1/environment").json()
    assert said["architecture"] == "baseline"
    assert said["index"]["documents"] == 60
    assert len(said["index"]["hash"]) == 16
    assert said["versions"]["ray"]
    assert said["replicas"] == 1
    assert len(said["replica"]) == 32
    assert said["load"] == {"ongoing": 0, "running": 0, "waiting": 0}
    assert "api_keys" not in str(said)
