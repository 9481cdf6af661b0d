"""From the pieces that were read to a reply: server-sent events of an OpenAI-compatible stream."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from loadtest.client.exchange import Reading

# Parsing pauses after so many events, so that it never holds up the reading of other streams for long.
EVENTS_BETWEEN_PAUSES = 32


@dataclass(slots=True)
class Reply:
    """What a stream said.

    Attributes:
        deltas: the time at which each non-empty content delta was read, ascending.
        t_end: the time at which [DONE] was read, else the end of reading.
        output_tokens: the server's usage count, None if it sent none.
        prompt_tokens: likewise.
        error: kind of error, None for a complete answer with content.
        detail: of the error.
        passages: ids of the retrieved passages, if the stream carried a `rag` field.
        sources: of the same passages, empty where one names none.
        spans: the server's own seconds in each stage, if the stream carried a `timings` field.
        spans_of: the request id that they are said to be of.
    """

    deltas: list[float] = field(default_factory=list)
    t_end: float = 0.0
    output_tokens: int | None = None
    prompt_tokens: int | None = None
    error: str | None = None
    detail: str = ""
    passages: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    spans: dict[str, float] | None = None
    spans_of: str = ""


def parse_reply(
    reading: Reading, pause: Callable[[], object] = lambda: None, texts: list[str] | None = None
) -> Reply:
    """The reply in a finished reading.

    A delta's time is that of the read that completed its `data:` line (OpenAI's streams have one line
    for each event). Kinds of error: those of the reading, http_<status>, protocol (no event stream),
    stream_error (an error event), incomplete (no [DONE]), no_content (complete, but without a delta).

    Args:
        reading: of an exchange that has ended.
        pause: called every EVENTS_BETWEEN_PAUSES events.
        texts: is given the deltas' texts; of most answers of a load nobody wants them.
    """
    reply = Reply(t_end=reading.t_end)
    if reading.status and reading.status != 200:
        reply.error = f"http_{reading.status}"
        reply.detail = _message(b"".join(body for _, body in reading.pieces))
        return reply
    if reading.status and not reading.content_type.startswith(b"text/event-stream"):
        reply.error = "protocol"
        reply.detail = f"answered with {reading.content_type.decode(errors='replace')!r}, not with a stream"
        return reply
    done = _parse_events(reading, reply, pause, texts)
    if reply.error is not None:
        return reply
    if reading.failure is not None and not done:
        reply.error, reply.detail = reading.failure
    elif not done:
        reply.error, reply.detail = "incomplete", "the stream ended without [DONE]"
    elif not reply.deltas:
        reply.error, reply.detail = "no_content", "the stream had no content"
    return reply


def _parse_events(
    reading: Reading, reply: Reply, pause: Callable[[], object], texts: list[str] | None
) -> bool:
    """Fill the reply from the events; returns whether [DONE] was read."""
    rest = b""
    events = 0
    for time, body in reading.pieces:
        lines = (rest + body).split(b"\n")
        rest = lines.pop()
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                reply.t_end = time
                return True
            try:
                _take(orjson.loads(data), time, reply, texts)
            except (AttributeError, TypeError, ValueError, KeyError, IndexError) as error:
                reply.error, reply.detail = "protocol", f"wrong event {data[:80]!r}: {error}"
            if reply.error is not None:
                reply.t_end = time
                return False
            events += 1
            if events % EVENTS_BETWEEN_PAUSES == 0:
                pause()
    return False


def _take(event: dict[str, Any], time: float, reply: Reply, texts: list[str] | None) -> None:
    if "error" in event:
        reply.error, reply.detail = "stream_error", _text_of(event["error"])
        return
    choices = event.get("choices")
    if choices:
        choice = choices[0]
        delta = choice.get("delta")
        text = delta["content"] if delta and "content" in delta else choice.get("text")
        if text:
            reply.deltas.append(time)
            if texts is not None:
                texts.append(text)
    usage = event.get("usage")
    if usage:
        reply.output_tokens = usage["completion_tokens"]
        reply.prompt_tokens = usage.get("prompt_tokens")
    rag = event.get("rag")
    if rag:
        passages = rag.get("passages") or []
        reply.passages = [str(passage["id"]) for passage in passages]
        reply.sources = [str(passage.get("source") or "") for passage in passages]
    timings = event.get("timings")
    # Other servers have a field of this name with other contents; without an id it can't be joined.
    if timings and "request_id" in timings:
        reply.spans_of = str(timings["request_id"])
        reply.spans = {name: float(value) for name, value in timings.items() if name != "request_id"}


def _message(body: bytes) -> str:
    """The message of an error body, OpenAI's shape or not, shortened."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:200].decode(errors="replace")
    return _text_of(answer.get("error", answer) if isinstance(answer, dict) else answer)


def _text_of(error: Any) -> str:
    message = error.get("message") or error.get("detail") if isinstance(error, dict) else None
    return str(message or error)[:200]
