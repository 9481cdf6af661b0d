"""The fields of requests, after OpenAI's API reference, plus the extensions ``rag`` and ``timings``.

Fields that OpenAI knows and this server can't honour are accepted only with the value that changes
nothing, so that no client is silently given something else than it asked for.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.engines.contract import Sampling
from app.rag.preparer import RagOptions
from app.rag.tokenizer import Message
from app.settings.model import PassageOrder, SamplingSettings

Text = Annotated[str, StringConstraints(min_length=1)]


class Body(BaseModel):
    """A request body; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Rag(Body):
    """The extension ``rag``.

    Attributes:
        enabled: retrieve passages; default: the server's setting in chats, off in completions.
        top_k: how many; default: the server's setting.
        passage_order: in the prompt; likewise.
        return_text: send the passages' titles and texts back too.
    """

    enabled: bool | None = None
    top_k: Annotated[int, Field(ge=1, le=100)] | None = None
    passage_order: PassageOrder | None = None
    return_text: bool = False

    def options(self) -> RagOptions:
        """What the service needs to know."""
        return RagOptions(self.enabled, self.top_k, self.passage_order)


class StreamOptions(Body):
    """``include_usage`` sends a last event with token counts."""

    include_usage: bool = False
    include_obfuscation: Literal[False] = False


class Generation(Body):
    """What chats and completions have in common."""

    model: str
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2, strict=False)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, strict=False)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    stop: Text | Annotated[list[Text], Field(max_length=4)] | None = None
    ignore_eos: bool = False
    rag: Rag = Rag()
    timings: bool = False
    user: str | None = None
    # Only as OpenAI's clients and tools send them when they mean "nothing".
    n: Literal[1] | None = None
    presence_penalty: Annotated[float, Field(ge=0, le=0, strict=False)] | None = None
    frequency_penalty: Annotated[float, Field(ge=0, le=0, strict=False)] | None = None
    repetition_penalty: Annotated[float, Field(ge=1, le=1, strict=False)] | None = None
    logit_bias: Annotated[dict[str, float], Field(max_length=0)] | None = None

    @field_validator("rag", mode="before")
    @classmethod
    def _no_rag(cls, value: Any) -> Any:
        return {} if value is None else value

    def sampling(self, defaults: SamplingSettings, max_tokens: int) -> Sampling:
        """How to draw the answer, with the server's defaults where the request says nothing."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return Sampling(
            max_tokens=max_tokens,
            temperature=defaults.temperature if self.temperature is None else self.temperature,
            top_p=defaults.top_p if self.top_p is None else self.top_p,
            seed=self.seed,
            stop=stop,
            ignore_eos=self.ignore_eos,
        )


class TextPart(Body):
    """A part of a message. Only text: the models served here see no pictures."""

    type: Literal["text"]
    text: str


class ChatMessage(Body):
    """One message of a chat."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None

    def plain(self) -> Message:
        """As the tokenizer's chat format wants it."""
        content = self.content if isinstance(self.content, str) else "".join(p.text for p in self.content)
        return {"role": "system" if self.role == "developer" else self.role, "content": content}


class ChatRequest(Generation):
    """POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: Literal[False] | None = None
    tools: Annotated[list[Any], Field(max_length=0)] | None = None
    response_format: dict[Literal["type"], Literal["text"]] | None = None

    def tokens(self) -> int | None:
        """OpenAI's newer name for max_tokens wins."""
        return self.max_completion_tokens or self.max_tokens

    def text(self) -> list[Message]:
        """What the service prepares."""
        return [message.plain() for message in self.messages]


class CompletionRequest(Generation):
    """POST /v1/completions."""

    prompt: Text | Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    echo: Literal[False] | None = None
    best_of: Literal[1] | None = None
    logprobs: None = None
    suffix: None = None

    def tokens(self) -> int | None:
        """How long the answer may be, if the request says."""
        return self.max_tokens

    def text(self) -> str | list[int]:
        """What the service prepares."""
        return self.prompt


class RetrieveRequest(Body):
    """POST /v1/retrieve."""

    query: Text
    top_k: Annotated[int, Field(ge=1, le=100)] | None = None
