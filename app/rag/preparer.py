"""What prepares prompts, whichever process it lives in."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from dataclasses import dataclass

from app.rag.prompt import Prompt
from app.rag.tokenizer import Text
from app.retrieval.retriever import Retrieved
from app.settings.model import PassageOrder, RagSettings


@dataclass(frozen=True, slots=True)
class RagOptions:
    """What a request says of retrieval; None takes the server's setting."""

    enabled: bool | None = None
    top_k: int | None = None
    passage_order: PassageOrder | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a prompt is wanted for.

    Attributes:
        text: a chat's messages, or a plain prompt as text or token ids.
        options: what the request says of retrieval. Without a word chats retrieve if the server does;
            plain prompts don't.
        max_tokens: the answer's length as asked for, or None.
        default: its length when not asked for.
    """

    text: Text
    options: RagOptions
    max_tokens: int | None
    default: int


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt, and what was retrieved for it; None if nothing was to be."""

    prompt: Prompt
    retrieved: Retrieved | None


@dataclass(frozen=True, slots=True)
class PendingIndex:
    """The index that the settings name, while another one is served.

    Attributes:
        index: its path, as the settings have it.
        reason: why it isn't served.
        waiting: whether it will be, as soon as it is there.
    """

    index: str
    reason: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class IndexState:
    """What there is of an index.

    Attributes:
        described: the manifest of the one that is served, short; None without one.
        pending: the one that can't be served yet, or at all.
    """

    described: dict[str, object] | None = None
    pending: PendingIndex | None = None


class Preparer(ABC):
    """From a question to a prompt. Used from one event loop."""

    @property
    @abstractmethod
    def index(self) -> IndexState:
        """Of the index, as far as is known here."""

    @abstractmethod
    async def start(self, rag: RagSettings) -> Awaitable[None]:
        """Load the tokenizer and, if the settings retrieve, embedding model and index.

        Returns:
            What ends when all is loaded. If that is elsewhere, this process has its hands free meanwhile.

        Raises:
            ModelFolderError, IndexFolderError: one is missing still, or can't be used; by what is
                returned, too.
        """

    @abstractmethod
    async def use(self, rag: RagSettings) -> None:
        """Take other settings from the next prompt on.

        Never fails: an index that isn't there or can't be used is not taken, and ``index.pending`` says why.
        """

    @abstractmethod
    async def prepare(self, asked: Asked) -> Made:
        """Retrieve, and build the prompt.

        Raises:
            InvalidRequest: it doesn't fit the context, or can't be retrieved for.
            EngineFailed: retrieval failed.
        """

    @abstractmethod
    async def retrieve(self, question: str, top_k: int | None) -> Retrieved:
        """The passages nearest to a question, best first.

        Raises:
            InvalidRequest: there is no index, or top_k is out of range.
            EngineFailed: retrieval failed.
        """

    @abstractmethod
    def check_health(self) -> None:
        """Return if prompts can be prepared.

        Raises:
            EngineFailed: its process has died.
        """

    @abstractmethod
    async def close(self) -> None:
        """Stop and free everything; a second call does nothing."""
