"""A stand-in for the Kubernetes API server, for faults that a real one can't be told to have on time."""

import http.server
import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtest.cluster.packing import Content
from tests.loadtest.json_server import JsonHandler


@dataclass
class ApiServer:
    """What it holds and how it answers.

    Attributes:
        port: on which it listens, or will again.
        maps: the ConfigMaps that exist, by name.
        pods: that it lists.
        events: likewise.
        statuses: of the next answers to writes, in order; then 200.
        reports: `report.json` of each write that had one, with its time.
        refused: connections that it was away for are not among them.
    """

    port: int = 0
    maps: dict[str, Content] = field(default_factory=dict)
    pods: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    reports: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    server: http.server.ThreadingHTTPServer | None = None

    def up(self) -> None:
        """Listen (again)."""
        state = self

        class Answers(JsonHandler):
            def do_PATCH(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = state.statuses.pop(0) if state.statuses else 200
                name = self.path.partition("?")[0].rpartition("/")[2]
                if status == 200 and name not in state.maps:
                    status = 403
                assert self.headers["Content-Type"] == "application/apply-patch+yaml"
                if status == 200:
                    state.take(name, body)
                self.answer(status, body if status == 200 else {"message": f"told to answer {status}"})

            def do_GET(self) -> None:
                kind, _, name = self.path.partition("?")[0].rpartition("/")
                if kind.endswith("/configmaps"):
                    self.answer(*state.one(name))
                    return
                items = {"pods": state.pods, "events": state.events}.get(name, [])
                self.answer(200, {"items": items})

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Answers)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def take(self, name: str, body: dict[str, Any]) -> None:
        """Keep what was applied."""
        binary = {key: b64decode(text) for key, text in body["binaryData"].items()}
        self.maps[name] = Content(dict(body["data"]), binary)
        if "report.json" in body["data"]:
            self.reports.append((time.monotonic(), json.loads(body["data"]["report.json"])))

    def one(self, name: str) -> tuple[int, object]:
        """A ConfigMap as the API's JSON, with its HTTP status."""
        if name not in self.maps:
            return 404, {"message": f'configmaps "{name}" not found'}
        content = self.maps[name]
        binary = {key: b64encode(piece).decode() for key, piece in content.binary.items()}
        return 200, {"metadata": {"name": name}, "data": content.data, "binaryData": binary}

    def kubeconfig(self, folder: Path) -> str:
        """Write a kubeconfig that leads here; returns its path."""
        path = folder / "kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
        }
        path.write_text(json.dumps(content))
        return str(path)


@contextmanager
def api_server(*names: str) -> Iterator[ApiServer]:
    """One that holds empty ConfigMaps of these names."""
    state = ApiServer(maps={name: Content() for name in names})
    state.up()
    try:
        yield state
    finally:
        state.down()
