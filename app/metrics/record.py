"""The metrics of one service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

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
