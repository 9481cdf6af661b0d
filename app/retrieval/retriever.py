"""Question → hits, micro-batched in one worker thread, so that retrieval never stalls an event loop."""

import asyncio
import contextlib
import queue
import threading
import time
from dataclasses import dataclass

import faiss

from app.errors import EngineFailed, InvalidRequest, NotReady, RagLlmError
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Hit, Index


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The answer to one question, and where its time went (seconds).

    Attributes:
        hits: best first.
        queue_s: from the call until its batch began.
        embed_s: embedding of the whole batch.
        search_s: search of the whole batch.
        batch_size: questions in the batch.
    """

    hits: list[Hit]
    queue_s: float
    embed_s: float
    search_s: float
    batch_size: int


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    question: str
    top_k: int
    since_s: float
    future: asyncio.Future[Retrieved]


class Retriever:
    """Embeds and searches the questions that wait together, in a thread of its own.

    Torch and FAISS release the GIL while they compute; the thread runs FAISS on one core, as a replica
    needs the others for its engine.

    Args:
        index: what to search; it has to be made with ``embedding``.
        embedding: the model that embeds the questions.
        max_batch_size: most questions in a batch.
        max_wait_s: how long the first question of a batch waits for others. Questions that came while
            the batch before was worked on have waited already, so under load nothing is added.
    """

    def __init__(
        self, index: Index, embedding: EmbeddingModel, *, max_batch_size: int = 16, max_wait_s: float = 0.002
    ) -> None:
        if max_batch_size < 1:
            raise ValueError(f"max_batch_size is {max_batch_size}; it has to be at least 1")
        if max_wait_s < 0:
            raise ValueError(f"max_wait_s is {max_wait_s}; it can't be negative")
        self._embedding = embedding
        self._index = self._fitting(index)
        self._max_batch_size = max_batch_size
        self._max_wait_s = max_wait_s
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="retriever", daemon=True)
        self._thread.start()

    @property
    def index(self) -> Index:
        """The index that the next batch will search."""
        return self._index

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    async def retrieve(self, question: str, top_k: int) -> Retrieved:
        """The ``top_k`` passages nearest to ``question``.

        Raises:
            InvalidRequest: ``top_k`` is below 1 or above the number of passages.
            EngineFailed: embedding or search failed, for this batch only.
            NotReady: the retriever is closed.
        """
        passages = len(self._index)
        if not 1 <= top_k <= passages:
            raise InvalidRequest(
                f"rag.top_k is {top_k}; it has to be from 1 to {passages}, the number of passages.",
                param="rag.top_k",
            )
        loop = asyncio.get_running_loop()
        waiting = _Waiting(question, top_k, time.perf_counter(), loop.create_future())
        with self._closing:
            if self._closed:
                raise _closed()
            self._waiting.put(waiting)
        return await waiting.future

    def replace_index(self, index: Index) -> None:
        """Search ``index`` from the next batch on; a batch that runs finishes on the one before.

        Raises:
            ValueError: its vectors have another dimension than the embedding model's.
        """
        self._index = self._fitting(index)

    def close(self) -> None:
        """Stop the thread; questions that still wait get ``NotReady``. Closing twice does nothing."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _fitting(self, index: Index) -> Index:
        if index.manifest.embedding.dimension != self._embedding.dimension:
            raise ValueError(
                f"{index.path} has vectors of dimension {index.manifest.embedding.dimension}, and "
                f'"{self._embedding.name}" gives {self._embedding.dimension}'
            )
        return index

    def _work(self) -> None:
        faiss.omp_set_num_threads(1)  # counts for this thread only
        while (batch := self._next_batch()) is not None:
            batch = [waiting for waiting in batch if not waiting.future.cancelled()]
            if self._closed:
                _refuse(batch)
            elif batch:
                self._answer(batch)

    def _next_batch(self) -> list[_Waiting] | None:
        """Wait for a question and for those that may join it; None at the end, after the last one."""
        first = self._waiting.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < self._max_batch_size:
            left_s = first.since_s + self._max_wait_s - time.perf_counter()
            try:
                item = self._waiting.get(timeout=left_s) if left_s > 0 else self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                self._waiting.put(None)
                break
            batch.append(item)
        return batch

    def _answer(self, batch: list[_Waiting]) -> None:
        index = self._index
        begun_s = time.perf_counter()
        try:
            vectors = self._embedding.encode([waiting.question for waiting in batch])
            embedded_s = time.perf_counter()
            rows = index.search(vectors, max(waiting.top_k for waiting in batch))
            searched_s = time.perf_counter()
        except Exception as exc:  # one bad batch must not end the thread
            for waiting in batch:
                _resolve(waiting, _failure(exc))
            return
        for waiting, hits in zip(batch, rows, strict=True):
            answer = Retrieved(
                hits=hits[: waiting.top_k],
                queue_s=begun_s - waiting.since_s,
                embed_s=embedded_s - begun_s,
                search_s=searched_s - embedded_s,
                batch_size=len(batch),
            )
            _resolve(waiting, answer)


def _refuse(batch: list[_Waiting]) -> None:
    for waiting in batch:
        _resolve(waiting, _closed())


def _closed() -> NotReady:
    return NotReady("retrieval is closed: the service is shutting down.")


def _failure(exc: Exception) -> Exception:
    """An error of its own for each request: a shared one would collect all their tracebacks."""
    if isinstance(exc, RagLlmError):
        return exc
    failure = EngineFailed(f"retrieval failed ({type(exc).__name__}: {exc}).")
    failure.__cause__ = exc
    return failure


def _resolve(waiting: _Waiting, outcome: Retrieved | Exception) -> None:
    def set_outcome() -> None:
        if waiting.future.done():  # cancelled: the client went away
            return
        if isinstance(outcome, Exception):
            waiting.future.set_exception(outcome)
        else:
            waiting.future.set_result(outcome)

    with contextlib.suppress(RuntimeError):  # its event loop is closed; nobody waits any more
        waiting.future.get_loop().call_soon_threadsafe(set_outcome)
