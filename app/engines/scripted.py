"""An engine without a model: it says a fixed text with exact timings."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from app.engines.contract import Delta, Engine, EngineLoad, FinishReason, FirstDelta, Sampling
from app.engines.text import StopTexts
from app.errors import EngineFailed, NotReady


@dataclass(frozen=True, slots=True)
class Script:
    """What the engine does.

    Attributes:
        ttft_s: seconds from the request to the first delta.
        itl_s: seconds between deltas.
        word: the text of each delta; one token each.
        max_num_seqs: requests that run at a time; others wait for a place.
        fail_after: deltas after which generate raises EngineFailed; None: never.
    """

    ttft_s: float = 0.0
    itl_s: float = 0.0
    word: str = "word "
    max_num_seqs: int = 1024
    fail_after: int | None = None


class ScriptedEngine(Engine):
    """Says ``word`` max_tokens times. Deltas are due at absolute times, so that delays don't add up."""

    def __init__(self, script: Script | None = None) -> None:
        self._script = script or Script()
        self._places = asyncio.Semaphore(self._script.max_num_seqs)
        self._running = 0
        self._waiting = 0
        self._started = False

    async def start(self) -> None:
        """Nothing to load."""
        self._started = True

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """Stream max_tokens deltas, or up to the first stop text."""
        await self.check_health()
        since_s = time.perf_counter()
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        self._running += 1
        try:
            async for delta in self._say(sampling, since_s):
                yield delta
        finally:
            self._running -= 1
            self._places.release()

    async def _say(self, sampling: Sampling, since_s: float) -> AsyncIterator[Delta]:
        script, begin = self._script, time.perf_counter()
        stop = StopTexts(sampling.stop)
        for number in range(sampling.max_tokens):
            due = begin + script.ttft_s + number * script.itl_s
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if number == script.fail_after:
                raise EngineFailed(f"the script fails after {number} deltas")
            text = stop.push(script.word)
            reason: FinishReason | None = None
            if stop.found:
                reason = "stop"
            elif number + 1 == sampling.max_tokens:
                text, reason = text + stop.finish(), "length"
            if number == 0:
                yield FirstDelta(text, 1, reason, begin - since_s, time.perf_counter() - begin)
            else:
                yield Delta(text, 1, reason)
            if reason:
                return

    async def check_health(self) -> None:
        """Raise NotReady before start and after shutdown."""
        if not self._started:
            raise NotReady("the scripted engine is not started")

    def load(self) -> EngineLoad:
        """How many requests run and wait now."""
        return EngineLoad(self._running, self._waiting)

    async def shutdown(self) -> None:
        """Nothing to free."""
        self._started = False
