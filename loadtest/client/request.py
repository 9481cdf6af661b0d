"""The bytes of a request, prepared so that sending one costs a join."""

from collections.abc import Collection
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from loadtest.plan.questions import Question
from loadtest.settings import RunSettings

TIMINGS = "timings"


class RequestShape(BaseModel):
    """What all requests of a run have in common; sent to every worker, hence without the API key.

    Attributes:
        path: of the endpoint, below the target's base URL.
        rag: the extension field `rag`, sent only if it was asked for.
        timings: ask for the server's spans, of a server that says it has them.
        timeout_s: from sending to the end of the stream.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str
    path: str
    model: str
    max_tokens: int
    ignore_eos: bool
    seed: int
    rag: dict[str, Any] | None
    timings: bool
    timeout_s: float

    def body(self, text: str) -> dict[str, Any]:
        """The JSON body that asks for a stream; `text` is the question."""
        fields: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            "temperature": 0,
            "seed": self.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.path.endswith("/chat/completions"):
            fields["messages"] = [{"role": "user", "content": text}]
        else:
            fields["prompt"] = text
        if self.ignore_eos:
            fields["ignore_eos"] = True
        if self.rag is not None:
            fields["rag"] = self.rag
        if self.timings:
            fields["timings"] = True
        return fields


def shape_of(settings: RunSettings, model: str, extensions: Collection[str]) -> RequestShape:
    """The shape of a run's requests to the given model.

    Args:
        settings: of the run.
        model: its name.
        extensions: what the server says it has beyond OpenAI's API; another one may refuse what it
            doesn't know.
    """
    rag = {"enabled": settings.rag, "top_k": settings.top_k, "passage_order": settings.passage_order}
    rag = {name: value for name, value in rag.items() if value is not None}
    return RequestShape(
        target=settings.target,
        path="/v1/chat/completions" if settings.endpoint == "chat" else "/v1/completions",
        model=model,
        max_tokens=settings.max_tokens,
        ignore_eos=settings.ignore_eos,
        seed=settings.seed,
        rag=rag or None,
        timings=TIMINGS in extensions,
        timeout_s=settings.timeout,
    )


class RequestWriter:
    """Writes requests; heads and bodies are made before the level, not at the arrival."""

    def __init__(
        self, shape: RequestShape, questions: list[Question], netloc: str, base_path: str, api_key: str | None
    ) -> None:
        """Prepare one request for each question.

        Args:
            shape: what all requests have in common.
            questions: all that can be asked.
            netloc: host and port for the Host header.
            base_path: path of the target before /v1, often empty.
            api_key: bearer token, if any.
        """
        lines = [
            f"POST {base_path}{shape.path} HTTP/1.1",
            f"Host: {netloc}",
            "Content-Type: application/json",
            "Accept: text/event-stream",
            "User-Agent: loadtest",
            # One connection for each arrival: every arrival is a new user.
            "Connection: close",
        ]
        if api_key:
            lines.append(f"Authorization: Bearer {api_key}")
        head = "\r\n".join(lines)
        bodies = [orjson.dumps(shape.body(question.text)) for question in questions]
        self._heads = [f"{head}\r\nContent-Length: {len(body)}\r\nX-Request-Id: ".encode() for body in bodies]
        self._tails = [b"\r\n\r\n" + body for body in bodies]

    def write(self, question: int, request_id: str) -> bytes:
        """The bytes that ask a question (by its index) under a request id."""
        return self._heads[question] + request_id.encode() + self._tails[question]
