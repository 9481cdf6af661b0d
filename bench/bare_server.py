"""The scripted engine behind a bare HTTP/1.1 server that knows what it really did.

`python -m bench.bare_server --ttft 0.05 --deltas 64` prints its port and serves until it is ended. It
answers like an OpenAI-compatible server, with no framework in between, so that what a load test reports
can be compared with what was sent: GET /truth lists, for each request, the time from the read of the
request to the write of its first delta, by the server's clock. Only for measuring and testing.
"""

import argparse
import asyncio
import json
import resource
import signal
from dataclasses import asdict, dataclass
from time import perf_counter

import httptools

from app.engines.contract import Sampling
from app.engines.scripted import Script, ScriptedEngine

MODEL = "bare"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the server answers.

    Attributes:
        ttft_s: from the request to the first delta.
        interval_s: between deltas, at absolute times.
        deltas: in an answer; max_tokens of the request, if smaller.
        concurrency: requests answered at the same time, the others wait in order; 0 is unlimited.
        fail_status: answer every request but the first with this status; 0 answers well.
        freeze_after: answer so many requests, then nothing more; 0 never freezes.
    """

    ttft_s: float = 0.05
    interval_s: float = 0.01
    deltas: int = 64
    concurrency: int = 0
    fail_status: int = 0
    freeze_after: int = 0


@dataclass(slots=True)
class Truth:
    """What happened to one request: seconds by the server's clock, 0 while it did not happen."""

    id: str
    read: float
    first: float = 0.0
    last: float = 0.0


class BareServer:
    """What all connections share."""

    def __init__(self, behaviour: Behaviour) -> None:
        """No request was answered yet."""
        self.behaviour = behaviour
        self.truths: list[Truth] = []
        script = Script(behaviour.ttft_s, behaviour.interval_s, max_num_seqs=behaviour.concurrency or 10**9)
        self.engine = ScriptedEngine(script)
        self.delta = event({"choices": [{"index": 0, "delta": {"content": script.word}}]})
        self.role = event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})


class Connection(asyncio.Protocol):
    """One connection, one request."""

    def __init__(self, server: BareServer) -> None:
        """Made by asyncio for each connection."""
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url, self._id, self._body = b"", "", b""
        self._read = 0.0
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Callback of asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Callback of asyncio: a client that went away is not answered further."""
        if self._task is not None:
            self._task.cancel()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Callback of asyncio."""
        self._read = perf_counter()
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Callback of the HTTP parser."""
        self._url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Callback of the HTTP parser."""
        if name.lower() == b"x-request-id":
            self._id = value.decode()

    def on_body(self, body: bytes) -> None:
        """Callback of the HTTP parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Callback of the HTTP parser: the request is whole."""
        server, url = self._server, self._url.decode()
        if url == "/v1/models":
            self._answer(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        elif url == "/v1/environment":
            self._answer(200, {"server": "bare", "behaviour": asdict(server.behaviour)})
        elif url == "/truth":
            self._answer(200, [asdict(truth) for truth in server.truths])
        elif url in ("/v1/chat/completions", "/v1/completions"):
            self._complete(json.loads(self._body))
        else:
            self._answer(404, {"error": {"message": f"no such path {url}"}})

    def _complete(self, request: dict[str, object]) -> None:
        server, behaviour = self._server, self._server.behaviour
        if request.get("model") != MODEL:
            self._answer(404, {"error": {"message": f"no such model {request.get('model')!r}"}})
            return
        truth = Truth(self._id, self._read)
        server.truths.append(truth)
        if behaviour.fail_status and len(server.truths) > 1:
            self._answer(behaviour.fail_status, {"error": {"message": "as told"}})
        elif behaviour.freeze_after and len(server.truths) > behaviour.freeze_after:
            return
        else:
            deltas = min(behaviour.deltas, int(str(request.get("max_tokens", behaviour.deltas))))
            self._task = asyncio.get_running_loop().create_task(self._stream(truth, deltas))

    async def _stream(self, truth: Truth, deltas: int) -> None:
        self._write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + self._server.role
        )
        async for _ in self._server.engine.generate(truth.id, (), Sampling(max_tokens=deltas)):
            truth.last = perf_counter()
            truth.first = truth.first or truth.last
            self._write(self._server.delta)
        usage = {"prompt_tokens": 10, "completion_tokens": deltas, "total_tokens": 10 + deltas}
        self._write(event({"choices": [], "usage": usage}) + chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        self._close()

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self._write(
            f"HTTP/1.1 {status} S\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        self._close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def chunked(data: bytes) -> bytes:
    """One piece of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(content: dict[str, object]) -> bytes:
    """One server-sent event, as one piece of a chunked body."""
    return chunked(b"data: " + json.dumps({"id": "bare", "model": MODEL} | content).encode() + b"\n\n")


async def _serve(behaviour: Behaviour, port: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = asyncio.get_running_loop()
    server = BareServer(behaviour)
    await server.engine.start()
    listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", port, backlog=4096)
    print(listener.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    listener.close()


def main() -> None:
    """Parse the options and serve until SIGINT or SIGTERM."""
    default = Behaviour()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; it is printed")
    parser.add_argument("--ttft", type=float, default=default.ttft_s)
    parser.add_argument("--interval", type=float, default=default.interval_s)
    parser.add_argument("--deltas", type=int, default=default.deltas)
    parser.add_argument("--concurrency", type=int, default=0, help="requests at a time, 0 is unlimited")
    parser.add_argument("--fail-status", type=int, default=0, help="for all requests but the first")
    parser.add_argument("--freeze-after", type=int, default=0, help="requests answered before it hangs")
    given = parser.parse_args()
    behaviour = Behaviour(
        given.ttft, given.interval, given.deltas, given.concurrency, given.fail_status, given.freeze_after
    )
    asyncio.run(_serve(behaviour, given.port))


if __name__ == "__main__":
    main()
