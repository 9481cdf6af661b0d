"""The metrics of one service."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.errors import RequestError

Outcome = Literal["ok", "client_error", "overloaded", "server_error", "cancelled"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "client_error", "overloaded", "server_error", "cancelled")
Stage = Literal["retrieve_queue", "embed", "search", "prompt", "first_token", "decode"]
STAGES: tuple[Stage, ...] = ("retrieve_queue", "embed", "search", "prompt", "first_token", "decode")
STAGE_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
REQUEST_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class State:
    """What is read when somebody asks for the metrics, and only then.

    Attributes:
        ready: whether the service has loaded all it needs to answer.
        ongoing: requests in the service.
        running: requests in the engine.
        waiting: requests that wait in the engine.
        info: architecture, model and index (its hash).
    """

    ready: bool
    ongoing: int
    running: int
    waiting: int
    info: dict[str, str]


class ServiceMetrics:
    """Counters and histograms of one service.

    Args:
        read_state: gives the service's present state.
    """

    def __init__(self, read_state: Callable[[], State]) -> None:
        requests = Counter(
            "rag_llm_requests", "Chats and completions, by how they ended.", ["outcome"], registry=None
        )
        stage = Histogram(
            "rag_llm_stage_seconds",
            "Where a request's time goes.",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=None,
        )
        self._request_s = Histogram(
            "rag_llm_request_seconds",
            "From the request's arrival to its answer's end, of those that ended well.",
            buckets=REQUEST_BUCKETS_S,
            registry=None,
        )
        self._prompt_tokens = Counter("rag_llm_prompt_tokens", "Tokens of prompts.", registry=None)
        self._output_tokens = Counter("rag_llm_output_tokens", "Tokens of answers.", registry=None)
        self._passages = Counter("rag_llm_retrieved_passages", "Passages retrieved.", registry=None)
        # Made now: looking a label up costs as much as counting, and all shall be there from the beginning.
        self._outcomes = {outcome: requests.labels(outcome) for outcome in OUTCOMES}
        self._stages = {name: stage.labels(name) for name in STAGES}
        self._collectors: list[Collector] = [
            requests,
            stage,
            self._request_s,
            self._prompt_tokens,
            self._output_tokens,
            self._passages,
            _StateCollector(read_state),
        ]

    def register(self, registry: CollectorRegistry) -> Callable[[], None]:
        """Join a registry, in which no other service may be; returns what ends that."""
        for collector in self._collectors:
            registry.register(collector)

        def leave() -> None:
            for collector in self._collectors:
                registry.unregister(collector)

        return leave

    def request(self) -> "RequestRecord":
        """The record of a request that begins now."""
        return RequestRecord(self)

    def stage(self, stage: Stage, seconds: float) -> None:
        """One request's time in a stage."""
        self._stages[stage].observe(seconds)

    def retrieved(self, passages: int, *, queue_s: float, embed_s: float, search_s: float) -> None:
        """One question's retrieval."""
        self._passages.inc(passages)
        self.stage("retrieve_queue", queue_s)
        self.stage("embed", embed_s)
        self.stage("search", search_s)

    def ended(self, outcome: Outcome, seconds: float, prompt_tokens: int, output_tokens: int) -> None:
        """One request's end."""
        self._outcomes[outcome].inc()
        self._prompt_tokens.inc(prompt_tokens)
        self._output_tokens.inc(output_tokens)
        if outcome == "ok":
            self._request_s.observe(seconds)


class RequestRecord:
    """One request on its way. Without a word of its end it counts as cancelled: its client has gone.

    Attributes:
        prompt_tokens: to be set when the prompt is there.
        output_tokens: to be counted up with each delta.
    """

    __slots__ = (
        "_begun_s",
        "_first_s",
        "_generate_s",
        "_metrics",
        "_outcome",
        "output_tokens",
        "prompt_tokens",
    )

    def __init__(self, metrics: ServiceMetrics) -> None:
        self._metrics = metrics
        self._begun_s = time.perf_counter()
        self._generate_s = self._begun_s
        self._first_s: float | None = None
        self._outcome: Outcome = "cancelled"
        self.prompt_tokens = 0
        self.output_tokens = 0

    def generating(self, prompt_tokens: int) -> None:
        """The prompt goes to the engine now."""
        self.prompt_tokens = prompt_tokens
        self._generate_s = time.perf_counter()

    def first_delta(self) -> None:
        """The engine's first delta is there."""
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
            self._metrics.stage("decode", now_s - self._first_s)
        self._metrics.ended(self._outcome, now_s - self._begun_s, self.prompt_tokens, self.output_tokens)


def outcome_of(error: Exception) -> Outcome:
    """How a request that ended with this error is counted."""
    status = error.status if isinstance(error, RequestError) else 500
    if status == 429:
        return "overloaded"
    return "client_error" if status < 500 else "server_error"


class _StateCollector(Collector):
    def __init__(self, read_state: Callable[[], State]) -> None:
        self._read_state = read_state

    def collect(self) -> Iterator[Metric]:
        state = self._read_state()
        gauges = {
            "rag_llm_ready": ("1 once all is loaded, else 0.", int(state.ready)),
            "rag_llm_ongoing_requests": ("Requests in the service now.", state.ongoing),
            "rag_llm_engine_running": ("Requests in the engine now.", state.running),
            "rag_llm_engine_waiting": ("Requests that wait in the engine now.", state.waiting),
        }
        for name, (meaning, value) in gauges.items():
            yield GaugeMetricFamily(name, meaning, value)
        info = GaugeMetricFamily("rag_llm_info", "What is served.", labels=list(state.info))
        info.add_metric(list(state.info.values()), 1)
        yield info
