"""The transformers library as an engine: worker threads around one model."""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, GenerationConfig

from app.engines.contract import Delta, Engine, EngineLoad, Sampling
from app.engines.model_folder import check_model_folder, end_tokens
from app.engines.rows import AcceptRows, DrawRows, Row
from app.errors import EngineFailed, ModelFolderError, NotReady, RagLlmError
from app.settings import Settings

BATCH_WAIT_S = 0.005
"""How long the batching variant waits for a second request once it has the first."""


class TransformersEngine(Engine):
    """Each worker thread generates one request at a time, or, with engine.batch, one batch at a time.

    A batch takes the requests that wait when a worker gets free; it ends with its longest answer, which
    is what continuous batching improves on.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows_at_once = settings.engine.max_batch_size if settings.engine.batch else 1
        self._queue: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._model: Any = None

    async def start(self) -> None:
        """Load the model in a thread, then start the workers."""
        await asyncio.to_thread(self._load)
        count = 1 if self._settings.engine.batch else self._settings.engine.workers
        self._threads = [
            threading.Thread(target=self._work, name=f"generate-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def _load(self) -> None:
        settings = self._settings
        folder = Path(settings.model.path)
        check_model_folder(folder)
        device = settings.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cpu":
            torch.set_num_threads(settings.engine.threads)
        try:
            self._model = AutoModelForCausalLM.from_pretrained(folder, dtype=settings.model.dtype).to(device)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelFolderError(f"model.path = {str(folder)!r} can't be loaded: {error}") from error
        self._model.eval()
        self._end_tokens = end_tokens(folder)
        # A neutral configuration: sampling and stopping are the rows' own business.
        self._model.generation_config = GenerationConfig()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """Queue the request for a worker thread and pass on what it says."""
        await self.check_health()
        loop = asyncio.get_running_loop()
        said: asyncio.Queue[Delta | RagLlmError] = asyncio.Queue()

        def emit(item: Delta | RagLlmError) -> None:
            loop.call_soon_threadsafe(said.put_nowait, item)

        row = Row(prompt, sampling, emit)
        self._queue.put(row)
        try:
            while True:
                item = await said.get()
                if isinstance(item, RagLlmError):
                    raise item
                yield item
                if item.finish_reason:
                    return
        finally:
            row.cancelled.set()

    def _work(self) -> None:
        while (rows := self._gather()) is not None:
            if not rows:
                continue
            self._running += len(rows)
            try:
                self._generate(rows)
            except Exception as error:
                # The listener must hear of whatever happened, or its client would wait for ever.
                for row in rows:
                    row.emit(EngineFailed(f"transformers failed: {error}"))
            finally:
                self._running -= len(rows)

    def _gather(self) -> list[Row] | None:
        first = self._queue.get()
        if first is None:
            return None
        rows = [first]
        until = time.monotonic() + BATCH_WAIT_S
        while len(rows) < self._rows_at_once:
            try:
                row = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if row is None:
                self._queue.put(None)
                break
            rows.append(row)
        return [row for row in rows if not row.cancelled.is_set()]

    def _generate(self, rows: list[Row]) -> None:
        for row in rows:
            row.begin()
        longest = max(len(row.prompt) for row in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for number, row in enumerate(rows):
            # Padding goes left, so that every row's next token comes at the same place.
            ids[number, longest - len(row.prompt) :] = torch.tensor(row.prompt)
            mask[number, longest - len(row.prompt) :] = 1
        with torch.inference_mode():
            self._model.generate(
                ids.to(self._model.device),
                attention_mask=mask.to(self._model.device),
                max_new_tokens=max(row.sampling.max_tokens for row in rows),
                do_sample=False,
                pad_token_id=0,
                logits_processor=[DrawRows(rows)],
                stopping_criteria=[AcceptRows(rows, self._tokenizer, self._end_tokens)],
            )

    async def check_health(self) -> None:
        """All worker threads are alive."""
        if not self._threads:
            raise NotReady("the transformers engine is not started")
        if not all(thread.is_alive() for thread in self._threads):
            raise EngineFailed("a worker thread of the transformers engine has died; restart the service")

    def load(self) -> EngineLoad:
        """Rows in the workers, and rows in the queue."""
        return EngineLoad(self._running, self._queue.qsize())

    async def shutdown(self) -> None:
        """Let the workers finish what they do, then drop the model."""
        threads, self._threads = self._threads, []
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            await asyncio.to_thread(thread.join)
        self._model = None

    def describe(self) -> dict[str, object]:
        """Name, version and what decides the speed."""
        engine = self._settings.engine
        how = (
            {"batch": True, "max_batch_size": engine.max_batch_size}
            if engine.batch
            else {"batch": False, "workers": engine.workers}
        )
        dtype = str(self._model.dtype).removeprefix("torch.") if self._model is not None else None
        return {
            "name": "transformers",
            "version": transformers.__version__,
            "dtype": dtype,
            "threads": engine.threads,
            **how,
        }
