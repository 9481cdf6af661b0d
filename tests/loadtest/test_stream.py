"""A reply is the same however its bytes were cut, and each way to fail has its kind."""

import httptools
import orjson
import pytest

from loadtest.client.exchange import Reading
from loadtest.client.stream import Reply, parse_reply

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def _event(content: object) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"


def _delta(text: str, **more: object) -> bytes:
    return _event({"choices": [{"index": 0, "delta": {"content": text}}], **more})


USAGE = _event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5}})
DONE = b"data: [DONE]\n\n"
STREAM = [
    _event(
        {"choices": [{"delta": {"role": "assistant", "content": ""}}], "rag": {"passages": [{"id": "p1"}]}}
    ),
    _delta("Water"),
    b": a comment\r\n\r\n",
    _delta(" is\nwet 물"),
    _event({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
    USAGE,
    DONE,
]


def _chunked(pieces: list[bytes], end: bool = True) -> bytes:
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return HEAD + body + (b"0\r\n\r\n" if end else b"")


def _read(reads: list[bytes]) -> Reading:
    """A reading of these reads, at the times 1, 2, 3, …"""
    reading = Reading()
    parser = httptools.HttpResponseParser(reading)
    for number, data in enumerate(reads, start=1):
        reading.now = float(number)
        parser.feed_data(data)
    reading.status = parser.get_status_code()
    reading.t_end = float(len(reads))
    return reading


def _good(reply: Reply) -> None:
    assert (reply.error, reply.detail) == (None, "")
    assert (reply.output_tokens, reply.prompt_tokens, reply.passages) == (5, 9, ["p1"])
    assert len(reply.deltas) == 2


def test_a_stream_cut_at_any_byte_is_the_same_reply() -> None:
    data = _chunked(STREAM)
    for at in range(len(data) + 1):
        reading = _read([data[:at], data[at:]])
        assert reading.complete
        _good(parse_reply(reading))


def test_a_stream_read_byte_by_byte_is_the_same_reply() -> None:
    data = _chunked(STREAM)
    _good(parse_reply(_read([data[i : i + 1] for i in range(len(data))])))


def test_a_delta_has_the_time_of_the_read_that_completed_it() -> None:
    cut = _delta("late")
    reads = [HEAD, *(b"%x\r\n%s\r\n" % (len(p), p) for p in (_delta("a"), cut[:-9], cut[-9:], USAGE + DONE))]
    reply = parse_reply(_read([*reads, b"0\r\n\r\n"]))
    assert reply.deltas == [2.0, 4.0]
    assert reply.t_end == 5.0


def test_the_texts_are_kept_where_they_are_asked_for() -> None:
    texts: list[str] = []
    parse_reply(_read([_chunked(STREAM)]), texts=texts)
    assert "".join(texts) == "Water is\nwet 물"


def test_passages_keep_their_sources() -> None:
    passages = [{"id": "a.md:0", "source": "a.md"}, {"id": "b"}]
    reply = parse_reply(_read([_chunked([_delta("a", rag={"passages": passages}), DONE])]))
    assert (reply.passages, reply.sources) == (["a.md:0", "b"], ["a.md", ""])


@pytest.mark.parametrize(
    ("timings", "spans_of", "spans"),
    [
        ({"request_id": "r/0/1/7", "admit": 0.5, "prefill": 1}, "r/0/1/7", {"admit": 0.5, "prefill": 1.0}),
        # As llama.cpp's server sends it, unasked.
        ({"prompt_n": 9, "prompt_ms": 3.5}, "", None),
        (None, "", None),
    ],
)
def test_spans_are_taken_where_they_say_whose_they_are(
    timings: object, spans_of: str, spans: dict[str, float] | None
) -> None:
    last = _event({"choices": [], "timings": timings})
    reply = parse_reply(_read([_chunked([_delta("a"), last, DONE])]))
    assert (reply.error, reply.spans_of, reply.spans) == (None, spans_of, spans)


def test_text_completions_are_deltas_too() -> None:
    texts = [_event({"choices": [{"text": text}]}) for text in ("", "a", "b")]
    assert len(parse_reply(_read([_chunked([*texts, DONE])])).deltas) == 2


def test_a_connection_that_stays_open_after_done_is_no_error() -> None:
    reading = _read([_chunked(STREAM, end=False)])
    reading.failure = ("timeout", "no end")
    _good(parse_reply(reading))


@pytest.mark.parametrize(
    ("pieces", "kind", "said"),
    [
        ([_delta("a"), _event({"error": {"message": "engine died"}})], "stream_error", "engine died"),
        ([_delta("a")], "incomplete", "without [DONE]"),
        ([USAGE, DONE], "no_content", "no content"),
        ([b"data: {nonsense\n\n"], "protocol", "nonsense"),
        ([_event(["a list"])], "protocol", "a list"),
        ([_event({"choices": [{"delta": 3}]})], "protocol", "delta"),
        ([_event({"timings": {"request_id": "r", "admit": "soon"}})], "protocol", "soon"),
    ],
)
def test_a_bad_stream_has_its_kind(pieces: list[bytes], kind: str, said: str) -> None:
    reply = parse_reply(_read([_chunked(pieces)]))
    assert reply.error == kind
    assert said in reply.detail


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (429, b'{"error": {"message": "queue full"}}', "queue full"),
        (500, b"oh no", "oh no"),
        (422, b'{"detail": "wrong"}', "wrong"),
        (400, b"[1]", "[1]"),
    ],
)
def test_another_status_is_its_kind(status: int, body: bytes, detail: str) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
        status,
        len(body),
    )
    reply = parse_reply(_read([head + body]))
    assert reply.error == f"http_{status}"
    assert reply.detail == detail


def test_json_where_a_stream_was_asked_for_is_a_protocol_error() -> None:
    reply = parse_reply(
        _read([b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"])
    )
    assert reply.error == "protocol"


def test_a_failure_of_the_connection_keeps_its_kind_and_the_deltas_read() -> None:
    reading = _read([_chunked([_delta("a")], end=False)])
    reading.failure = ("timeout", "no end within the time limit")
    reply = parse_reply(reading)
    assert (reply.error, len(reply.deltas)) == ("timeout", 1)


def test_long_streams_are_parsed_with_pauses() -> None:
    pauses: list[int] = []
    parse_reply(_read([_chunked([*[_delta("a")] * 100, DONE])]), lambda: pauses.append(1))
    assert len(pauses) == 3
