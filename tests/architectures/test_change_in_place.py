"""Serve is told of changes as KubeRay tells it: replicas take them while they answer; none is replaced."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.architectures.questions import some
from tests.architectures.service import free_port
from tests.processes import descendants


class Cluster:
    """Ray Serve in a process of its own; see ``serve_config``."""

    def __init__(self, settings: dict[str, str]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.architectures.serve_config", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | settings,
            start_new_session=True,
        )

    def deploy(self, **user_config: dict[str, object]) -> str:
        """Apply a configuration; gives what became of it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        deployment = {"name": "rag-llm", "user_config": user_config}
        application = {
            "name": "rag-llm",
            "route_prefix": "/",
            "import_path": "app.architectures.cluster:build",
            "deployments": [deployment],
        }
        self.process.stdin.write(json.dumps(application) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def environment(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.url}/v1/environment", timeout=30).json()
        return answer

    def processes(self, name: str) -> set[int]:
        return {process.pid for process in descendants(self.process.pid, name)}

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(90)


class Asking:
    """A client that asks until it is stopped, and keeps what wasn't an answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answered = 0
        self.failed: list[str] = []
        self._thread.start()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._stop.is_set():
                for question in some(5):
                    messages = [{"role": "user", "content": question}]
                    body = {"model": "demo", "messages": messages, "max_tokens": 20}
                    answer = client.post("/v1/chat/completions", json=body)
                    if answer.status_code == 200 and answer.json()["rag"]["passages"]:
                        self.answered += 1
                    else:
                        self.failed.append(answer.text)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(90)


@pytest.fixture
def start(make_settings: Callable[..., Settings]) -> Iterator[Callable[[str], Cluster]]:
    started: list[Cluster] = []

    def begin(architecture: str) -> Cluster:
        settings = make_settings()
        values = {
            "ARCHITECTURE": architecture,
            "MODEL__PATH": settings.model.path,
            "MODEL__NAME": "demo",
            "RAG__INDEX": settings.rag.index,
            "STARTUP__WAIT_S": "60",
        }
        started.append(Cluster({f"RAG_LLM_{name}": value for name, value in values.items()}))
        return started[-1]

    yield begin
    for cluster in started:
        cluster.stop()


def until(condition: Callable[[], bool], within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_prompt_and_index_change_in_the_replica_that_runs(
    start: Callable[[str], Cluster], demo_indexes: Path, tmp_path: Path
) -> None:
    cluster = start("rsc")
    assert cluster.deploy(rag={"top_k": 3}, server={"allow_cache_reset": True}) == "RUNNING"
    first = cluster.environment()
    assert first["rag"]["top_k"] == 3
    assert "reset_prefix_cache" in first["extensions"]
    replicas = cluster.processes("ray::ServeReplica")
    asking = Asking(cluster.url)
    try:
        assert cluster.deploy(rag={"top_k": 2, "index": str(tmp_path / "new")}) == "RUNNING"
        waiting = cluster.environment()
        assert waiting["rag"]["top_k"] == 2
        assert "reset_prefix_cache" not in waiting["extensions"]
        assert waiting["pending_index"]["waiting"]
        assert waiting["index"] == first["index"]
        shutil.copytree(demo_indexes, tmp_path / "copy", symlinks=True)
        (tmp_path / "copy").rename(tmp_path / "new")
        until(lambda: cluster.environment()["pending_index"] is None)

        shutil.copytree(demo_indexes, tmp_path / "bad", symlinks=True)
        vectors = next((tmp_path / "bad").rglob("vectors.faiss"))
        vectors.write_bytes(vectors.read_bytes()[:-1])
        assert cluster.deploy(rag={"index": str(tmp_path / "bad")}) == "RUNNING"
        assert "damaged" in cluster.environment()["pending_index"]["reason"]

        assert cluster.deploy(rag={"top_kk": 1}) == "RUNNING"
        assert "rag.top_kk" in cluster.environment()["refused_change"]
    finally:
        asking.stop()
    assert asking.failed == []
    assert asking.answered > 10
    assert cluster.processes("ray::ServeReplica") == replicas


def test_the_dispatcher_of_rac_gets_more_and_fewer_actors(start: Callable[[str], Cluster]) -> None:
    cluster = start("rac")
    assert cluster.deploy() == "RUNNING"
    dispatcher = cluster.processes("ray::ServeReplica")
    asking = Asking(cluster.url)
    try:
        assert cluster.deploy(replicas={"count": 2}) == "RUNNING"
        until(lambda: cluster.environment()["engine"]["actors_ready"] == 2)
        assert len(cluster.processes("ray::EngineActor")) == 2
        assert cluster.deploy(replicas={"count": 1}) == "RUNNING"
        until(lambda: len(cluster.processes("ray::EngineActor")) == 1)
    finally:
        asking.stop()
    assert asking.failed == []
    assert asking.answered > 10
    assert cluster.processes("ray::ServeReplica") == dispatcher
