"""Server-sent events written straight to ASGI, and clients that go away.

Starlette's StreamingResponse starts a task group for each response and passes each piece through two
more generators; per token that is a good part of a replica's CPU.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from starlette.types import Receive, Send

from app.api.faults import as_json, unexpected
from app.api.shapes import line

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    # nginx and its like would gather a stream into blocks otherwise.
    (b"x-accel-buffering", b"no"),
]
DONE = b"data: [DONE]\n\n"


class Sending:
    """One response on its way.

    Args:
        send: ASGI's.

    Attributes:
        started: whether anything of it has been sent.
    """

    __slots__ = ("send", "started")

    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = False

    async def events(self, lines: AsyncIterator[bytes], headers: list[tuple[bytes, bytes]]) -> None:
        """Send events as they come, then ``[DONE]``.

        Nothing is sent before the first event is there, so that an error up to then has its own status. A
        later one goes out as an event with an ``error``, and there is no ``[DONE]``.

        Args:
            lines: the events.
            headers: beside those of every stream.
        """
        send = self.send
        body = await anext(lines)
        self.started = True
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS + headers})
        last = DONE
        try:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            async for body in lines:
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except Exception as error:
            last = line(as_json(unexpected(error)))
        await send({"type": "http.response.body", "body": last})


async def while_connected(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work; cancel it when the client goes away."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        watching.cancel()
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
