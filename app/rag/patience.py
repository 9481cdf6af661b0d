"""Waits for what isn't there yet: a model folder or an index that a job may still be making."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from app.errors import RagLlmError

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
SAY_EVERY_S = 30.0
Found = TypeVar("Found")


class Patience:
    """Looks again and again, until a time that all its waits share.

    Args:
        wait_s: seconds from now; 0: look once.
    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._until = time.monotonic() + wait_s

    async def wait(
        self,
        look: Callable[[], Found],
        missing: type[RagLlmError],
        note: Callable[[RagLlmError], None] | None = None,
    ) -> Found:
        """What ``look`` returns, as soon as it doesn't raise ``missing``; it is called in a thread.

        Args:
            look: finds the thing.
            missing: the error that time may cure; every other one is passed on.
            note: told each such error.

        Raises:
            RagLlmError: it is still missing when the time is over.
        """
        say_at = time.monotonic()
        while True:
            try:
                return await asyncio.to_thread(look)
            except missing as error:
                if note is not None:
                    note(error)
                left_s = self._until - time.monotonic()
                if left_s <= 0:
                    raise
                if time.monotonic() >= say_at:
                    # A warning, as lesser messages of a Ray worker are not logged.
                    log.warning(
                        "waiting up to %.0f s more (startup.wait_s = %g): %s", left_s, self._wait_s, error
                    )
                    say_at = time.monotonic() + SAY_EVERY_S
            await asyncio.sleep(min(LOOK_EVERY_S, left_s))
