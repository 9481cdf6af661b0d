"""The work of preparing prompts, in this process: retrieve passages, put texts together, tokenize."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from app.engines.model_folder import check_model_folder
from app.errors import InvalidRequest, ModelFolderError
from app.rag.patience import Patience
from app.rag.preparer import Asked, IndexState, Made, Preparer
from app.rag.prompt import PromptBuilder
from app.rag.served_index import ServedIndex
from app.rag.tokenizer import ChatTokenizer, Text, is_chat
from app.retrieval.retriever import Retrieved
from app.settings import Settings
from app.settings.model import RagSettings


class Preparation(Preparer):
    """Embeds in one thread and tokenizes in others; both let the GIL go while they compute.

    Args:
        settings: sections model, engine, embedding, preparation and startup are used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rag = settings.rag
        self._index = ServedIndex(settings)
        self._builder: PromptBuilder | None = None
        # Tokenizing a RAG prompt takes a millisecond and lets the GIL go: on the loop it would hold up
        # every stream, in a thread it doesn't.
        self._tokenizing = ThreadPoolExecutor(settings.preparation.threads, thread_name_prefix="tokenize")

    @property
    def index(self) -> IndexState:
        """Of the index, now."""
        return IndexState(self._index.describe(), self._index.pending)

    async def start(self, rag: RagSettings) -> "asyncio.Future[None]":
        """Load what is there, and wait for what isn't, up to startup.wait_s: all before it returns."""
        self._rag = rag
        patience = Patience(self._settings.startup.wait_s)
        folder = Path(self._settings.model.path)
        await patience.wait(partial(check_model_folder, folder), ModelFolderError)
        remembered = self._settings.preparation.remembered_pieces
        tokenizer = await asyncio.to_thread(ChatTokenizer, folder, remembered)
        self._builder = PromptBuilder(tokenizer, self._settings.engine.max_model_len)
        if rag.enabled:
            await self._index.load(rag.index, patience)
        loaded = asyncio.get_running_loop().create_future()
        loaded.set_result(None)
        return loaded

    async def use(self, rag: RagSettings) -> None:
        """Take other settings; returns after the first look at the index that they name."""
        self._rag = rag
        if rag.enabled or self._index.retriever is not None:
            await self._index.change(rag.index)
        else:
            self._index.stop_waiting()

    async def prepare(self, asked: Asked) -> Made:
        """Retrieve in micro-batches, tokenize in a thread."""
        assert self._builder is not None, "prepare comes after start"
        rag, enabled = self._rag, asked.options.enabled
        if order := asked.options.passage_order:
            rag = rag.model_copy(update={"passage_order": order})
        if enabled is None:
            enabled = is_chat(asked.text) and rag.enabled and self._index.retriever is not None
        found = await self.retrieve(_question(asked.text), asked.options.top_k) if enabled else None
        prompt = await asyncio.get_running_loop().run_in_executor(
            self._tokenizing,
            self._builder.build,
            asked.text,
            found.hits if found else [],
            rag,
            asked.max_tokens,
            asked.default,
        )
        return Made(prompt, found)

    async def retrieve(self, question: str, top_k: int | None) -> Retrieved:
        """The passages nearest to a question, best first."""
        retriever = self._index.retriever
        if retriever is None:
            raise InvalidRequest("this server has no index (rag.enabled = false)", param="rag.enabled")
        if top_k is None:
            # The server's own number must not make requests fail when an index is smaller than that.
            top_k = min(self._rag.top_k, len(retriever.index))
        return await retriever.retrieve(question, top_k)

    def check_health(self) -> None:
        """It is this process, which is there."""

    async def close(self) -> None:
        """Stop waiting for an index, and stop the threads."""
        self._index.close()
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
