"""``python -m app.rag.preparing_child FD``: prepares prompts for the process at the socket's other end."""

import asyncio
import logging
import signal
import socket
import sys
from typing import Any

from app.errors import EngineFailed, RagLlmError
from app.pauses import freeze_heap
from app.rag.frames import frame, read_frame
from app.rag.preparation import Preparation
from app.rag.preparer import IndexState
from app.settings.load import check

log = logging.getLogger(__name__)
NEWS_EVERY_S = 0.2
NEWS = -1
"""The number of an answer that nobody asked for: the index has changed."""


class Child:
    """One connection, as long as it lasts.

    Args:
        preparation: does the work.
        writer: to the service.
    """

    def __init__(self, preparation: Preparation, writer: asyncio.StreamWriter) -> None:
        self._preparation = preparation
        self._writer = writer
        self._told = IndexState()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Work on all that is asked at once, until the service has gone."""
        tasks = {asyncio.create_task(self._tell_news())}
        try:
            while True:
                task = asyncio.create_task(self._answer(*await read_frame(reader)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except EOFError:
            return
        finally:
            for task in tasks:
                task.cancel()
            await self._preparation.close()

    async def _answer(self, number: int, name: str, arguments: tuple[Any, ...]) -> None:
        try:
            outcome = await getattr(self._preparation, name)(*arguments)
            if name == "start":
                outcome = None  # all is loaded, and the future stays here
                freeze_heap()
        except RagLlmError as error:
            outcome = error
        except Exception as error:  # which might not go through a pickle
            log.exception("%s failed", name)
            outcome = EngineFailed(f"preparing the prompt failed ({type(error).__name__}: {error}).")
        # Only these change the index; of what else befalls it, the news tell soon enough.
        self._send(number, outcome, self._preparation.index if name in ("start", "use") else None)

    async def _tell_news(self) -> None:
        """An index that was waited for is there, or given up."""
        while True:
            await asyncio.sleep(NEWS_EVERY_S)
            if (index := self._preparation.index) != self._told:
                self._send(NEWS, None, index)

    def _send(self, number: int, outcome: Any, index: IndexState | None) -> None:
        self._told = index or self._told
        self._writer.write(frame((number, outcome, index)))


async def main(descriptor: int) -> None:
    """The first message is the settings."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    settings = check(await read_frame(reader))
    await Child(Preparation(settings), writer).serve(reader)


if __name__ == "__main__":
    # Ctrl-C reaches all processes of a terminal; the service ends first and takes this one along.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    asyncio.run(main(int(sys.argv[1])))
