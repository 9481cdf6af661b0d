"""The raw result of one arrival; all that the figures are computed from."""

from dataclasses import dataclass, field
from itertools import pairwise

from loadtest.plan.level import Phase


@dataclass(slots=True)
class Record:
    """One arrival and what became of it. Times are seconds from the start of its level.

    Attributes:
        run: id of the run.
        level: index of the level, from 0.
        round: repeat, from 1.
        arrival: index in the schedule of the level.
        question: id of the question.
        phase: of the scheduled time.
        t_sched: when it was to be sent.
        t_send: when sending began.
        deltas: when each non-empty content delta was read.
        t_end: when the stream (or the attempt) ended.
        status: HTTP status, 0 if none came.
        output_tokens: the server's usage count, None if it sent none.
        prompt_tokens: likewise.
        error: kind of error, None if the answer was complete; `unfinished` if the level ended before.
        detail: of the error.
        passages: ids of the retrieved passages, if the answer named them.
        sources: of the same passages; only where the text is kept.
        text: of the answer, only where the level keeps it to be scored.
        spans: the server's own seconds in each stage (schema/waterfall.py), if the answer carried them.
    """

    run: str
    level: int
    round: int
    arrival: int
    question: str
    phase: Phase
    t_sched: float
    t_send: float
    t_end: float
    status: int = 0
    output_tokens: int | None = None
    prompt_tokens: int | None = None
    error: str | None = None
    detail: str = ""
    deltas: list[float] = field(default_factory=list)
    passages: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    text: str | None = None
    spans: dict[str, float] | None = None

    @property
    def send_lag_s(self) -> float:
        """How late the generator sent it."""
        return self.t_send - self.t_sched

    @property
    def ttft_s(self) -> float | None:
        """First content delta, counted from the scheduled time: lateness is part of it."""
        return self.deltas[0] - self.t_sched if self.deltas else None

    @property
    def ttft_send_s(self) -> float | None:
        """First content delta, counted from sending."""
        return self.deltas[0] - self.t_send if self.deltas else None

    @property
    def itl_max_s(self) -> float | None:
        """The longest gap between two of its deltas; None without two of them."""
        return max((after - before for before, after in pairwise(self.deltas)), default=None)

    @property
    def e2e_latency_s(self) -> float:
        """End of the stream, counted from the scheduled time."""
        return self.t_end - self.t_sched

    @property
    def tokens(self) -> int:
        """Output tokens: the server's count, else the number of deltas (each is at least one token)."""
        return len(self.deltas) if self.output_tokens is None else self.output_tokens

    @property
    def tpot_s(self) -> float | None:
        """Time per output token after the first: (t_last - t_first) / (n - 1); None for one token."""
        if len(self.deltas) < 2 or self.tokens < 2:
            return None
        return (self.deltas[-1] - self.deltas[0]) / (self.tokens - 1)
