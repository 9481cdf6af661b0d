"""The programs that the chart puts into pods: what `helm test` asks, and what the Jobs do."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.chart.render import CHART

FILES = CHART / "files"
KEY = "sk-right"
PASSAGES = {"rag": {"passages": [{"id": "a.md:0"}]}}


def delta(text: str) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}}]}


GOOD = [
    {"choices": [{"delta": {"role": "assistant", "content": ""}}], **PASSAGES},
    delta("Yes"),
    delta(", it is."),
]


class Service(BaseHTTPRequestHandler):
    """Answers with the server's ``events``."""

    def do_GET(self) -> None:
        refused = self.server.keyed and self.headers["authorization"] != f"Bearer {KEY}"  # type: ignore[attr-defined]
        self._answer(401 if refused else 200, json.dumps({"data": [{"id": "demo"}]}))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        events = [json.dumps(event) for event in self.server.events]  # type: ignore[attr-defined]
        events += ["[DONE]"] if self.server.done else []  # type: ignore[attr-defined]
        self._answer(200, "".join(f"data: {event}\n\n" for event in events), "text/event-stream")

    def _answer(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


def start(port: int, *, expect: bool = True) -> "subprocess.Popen[str]":
    said = {"ADDRESS": f"http://127.0.0.1:{port}", "QUESTION": "Is it?", "API_KEYS": f"{KEY},other"}
    return subprocess.Popen(
        [sys.executable, str(FILES / "ask_streamed.py")],
        env=os.environ | said | {"EXPECT_PASSAGES": str(expect).lower()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


Ask = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ask() -> Iterator[Ask]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(
        events: list[dict[str, Any]], *, done: bool = True, keyed: bool = True, expect: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        vars(server).update(events=events, done=done, keyed=keyed)
        process = start(server.server_port, expect=expect)
        printed, complained = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, printed, complained)

    yield run
    server.shutdown()
    server.server_close()


def test_a_service_that_is_not_reached_yet_is_waited_for() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service, bind_and_activate=False) as server:
        vars(server).update(events=GOOD, done=True, keyed=True)
        server.server_bind()
        process = start(server.server_port)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("waiting for http://127.0.0.1")
        server.server_activate()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        printed, complained = process.communicate(timeout=60)
        server.shutdown()
    assert process.returncode == 0, complained
    assert "1 passages" in printed


def test_a_streamed_answer_with_passages(ask: Ask) -> None:
    done = ask(GOOD)
    assert done.returncode == 0, done.stderr
    assert "2 deltas, 1 passages" in done.stdout
    assert "'Yes, it is.'" in done.stdout


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([GOOD[0], delta("Yes, it is.")], "it wasn't streamed"),
        (GOOD[1:], "the answer came without passages"),
        ([*GOOD, {"error": {"message": "the engine died"}}], "the answer broke off: the engine died"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, events: list[dict[str, Any]], sentence: str) -> None:
    done = ask(events)
    assert done.returncode == 1
    assert sentence in done.stderr


def test_a_stream_without_its_end(ask: Ask) -> None:
    assert "the stream ended without [DONE]" in ask(GOOD, done=False).stderr


def test_a_service_that_takes_any_key(ask: Ask) -> None:
    assert "a wrong API key was not refused" in ask(GOOD, keyed=False).stderr


def test_passages_are_not_expected_where_retrieval_is_off(ask: Ask) -> None:
    assert ask(GOOD[1:], expect=False).returncode == 0


def download(shared: Path, hub: str) -> "subprocess.CompletedProcess[str]":
    """Run the models Job's program with another hub library, and another folder than /mnt/shared."""
    (shared / "huggingface_hub.py").write_text(hub, "utf-8")
    program = (FILES / "download_models.py").read_text("utf-8").replace("/mnt/shared", str(shared))
    models = json.dumps([{"repo": "org/model", "revision": "v1", "path": "models/m"}])
    environment = os.environ | {"MODELS": models, "PYTHONPATH": str(shared)}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


HUB = """
def snapshot_download(repo, revision, local_dir):
    local_dir.mkdir(parents=True, exist_ok=True)
    (local_dir / "config.json").write_text(f"{repo}@{revision}")
"""


def test_a_model_gets_its_name_when_it_is_complete(tmp_path: Path) -> None:
    assert download(tmp_path, HUB + "    raise OSError('the line broke')").returncode == 1
    assert not (tmp_path / "models" / "m").exists()
    assert download(tmp_path, HUB).returncode == 0
    assert (tmp_path / "models" / "m" / "config.json").read_text("utf-8") == "org/model@v1"


def test_a_model_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "models" / "m").mkdir(parents=True)
    done = download(tmp_path, "raise ImportError('no hub is needed')")
    assert done.returncode == 0, done.stderr
    assert "is there" in done.stdout


def build_index(root: Path, embedding: str = "a-package") -> "subprocess.CompletedProcess[str]":
    """Run the index Job's program with a `rag-llm` that only says what it was told."""
    program = root / "bin" / "rag-llm"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text('#!/bin/sh\necho "told: $@"\n', "utf-8")
    program.chmod(0o755)
    said = {"INDEX_ROOT": str(root / "index"), "CORPUS": "/corpus", "RAG_LLM_EMBEDDING__MODEL": embedding}
    environment = os.environ | said | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    command = ["bash", "-c", (FILES / "build_index.sh").read_text("utf-8")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_an_index_is_made_once(tmp_path: Path) -> None:
    assert f"told: index build /corpus --index-root {tmp_path}/index" in build_index(tmp_path).stdout
    (tmp_path / "index" / "current").mkdir(parents=True)
    assert build_index(tmp_path).stdout == f"the index of this content is there: {tmp_path}/index\n"


def test_the_index_waits_for_its_embedding_model(tmp_path: Path) -> None:
    threading.Timer(1.0, (tmp_path / "e").mkdir).start()
    done = build_index(tmp_path, str(tmp_path / "e"))
    assert done.stdout.splitlines()[0] == f"waiting for the embedding model at {tmp_path}/e"
    assert "told: index build" in done.stdout
