"""``rag-llm serve`` as a process, as a user starts it, and what a test wants to know of it."""

import itertools
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from app.cli.background import BackgroundService
from app.settings import Settings
from tests.processes import descendants


class ServiceProcess(BackgroundService):
    """A running architecture.

    Attributes:
        client: an HTTP client for it.
        metrics_port: the first port of its metrics, or None.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings, folder)
        self.client = httpx.Client(base_url=self.url, timeout=60)
        self.metrics_port = settings.metrics.port

    def chat(self, text: str, **fields: object) -> httpx.Response:
        body = {"model": "demo", "messages": [{"role": "user", "content": text}], **fields}
        return self.client.post("/v1/chat/completions", json=body)

    def idle(self, within_s: float = 15) -> bool:
        """Whether nothing is generated any more."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            load = self.client.get("/v1/environment").json()["load"]
            if load["running"] + load["waiting"] == 0:
                return True
            time.sleep(0.1)
        return False

    def descendants(self, name: str) -> list[psutil.Process]:
        """Living descendants whose command line contains a name."""
        return descendants(self.process.pid, name)

    def metrics(self) -> list[str]:
        """What /metrics says, of each process that has them."""
        assert self.metrics_port is not None
        pages = []
        for port in range(self.metrics_port, self.metrics_port + 16):
            with suppress(httpx.ConnectError):
                pages.append(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text)
        return pages

    def stop_and_look(self) -> list[psutil.Process]:
        """Stop it; give those of its descendants that outlive it."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.client.close()
        self.stop()
        return [process for process in family if process.is_running()]


def free_port(first: int = 20000) -> int:
    """A port below those that the kernel hands out, so that Ray's own don't take it meanwhile."""
    for port in itertools.count(first, 10):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
