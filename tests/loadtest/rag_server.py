"""A small OpenAI-compatible server with the extensions `timings` and `reset_prefix_cache`.

It answers as it is told to, for faults that a real service can't be told to have on time.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.loadtest.json_server import JsonHandler, listening

SPANS = {
    "admit": 0.001,
    "retrieve_queue": 0.002,
    "embed": 0.003,
    "search": 0.001,
    "prompt": 0.001,
    "engine_queue": 0.002,
    "prefill": 0.008,
    "first_delta": 0.002,
    "decode": 0.01,
    "end": 0.001,
}


@dataclass
class RagServer:
    """How it answers, and what it was asked.

    Attributes:
        environment: what /v1/environment says.
        passages: that each answer names.
        resets: answers to the next resets, in order; an int is a status without a body.
        vllm_resets: likewise, status and body, to those that go the way of `vllm serve`; else 404.
        foreign_spans: the second request in three has spans of another one.
        bodies: of the completions so far.
        events: what happened, in order: `reset`, `request` (a completion).
        connections: that were opened.
    """

    environment: dict[str, Any] = field(
        default_factory=lambda: {"extensions": ["timings", "reset_prefix_cache"], "replicas": 1}
    )
    passages: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"id": "a.md:0", "source": "a.md"},
            {"id": "docs.jsonl#7:2", "source": "docs.jsonl"},
        ]
    )
    resets: list[dict[str, Any] | int] = field(default_factory=list)
    vllm_resets: list[tuple[int, dict[str, Any] | None]] = field(default_factory=list)
    foreign_spans: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    connections: int = 0
    url: str = ""

    def completion(self, body: dict[str, Any], request_id: str) -> list[dict[str, Any]]:
        """The events of one answer."""
        self.bodies.append(body)
        text = body["messages"][-1]["content"]
        last: dict[str, Any] = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
        if body.get("timings"):
            foreign = self.foreign_spans and len(self.bodies) % 3 == 2
            last["timings"] = {"request_id": "somebody/else" if foreign else request_id, **SPANS}
        return [
            {
                "choices": [{"delta": {"role": "assistant", "content": ""}}],
                "rag": {"passages": self.passages},
            },
            {"choices": [{"delta": {"content": "You asked: "}}]},
            {"choices": [{"delta": {"content": text}}]},
            last,
        ]


@contextmanager
def rag_server(**told: Any) -> Iterator[RagServer]:
    """A server that was told these attributes."""
    state = RagServer(**told)

    class Answers(JsonHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            state.connections += 1
            super().setup()

        def do_GET(self) -> None:
            listed = {"/v1/models": {"data": [{"id": "m"}]}, "/v1/environment": state.environment}
            self.answer(200, listed[self.path])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/v1/reset_prefix_cache":
                state.events.append("reset")
                said = state.resets.pop(0) if state.resets else {"replica": "r0", "reset": True}
                self.answer(said if isinstance(said, int) else 200, {} if isinstance(said, int) else said)
                return
            if self.path == "/reset_prefix_cache":
                state.events.append("vllm reset")
                self.answer(*(state.vllm_resets.pop(0) if state.vllm_resets else (404, {})))
                return
            state.events.append("request")
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for event in state.completion(json.loads(body), self.headers["X-Request-Id"]):
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                time.sleep(0.01)
            self.wfile.write(b"data: [DONE]\n\n")

    with listening(Answers) as state.url:
        yield state
