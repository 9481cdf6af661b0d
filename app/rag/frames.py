"""Messages between a service and the process that prepares its prompts: a length, then a pickle.

Both ends are this program, on a socket pair that nobody else can open.
"""

import asyncio
import pickle
from typing import Any

LENGTH_BYTES = 4


def frame(message: Any) -> bytes:
    """The bytes of one message."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """The next message.

    Raises:
        EOFError: the other end has gone.
    """
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        return pickle.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError("the other end has gone") from error
