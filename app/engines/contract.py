"""What every engine promises."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one answer is drawn.

    Attributes:
        max_tokens: tokens of the answer at most, at least 1.
        temperature: 0 is greedy; else logits are divided by it.
        top_p: nucleus sampling, the share of probability kept, in (0, 1].
        seed: the same seed, prompt and engine give the same answer; None: fresh each time.
        stop: texts that end the answer; they are not part of it.
        ignore_eos: go on to max_tokens whatever the model says (for benchmarks).
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    ignore_eos: bool = False


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer.

    Attributes:
        text: what it adds to the answer; may be empty while a character or stop text is incomplete.
        tokens: how many tokens were generated for it.
        finish_reason: set on the last delta of an answer, and only there.
    """

    text: str
    tokens: int
    finish_reason: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class FirstDelta(Delta):
    """The first delta of an answer, from an engine that knows where the time to its first token went.

    A class of its own, so that the many other deltas carry nothing for it.

    Attributes:
        queue_s: from the request's arrival in the engine until its work began.
        prefill_s: from there until the first token.
    """

    queue_s: float = 0.0
    prefill_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """How busy an engine is: requests that run and that wait."""

    running: int
    waiting: int


class Engine(ABC):
    """Generates answers. Used from one event loop; heavy work happens in threads or processes of its own."""

    @abstractmethod
    async def start(self) -> None:
        """Load the model; returns when the engine can answer.

        Raises:
            ModelFolderError: the model is missing or can't be loaded.
        """

    @abstractmethod
    def generate(self, request_id: str, prompt: Sequence[int], sampling: Sampling) -> AsyncIterator[Delta]:
        """Stream one answer.

        Args:
            request_id: unique among the requests in the engine.
            prompt: token ids; with sampling.max_tokens no more than the engine's max_model_len.
            sampling: how to draw it.

        Yields:
            Deltas; the last one, and only it, has a finish_reason; the first one may be a FirstDelta.
            Closing the iterator early, or cancelling the task that reads it, aborts the generation.

        Raises:
            EngineFailed: the engine died or failed.
        """

    @abstractmethod
    async def check_health(self) -> None:
        """Return if the engine can answer.

        Raises:
            NotReady: it is not started, or shut down.
            EngineFailed: it died.
        """

    @abstractmethod
    def load(self) -> EngineLoad:
        """How many requests run and wait now."""

    async def reset_prefix_cache(self) -> bool | None:
        """Forget the beginnings of earlier prompts, so that measurements can begin alike.

        Returns:
            Whether it was done; False if requests that run keep it from that. None: there is no such cache.

        Raises:
            NotReady: the engine is not started, or shut down.
            EngineFailed: it died.
        """
        return None

    @abstractmethod
    async def shutdown(self) -> None:
        """Stop and free everything; a second call does nothing."""

    def describe(self) -> dict[str, object]:
        """The engine's name, its library's version and the settings that decide its speed."""
        return {"name": type(self).__name__}
