"""What answers look like, after OpenAI's API reference."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import orjson

from app.engines.contract import Delta
from app.retrieval.index import Hit

Json = dict[str, Any]
PLACE = "\ue000"
"""Stands for a delta's text in an event of which only that will change."""


def line(event: Json) -> bytes:
    """A server-sent event."""
    return b"data: " + orjson.dumps(event) + b"\n\n"


def usage_json(prompt_tokens: int, completion_tokens: int) -> Json:
    """Token counts."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def passages_json(hits: list[Hit], *, with_text: bool) -> list[Json]:
    """Passages, best first; scores are cosines."""
    shown = []
    for hit in hits:
        passage = hit.passage
        item: Json = {"id": passage.id, "source": passage.source, "score": round(hit.score, 4)}
        shown.append(item | {"title": passage.title, "text": passage.text} if with_text else item)
    return shown


class Shape(ABC):
    """The parts of one answer.

    Args:
        request_id: becomes the answer's id.
        created: Unix time in seconds.
        model: the served name.
    """

    prefix: ClassVar[str]
    whole_object: ClassVar[str]
    event_object: ClassVar[str]

    def __init__(self, request_id: str, created: int, model: str) -> None:
        self._head: Json = {"id": f"{self.prefix}-{request_id}", "created": created, "model": model}
        self._event_head: Json = self._head | {"object": self.event_object}
        # Built once a request and not once a token: at 10,000 tokens a second that is a good part of a core.
        self._before, _, self._after = line(self.event(Delta(PLACE, 1))).rpartition(orjson.dumps(PLACE))

    def event(self, delta: Delta) -> Json:
        """One delta as an event."""
        return self._event_head | {"choices": [self._piece(delta)]}

    def line(self, delta: Delta) -> bytes:
        """The same, as it is sent."""
        if delta.finish_reason is None and delta.text:
            return self._before + orjson.dumps(delta.text) + self._after
        return line(self.event(delta))

    @abstractmethod
    def first_event(self) -> Json:
        """What opens a stream."""

    @abstractmethod
    def _piece(self, delta: Delta) -> Json:
        """A delta as a choice."""

    @abstractmethod
    def _choice(self, text: str, reason: str | None) -> Json:
        """The whole answer as a choice."""

    def closing_event(self, fields: Json) -> Json:
        """The last event of a stream whose request asked for more than text: no choices."""
        return self._event_head | {"choices": []} | fields

    def whole(self, text: str, reason: str | None, usage: Json) -> Json:
        """An answer that isn't streamed."""
        return self._head | {
            "object": self.whole_object,
            "choices": [self._choice(text, reason)],
            "usage": usage,
        }


class ChatShape(Shape):
    """Of /v1/chat/completions."""

    prefix = "chatcmpl"
    whole_object = "chat.completion"
    event_object = "chat.completion.chunk"

    def first_event(self) -> Json:
        """The role, and no content yet."""
        choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
        return self._event_head | {"choices": [choice]}

    def _piece(self, delta: Delta) -> Json:
        content = {"content": delta.text} if delta.text else {}
        return {"index": 0, "delta": content, "finish_reason": delta.finish_reason}

    def _choice(self, text: str, reason: str | None) -> Json:
        message = {"role": "assistant", "content": text, "refusal": None}
        return {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}


class CompletionShape(Shape):
    """Of /v1/completions."""

    prefix = "cmpl"
    whole_object = "text_completion"
    event_object = "text_completion"

    def first_event(self) -> Json:
        """An empty text: it carries the passages."""
        return self.event(Delta("", 0))

    def _piece(self, delta: Delta) -> Json:
        return {"index": 0, "text": delta.text, "finish_reason": delta.finish_reason, "logprobs": None}

    def _choice(self, text: str, reason: str | None) -> Json:
        return {"index": 0, "text": text, "finish_reason": reason, "logprobs": None}
