"""``rag-llm ask`` against real servers, wrong ones and none."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.architectures.listen import listen
from app.engines.scripted import Script, ScriptedEngine
from app.settings import Settings
from tests.api.server import Server, running_server
from tests.cli.conftest import RagLlm

Make = Callable[..., Settings]
QUESTION = "When is the tide gate closed?"


@pytest.fixture(scope="module")
def server(make_settings: Make) -> Iterator[Server]:
    with running_server(make_settings(), ScriptedEngine(Script(word="[b]wörd "))) as host:
        yield host


@pytest.fixture(scope="module")
def guarded(make_settings: Make) -> Iterator[Server]:
    settings = make_settings(server={"api_keys": ["sk-right"]})
    with running_server(settings, ScriptedEngine()) as host:
        yield host


def test_passages_and_the_answer(rag_llm: RagLlm, server: Server) -> None:
    ended = rag_llm("ask", QUESTION, "--target", server.url, "--max-tokens", "3")
    assert ended.status == 0, ended.err
    # The answer alone is the output.
    assert ended.out.strip() == "[b]wörd [b]wörd [b]wörd"
    found = server.client.post("/v1/retrieve", json={"query": QUESTION}).json()["data"]
    lines = [line for line in ended.err.splitlines() if line]
    assert len(lines) == len(found) == 4
    for number, (line, passage) in enumerate(zip(lines, found, strict=True), 1):
        assert line.startswith(f"[{number}] {passage['score']:.2f} {passage['id']} ")


def test_top_k_and_no_rag(rag_llm: RagLlm, server: Server) -> None:
    assert len(rag_llm("ask", QUESTION, "--target", server.url, "--top-k", "2").err.splitlines()) == 2
    ended = rag_llm("ask", QUESTION, "--target", server.url, "--no-rag", "--max-tokens", "1")
    assert (ended.status, ended.out.strip(), ended.err) == (0, "[b]wörd", "")


def test_what_the_server_refuses_is_shown(rag_llm: RagLlm, server: Server) -> None:
    ended = rag_llm("ask", "gate " * 2000, "--target", server.url)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("error: the service answered 400: ")
    assert "the model's context holds 1024 tokens" in ended.err


def test_keys(rag_llm: RagLlm, guarded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["ask", QUESTION, "--target", guarded.url, "--max-tokens", "1"]
    for wrong in ([], ["--api-key", "sk-wrong"]):
        ended = rag_llm(*words, *wrong)
        assert ended.status == 1
        assert ended.err.startswith("error: the service answered 401: ")
    assert rag_llm(*words, "--api-key", "sk-right").status == 0
    monkeypatch.setenv("RAG_LLM_ASK__API_KEY", "sk-right")
    monkeypatch.setenv("RAG_LLM_ASK__TARGET", guarded.url)
    assert rag_llm("ask", QUESTION, "--max-tokens", "1").status == 0


def test_an_answer_that_breaks_off(rag_llm: RagLlm, make_settings: Make) -> None:
    with running_server(make_settings(), ScriptedEngine(Script(fail_after=2))) as host:
        ended = rag_llm("ask", QUESTION, "--target", host.url)
    assert ended.status == 1
    assert ended.out.startswith("word word")
    assert "error: the answer broke off: " in ended.err
    assert "the script fails" in ended.err


def test_a_service_that_loads(rag_llm: RagLlm, make_settings: Make) -> None:
    with running_server(make_settings(), ScriptedEngine(), start=False) as host:
        ended = rag_llm("ask", QUESTION, "--target", host.url)
    assert ended.status == 1
    assert "it is loading" in ended.err


def test_a_closed_port(rag_llm: RagLlm) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    ended = rag_llm("ask", QUESTION, "--target", f"http://127.0.0.1:{port}")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"error: http://127.0.0.1:{port}: ")
    assert ended.err.rstrip().endswith("start the service with `rag-llm serve`")
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("target", ["127.0.0.1:8000", "localhost", "ftp://localhost"])
def test_a_target_that_is_no_address(rag_llm: RagLlm, target: str) -> None:
    ended = rag_llm("ask", QUESTION, "--target", target)
    assert ended.status == 1
    assert ended.err.startswith(f"error: {target}")
    assert "Request URL" in ended.err


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b'{"data": []}', b"[]"])
def test_another_kind_of_server(rag_llm: RagLlm, body: bytes) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        ended = rag_llm("ask", QUESTION, "--target", f"http://127.0.0.1:{other.server_port}")
        other.shutdown()
        thread.join()
    assert ended.status == 1
    assert "is no rag-llm service" in ended.err
