"""Prompts prepared in a process of their own: embedding and tokenizing then never hold up the streams.

Python's lock goes to and fro between the event loop and the threads that embed and tokenize, and the loop
shares its core with them where there are few. `make bench-preparing` shows what that costs.
"""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.errors import EngineFailed, NotReady
from app.rag.frames import frame, read_frame
from app.rag.preparer import Asked, IndexState, Made, Preparer
from app.retrieval.integrity import locate
from app.retrieval.retriever import Retrieved
from app.settings import Settings
from app.settings.model import RagSettings

STOP_S = 5.0
CHILD = "app.rag.preparing_child"
DIED = "the process that prepares prompts has died; restart the replica"


class PreparingProcess(Preparer):
    """Asks a ``Preparation`` in a child process; the child ends with this process, however that ends.

    Args:
        settings: all of them; they go to the child.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._index = IndexState()
        self._died = False

    @property
    def index(self) -> IndexState:
        """As the child last said."""
        return self._index

    async def start(self, rag: RagSettings) -> "asyncio.Future[Any]":
        """Start the child, which loads while this process does other things."""
        if rag.enabled and not self._settings.startup.wait_s:
            locate(Path(rag.index))  # or its absence would be told only when the engine has loaded
        here, there = socket.socketpair()
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-m", CHILD, str(there.fileno())],
                # A Ray worker finds the program by paths that are not in its environment.
                env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
            )
        reader, self._writer = await asyncio.open_connection(sock=here)
        self._reading = asyncio.create_task(self._read(reader))
        self._writer.write(frame(self._settings.model_dump(mode="json")))
        return self._ask("start", rag)

    async def use(self, rag: RagSettings) -> None:
        """Messages keep their order: what is asked from now on sees the new settings."""
        await self._ask("use", rag)

    async def prepare(self, asked: Asked) -> Made:
        """In the child."""
        made: Made = await self._ask("prepare", asked)
        return made

    async def retrieve(self, question: str, top_k: int | None) -> Retrieved:
        """In the child."""
        retrieved: Retrieved = await self._ask("retrieve", question, top_k)
        return retrieved

    def check_health(self) -> None:
        """Whether the child lives."""
        if self._died:
            raise EngineFailed(DIED)

    def _ask(self, name: str, *arguments: object) -> "asyncio.Future[Any]":
        """What is asked is on its way when this returns."""
        if self._writer is None:
            raise NotReady("the process that prepares prompts is not started")
        self.check_health()
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: self._waiting.pop(number))
        self._writer.write(frame((number, name, arguments)))
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Hand answers to those who wait for them, until the child has gone."""
        with suppress(EOFError):
            while True:
                number, outcome, index = await read_frame(reader)
                self._index = index or self._index
                answer = self._waiting.get(number)
                if answer is None or answer.done():  # news of the index alone, or its client has gone
                    continue
                if isinstance(outcome, Exception):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome)
        self._died = True
        for answer in list(self._waiting.values()):
            if not answer.done():
                answer.set_exception(EngineFailed(DIED))

    async def close(self) -> None:
        """The child ends when the connection does."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        if self._reading is not None:
            self._reading.cancel()
        if (process := self._process) is not None:
            try:
                await asyncio.to_thread(process.wait, STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
