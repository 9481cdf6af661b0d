"""The way of a request: retrieve, build the prompt, generate."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prometheus_client import REGISTRY

from app.engines.contract import Delta, Engine, Sampling
from app.engines.model_folder import check_model_folder
from app.errors import InvalidRequest, ModelFolderError, NotReady, QueueFull, RagLlmError
from app.metrics.endpoint import serve_metrics
from app.metrics.record import ServiceMetrics, State
from app.rag.patience import Patience
from app.rag.prompt import Prepared, Prompt, PromptBuilder
from app.rag.served_index import ServedIndex
from app.rag.tokenizer import ChatTokenizer, Text, is_chat
from app.retrieval.retriever import Retrieved
from app.settings import Settings
from app.settings.model import RagSettings, SamplingSettings

CountReplicas = Callable[[], Awaitable[int | None]]
NOTHING = Retrieved(hits=[], queue_s=0.0, embed_s=0.0, search_s=0.0, batch_size=0)
"""What a prompt is built from without retrieval."""


@dataclass(frozen=True, slots=True)
class RagOptions:
    """What a request says of retrieval; None takes the server's setting."""

    enabled: bool | None = None
    top_k: int | None = None


class Service:
    """Answers requests in one process, with one engine.

    Args:
        settings: all of them.
        engine: generates; the service starts it and shuts it down.
        count_replicas: says how many processes answer HTTP for this service; without it there is this one.

    Attributes:
        replica: an id of this process alone.
        allow_cache_reset: whether clients may empty the engine's prefix cache.
    """

    def __init__(
        self, settings: Settings, engine: Engine, count_replicas: CountReplicas | None = None
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
        self.index = ServedIndex(settings)
        # Counted even if nobody can ask for them: it costs next to nothing.
        self.metrics = ServiceMetrics(self._state)
        self._at_the_end = ExitStack()
        self._builder: PromptBuilder | None = None
        self._ready = False
        self._ongoing = 0
        # Tokenizing a RAG prompt takes a millisecond and lets the GIL go: on the loop it would hold up
        # every stream, in a thread it doesn't.
        self._tokenizing = ThreadPoolExecutor(1, thread_name_prefix="tokenize")

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
        patience = Patience(self.settings.startup.wait_s)
        folder = Path(self.settings.model.path)
        try:
            await patience.wait(partial(check_model_folder, folder), ModelFolderError)
            tokenizer = await asyncio.to_thread(ChatTokenizer, folder)
            self._builder = PromptBuilder(tokenizer, self.settings.engine.max_model_len)
            if self.rag.enabled:
                await self.index.load(self.rag.index, patience)
            await self.engine.start()
        except RagLlmError as error:
            self.failure = error
            raise
        self._ready = True

    async def reconfigure(self, rag: RagSettings, sampling: SamplingSettings) -> None:
        """Take new settings while requests are under way; these keep what they began with.

        Never fails, but an index that isn't there or can't be used is not taken: see ``ServedIndex.change``.
        """
        self.refused_change = None
        self.rag, self.sampling = rag, sampling
        if rag.enabled or self.index.retriever is not None:
            await self.index.change(rag.index)
        else:
            self.index.stop_waiting()

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
        retriever = self.index.retriever
        if retriever is None:
            raise InvalidRequest("this server has no index (rag.enabled = false)", param="rag.enabled")
        if top_k is None:
            # The server's own number must not make requests fail when an index is smaller than that.
            top_k = min(self.rag.top_k, len(retriever.index))
        found = await retriever.retrieve(question, top_k)
        self.metrics.retrieved(
            len(found.hits), queue_s=found.queue_s, embed_s=found.embed_s, search_s=found.search_s
        )
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
        assert self._builder is not None, "prepare comes after start"
        enabled = options.enabled
        if enabled is None:
            enabled = is_chat(text) and self.rag.enabled and self.index.retriever is not None
        rag, sampling = self.rag, self.sampling
        begun_s = time.perf_counter()
        found = await self.retrieve(_question(text), options.top_k) if enabled else NOTHING
        prompt = await asyncio.get_running_loop().run_in_executor(
            self._tokenizing, self._builder.build, text, found.hits, rag, max_tokens, sampling.max_tokens
        )
        return Prepared(prompt, sampling, begun_s, (found.queue_s, found.embed_s, found.search_s))

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
        load, index = self.engine.load(), self.index.describe()
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
        self.index.close()
        await asyncio.to_thread(self._at_the_end.close)
        self._tokenizing.shutdown(wait=False)


def _question(text: Text) -> str:
    """What passages are retrieved for: the last user message, or the plain prompt."""
    if isinstance(text, str):
        return text
    if is_chat(text):
        for message in reversed(text):
            if message["role"] == "user":
                return message["content"]
    raise InvalidRequest("rag needs a text question: a user message or a text prompt", param="rag.enabled")
