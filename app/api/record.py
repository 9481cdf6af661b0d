"""One request on its way: what is counted of it, and where its time went."""

import time
from itertools import accumulate, pairwise

from app.engines.contract import Delta, FirstDelta
from app.errors import RequestError
from app.metrics.record import Outcome, ServiceMetrics
from app.rag.prompt import Prepared

SPANS = (
    "admit",
    "retrieve_queue",
    "embed",
    "search",
    "prompt",
    "engine_queue",
    "prefill",
    "first_delta",
    "decode",
    "end",
)
"""The parts of a request's time, in the order in which it meets them; docs/architecture.md explains them."""


class RequestRecord:
    """Without a word of its end a request counts as cancelled: its client has gone.

    A few clock readings a request and none a token; the times of its answer are put together only for
    those who ask.

    Args:
        metrics: the service's, which get what was measured.
    """

    __slots__ = (
        "_begun_s",
        "_engine_queue_s",
        "_first_s",
        "_generate_s",
        "_last_s",
        "_metrics",
        "_outcome",
        "_prefill_s",
        "_prepared",
        "output_tokens",
        "prompt_tokens",
    )

    def __init__(self, metrics: ServiceMetrics) -> None:
        self._metrics = metrics
        self._begun_s = time.perf_counter()
        self._prepared: Prepared | None = None
        self._generate_s = self._begun_s
        self._engine_queue_s = 0.0
        self._prefill_s: float | None = None
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._outcome: Outcome = "cancelled"
        self.prompt_tokens = 0
        self.output_tokens = 0

    def generating(self, prepared: Prepared) -> None:
        """The prompt goes to the engine now."""
        self._prepared = prepared
        self.prompt_tokens = len(prepared.prompt.token_ids)
        self._generate_s = time.perf_counter()
        retrieved_s = prepared.begun_s + sum(prepared.retrieval_s)
        self._metrics.stage("prompt", self._generate_s - retrieved_s)

    def delta(self, delta: Delta) -> None:
        """The engine's next delta is there, and is sent now."""
        self.output_tokens += delta.tokens
        if self._first_s is None:
            self._first_delta(delta)
        if delta.finish_reason is not None:
            self._last_s = time.perf_counter()

    def _first_delta(self, delta: Delta) -> None:
        if isinstance(delta, FirstDelta):
            self._engine_queue_s, self._prefill_s = delta.queue_s, delta.prefill_s
        if delta.text or delta.finish_reason is not None:
            # Not the one that only opens a character: clients count from the first text too.
            self._first_s = time.perf_counter()
            self._metrics.stage("first_token", self._first_s - self._generate_s)

    def answered(self) -> None:
        """All that there is of the answer has been sent."""
        if self._outcome == "cancelled":
            self._outcome = "ok"

    def failed(self, error: Exception) -> None:
        """It ended with an error; the first one said counts."""
        if self._outcome == "cancelled":
            self._outcome = outcome_of(error)

    def end(self) -> None:
        """Count it."""
        now_s = time.perf_counter()
        if self._first_s is not None:
            self._metrics.stage("decode", (self._last_s or now_s) - self._first_s)
        self._metrics.ended(self._outcome, now_s - self._begun_s, self.prompt_tokens, self.output_tokens)

    def spans(self) -> dict[str, float]:
        """Where the time has gone from the request's arrival to now, in seconds; after the last delta.

        Whole microseconds that add up exactly: their sum is the time until now, and up to `first_delta` it
        is the time to the first delta.
        """
        prepared = self._prepared
        assert prepared is not None, "spans come after generating"
        assert self._first_s is not None, "spans come after the last delta"
        assert self._last_s is not None, "spans come after the last delta"
        if self._prefill_s is None:  # the engine doesn't tell: all up to the first delta
            in_engine_s = self._first_s
        else:
            in_engine_s = self._generate_s + self._engine_queue_s + self._prefill_s
        marks_s = (
            self._begun_s,
            *accumulate(prepared.retrieval_s, initial=prepared.begun_s),
            self._generate_s,
            self._generate_s + self._engine_queue_s,
            in_engine_s,
            self._first_s,
            self._last_s,
            time.perf_counter(),
        )
        marks_us = [round((mark_s - self._begun_s) * 1e6) for mark_s in marks_s]
        parts = (until_us - from_us for from_us, until_us in pairwise(marks_us))
        return {name: part_us / 1e6 for name, part_us in zip(SPANS, parts, strict=True)}


def outcome_of(error: Exception) -> Outcome:
    """How a request that ended with this error is counted."""
    status = error.status if isinstance(error, RequestError) else 500
    if status == 429:
        return "overloaded"
    return "client_error" if status < 500 else "server_error"
