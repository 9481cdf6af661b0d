"""The way of a request: retrieve, build the prompt, generate."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager

from prometheus_client import REGISTRY

from app.engines.contract import Delta, Engine, Sampling
from app.errors import NotReady, QueueFull, RagLlmError
from app.metrics.endpoint import serve_metrics
from app.metrics.record import ServiceMetrics, State
from app.pauses import freeze_heap
from app.rag.preparation import Preparation
from app.rag.preparer import Asked, IndexState, Preparer, RagOptions
from app.rag.preparing_process import PreparingProcess
from app.rag.prompt import Prepared, Prompt
from app.rag.tokenizer import Text
from app.retrieval.retriever import Retrieved
from app.settings import Settings
from app.settings.model import RagSettings, SamplingSettings

CountReplicas = Callable[[], Awaitable[int | None]]
NO_TIMES = (0.0, 0.0, 0.0)
"""Of retrieval, where nothing is retrieved."""


class Service:
    """Answers requests in one process, with one engine.

    Args:
        settings: all of them.
        engine: generates; the service starts it and shuts it down.
        count_replicas: says how many processes answer HTTP for this service; without it there is this one.
        preparer: makes prompts, likewise; without it as the settings say.

    Attributes:
        replica: an id of this process alone.
        allow_cache_reset: whether clients may empty the engine's prefix cache.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        count_replicas: CountReplicas | None = None,
        preparer: Preparer | None = None,
    ) -> None:
        self.settings = settings
        self.replica = uuid.uuid4().hex
        self.allow_cache_reset = settings.server.allow_cache_reset
        self._count_replicas = count_replicas
        self.engine = engine
        self.rag: RagSettings = settings.rag
        self.sampling: SamplingSettings = settings.sampling
        self.failure: RagLlmError | None = None
        self.refused_change: str | None = None
        if preparer is None:
            preparer = (PreparingProcess if settings.prepares_in_own_process else Preparation)(settings)
        self._preparer: Preparer = preparer
        # Counted even if nobody can ask for them: it costs next to nothing.
        self.metrics = ServiceMetrics(self._state)
        self._at_the_end = ExitStack()
        self._ready = False
        self._ongoing = 0

    @property
    def index(self) -> IndexState:
        """The index that is served, and one that is waited for."""
        return self._preparer.index

    async def start(self, rag: RagSettings | None = None, sampling: SamplingSettings | None = None) -> None:
        """Open the index, load the embedding model and the engine.

        Args:
            rag: in place of the settings' own.
            sampling: the same.

        Raises:
            RagLlmError: something is missing or doesn't fit; kept in ``failure`` too.
        """
        self.rag, self.sampling = rag or self.rag, sampling or self.sampling
        metrics = self.settings.metrics
        if metrics.port is not None:
            # vLLM's metrics join the default registry by themselves.
            self._at_the_end.callback(self.metrics.register(REGISTRY))
            stop = await asyncio.to_thread(serve_metrics, metrics.host, metrics.port, REGISTRY)
            self._at_the_end.callback(stop)
        try:
            prepared = await self._preparer.start(self.rag)
            await self.engine.start()
            await prepared
        except RagLlmError as error:
            self.failure = error
            # Its processes would outlive a replica that is killed now.
            await self.engine.shutdown()
            raise
        await asyncio.to_thread(freeze_heap)
        self._ready = True

    async def reconfigure(self, rag: RagSettings, sampling: SamplingSettings) -> None:
        """Take new settings while requests are under way; these keep what they began with.

        Never fails, but an index that isn't there or can't be used is not taken: see ``Preparer.use``.
        """
        self.refused_change = None
        self.rag, self.sampling = rag, sampling
        await self._preparer.use(rag)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """A place for one request.

        Raises:
            NotReady: the service still starts, or could not.
            QueueFull: all places are taken.
        """
        self._require_ready()
        most = self.settings.server.max_ongoing_requests
        if self._ongoing >= most:
            raise QueueFull(
                f"this replica holds {most} requests already (server.max_ongoing_requests); retry"
            )
        self._ongoing += 1
        try:
            yield
        finally:
            self._ongoing -= 1

    async def retrieve(self, question: str, top_k: int | None) -> Retrieved:
        """The passages nearest to a question, best first.

        Raises:
            InvalidRequest: the service has no index, or top_k is out of range.
        """
        found = await self._preparer.retrieve(question, top_k)
        self._count(found)
        return found

    async def prepare(self, text: Text, options: RagOptions, max_tokens: int | None) -> Prepared:
        """Retrieve for the question and build the prompt.

        Args:
            text: a chat's messages, or a plain prompt as text or token ids.
            options: what the request says of retrieval. Without a word chats retrieve if the server does;
                plain prompts don't.
            max_tokens: what the request says, or None.

        Raises:
            InvalidRequest: it doesn't fit the context, or can't be retrieved for.
        """
        sampling = self.sampling
        begun_s = time.perf_counter()
        made = await self._preparer.prepare(Asked(text, options, max_tokens, sampling.max_tokens))
        if (found := made.retrieved) is None:
            return Prepared(made.prompt, sampling, begun_s, NO_TIMES)
        self._count(found)
        return Prepared(made.prompt, sampling, begun_s, (found.queue_s, found.embed_s, found.search_s))

    def _count(self, found: Retrieved) -> None:
        self.metrics.retrieved(
            len(found.hits), queue_s=found.queue_s, embed_s=found.embed_s, search_s=found.search_s
        )

    def generate(self, request_id: str, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Delta]:
        """The engine's stream of deltas."""
        return self.engine.generate(request_id, prompt.token_ids, sampling)

    async def reset_prefix_cache(self) -> bool | None:
        """As the engine's; raises NotReady while the service loads."""
        self._require_ready()
        return await self.engine.reset_prefix_cache()

    async def replicas(self) -> int | None:
        """Processes that answer HTTP for this service now; None if that can't be found out."""
        return 1 if self._count_replicas is None else await self._count_replicas()

    async def check_health(self) -> None:
        """Return if requests can be answered; raises NotReady or EngineFailed."""
        self._require_ready()
        self._preparer.check_health()
        await self.engine.check_health()

    def _require_ready(self) -> None:
        if not self._ready:
            reason = f": {self.failure}" if self.failure else "; it is loading"
            raise NotReady(f"the service is not ready{reason}")

    @property
    def ongoing(self) -> int:
        """Requests in this process now."""
        return self._ongoing

    def _state(self) -> State:
        load, index = self.engine.load(), self.index.described
        info = {
            "architecture": self.settings.architecture.value,
            "model": self.settings.model.served_name,
            "index": str(index["hash"]) if index else "",
        }
        return State(self._ready, self._ongoing, load.running, load.waiting, info)

    async def shutdown(self) -> None:
        """Stop the engine and the threads."""
        self._ready = False
        await self.engine.shutdown()
        await self._preparer.close()
        await asyncio.to_thread(self._at_the_end.close)
