"""Server-sent events written straight to ASGI, and clients that go away.

Starlette's StreamingResponse starts a task group for each response and passes each piece through two
more generators; per token that is a good part of a replica's CPU.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import orjson
from starlette.types import Receive, Send

from app.api.faults import as_json, unexpected

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    # nginx and its like would gather a stream into blocks otherwise.
    (b"x-accel-buffering", b"no"),
]
DONE = b"data: [DONE]\n\n"


async def send_events(
    send: Send, events: AsyncIterator[dict[str, Any]], headers: list[tuple[bytes, bytes]]
) -> None:
    """Send events as they come, then ``[DONE]``.

    Nothing is sent before the first event is there, so that an error up to then has its own status. A
    later one goes out as an event with an ``error``, and there is no ``[DONE]``.
    """
    first = await anext(events)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS + headers})
    last = DONE
    try:
        await _send_event(send, first)
        async for event in events:
            await _send_event(send, event)
    except Exception as error:
        last = b"data: " + orjson.dumps(as_json(unexpected(error))) + b"\n\n"
    await send({"type": "http.response.body", "body": last})


async def _send_event(send: Send, event: dict[str, Any]) -> None:
    body = b"data: " + orjson.dumps(event) + b"\n\n"
    await send({"type": "http.response.body", "body": body, "more_body": True})


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
