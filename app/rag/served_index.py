"""The index that a service searches, and its change for another one while requests are under way."""

import asyncio
import logging
from functools import partial
from pathlib import Path

from app.errors import IndexMissing, ModelFolderError, RagLlmError
from app.rag.patience import Patience
from app.rag.preparer import PendingIndex
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.integrity import locate
from app.retrieval.retriever import Retriever
from app.settings import Settings

log = logging.getLogger(__name__)


class ServedIndex:
    """Embedding model, index and retriever of one service; all None until ``load``.

    Args:
        settings: sections embedding and startup are used.

    Attributes:
        retriever: answers questions, or None without an index.
        pending: the index that can't be served yet, or at all.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedding: EmbeddingModel | None = None
        self._switching: asyncio.Task[None] | None = None
        self.retriever: Retriever | None = None
        self.pending: PendingIndex | None = None

    async def load(self, path: str, patience: Patience) -> None:
        """Load the embedding model and open the index, waiting for both.

        Raises:
            ModelFolderError, IndexFolderError: one is missing still, or can't be used.
        """
        await patience.wait(self._load_embedding, ModelFolderError)
        self._use(await patience.wait(partial(self._open, path), IndexMissing))

    async def change(self, path: str) -> None:
        """Serve the index at a path, from now on if it is there and can be used.

        Never fails: else the one before stays, and ``pending`` says why. One that isn't there yet is waited
        for in the background, up to startup.wait_s. A later call ends an earlier one's wait.
        """
        self.stop_waiting()
        looked = asyncio.Event()
        self._switching = asyncio.create_task(self._switch(path, looked))
        await looked.wait()

    def stop_waiting(self) -> None:
        """Give up an index that is waited for."""
        self.pending = None
        if self._switching is not None:
            self._switching.cancel()

    async def _switch(self, path: str, looked: asyncio.Event) -> None:
        """Change to the index at a path; ``looked`` is set after the first look at it."""
        wait_s = self._settings.startup.wait_s

        def not_there(error: RagLlmError) -> None:
            self.pending = PendingIndex(path, str(error), waiting=wait_s > 0)
            looked.set()

        before = self.retriever.index.path if self.retriever is not None else None
        try:
            index = await Patience(wait_s).wait(partial(self._open, path), IndexMissing, not_there)
            self._use(index)
            self.pending = None
            if index.path != before:
                # A warning, as lesser messages of a Ray worker are not logged.
                log.warning("the index is now %s, it was %s", index.path, before)
        except Exception as error:
            # Whatever is wrong with the new one, the one before still answers.
            self.pending = PendingIndex(path, str(error), waiting=False)
            log.error("the index stays %s; %s can't be used: %s", before, path, error)
        finally:
            looked.set()

    def _load_embedding(self) -> EmbeddingModel:
        if self._embedding is None:
            embedding = self._settings.embedding
            self._embedding = EmbeddingModel(
                embedding.model, device=embedding.device, threads=embedding.threads, dtype=embedding.dtype
            ).trace()
        return self._embedding

    def _open(self, path: str) -> Index:
        """The index at a path, or the one in use if it is that."""
        embedding = self._load_embedding()
        # Where `current` points may have changed under the same name.
        if self.retriever is not None and locate(Path(path)) == self.retriever.index.path:
            return self.retriever.index
        return Index.open(Path(path), embedding)

    def _use(self, index: Index) -> None:
        if self.retriever is not None:
            self.retriever.replace_index(index)
            return
        embedding = self._settings.embedding
        self.retriever = Retriever(
            index,
            self._load_embedding(),
            max_batch_size=embedding.max_batch_size,
            max_wait_s=embedding.max_wait_ms / 1000,
        )

    def describe(self) -> dict[str, object] | None:
        """The index's manifest, short, or None without one."""
        if self.retriever is None:
            return None
        manifest = self.retriever.index.manifest
        return {
            "hash": manifest.hash,
            "documents": manifest.documents,
            "passages": manifest.passages,
            "faiss": manifest.faiss.type,
            "embedding_model": manifest.embedding.name,
        }

    def close(self) -> None:
        """Stop waiting, and stop the retriever's thread."""
        self.stop_waiting()
        if self.retriever is not None:
            self.retriever.close()
