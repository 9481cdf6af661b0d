"""Builds the prompt: static system text first, then the passages, the question last."""

from dataclasses import dataclass

from app.errors import InvalidRequest
from app.rag.passage_order import PassageOrders
from app.rag.tokenizer import ChatTokenizer, Text, is_chat
from app.retrieval.index import Hit
from app.settings.model import RagSettings, SamplingSettings


@dataclass(frozen=True, slots=True)
class Prompt:
    """What goes to the engine.

    Attributes:
        token_ids: the prompt.
        passages: those that are in it, in its order: [1] in the prompt is the first.
        max_tokens: how long the answer may be.
    """

    token_ids: list[int]
    passages: list[Hit]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt, and how it came about.

    Attributes:
        prompt: for the engine.
        sampling: the defaults that were in force when its request began.
        begun_s: when this work began, by perf_counter.
        retrieval_s: seconds the question waited, was embedded and searched for; zeros without retrieval.
    """

    prompt: Prompt
    sampling: SamplingSettings
    begun_s: float
    retrieval_s: tuple[float, float, float]


class PromptBuilder:
    """Fits prompts into the model's context.

    When prompt and answer are too long together, the lowest-ranked passages go first, one by one; never
    the question.

    Args:
        tokenizer: of the language model.
        max_model_len: tokens of prompt and answer together.
    """

    def __init__(self, tokenizer: ChatTokenizer, max_model_len: int) -> None:
        self._tokenizer = tokenizer
        self._max_model_len = max_model_len
        self._orders = PassageOrders()

    def build(
        self, text: Text, hits: list[Hit], rag: RagSettings, max_tokens: int | None, default: int
    ) -> Prompt:
        """Drop passages until it fits.

        Args:
            text: a chat's messages, or a plain prompt as text or token ids.
            hits: the passages, best first.
            rag: says their order in the prompt, and the system text.
            max_tokens: the answer's length as asked for, or None.
            default: its length when not asked for; shortened to the room there is.

        Raises:
            InvalidRequest: context_length_exceeded; it doesn't fit even without passages.
        """
        kept = list(hits)
        while True:
            ordered = self._orders.arrange(kept, rag.passage_order)
            token_ids = self._encode(text, ordered, rag.system_prompt if hits else None)
            room = self._max_model_len - len(token_ids)
            if room >= (max_tokens or default) or (not kept and max_tokens is None and room > 0):
                self._orders.note(ordered, rag.passage_order)
                return Prompt(token_ids, ordered, max_tokens or min(default, room))
            if not kept:
                raise self._too_long(text, len(token_ids), max_tokens)
            kept.pop()

    def _encode(self, text: Text, passages: list[Hit], system_prompt: str | None) -> list[int]:
        """Token ids; without a system prompt, of the text as it is."""
        if is_chat(text):
            if system_prompt is None:
                return self._tokenizer.encode_chat(text)
            own = [message["content"] for message in text if message["role"] == "system"]
            rest = [message for message in text if message["role"] != "system"]
            system = "\n\n".join([system_prompt, *_numbered(passages), *own])
            return self._tokenizer.encode_chat([{"role": "system", "content": system}, *rest])
        if not isinstance(text, str):
            return list(text)
        if system_prompt is None:
            return self._tokenizer.encode(text)
        question = f"Question: {text}\nAnswer:"
        return self._tokenizer.encode("\n\n".join([system_prompt, *_numbered(passages), question]))

    def _too_long(self, text: Text, prompt_tokens: int, max_tokens: int | None) -> InvalidRequest:
        answer = f" and max_tokens = {max_tokens}" if max_tokens else ""
        advice = " or ask for fewer tokens" if max_tokens else ""
        return InvalidRequest(
            f"the model's context holds {self._max_model_len} tokens, prompt and answer together; the "
            f"prompt has {prompt_tokens}{answer}: shorten it{advice}",
            param="messages" if is_chat(text) else "prompt",
            code="context_length_exceeded",
        )


def _numbered(hits: list[Hit]) -> list[str]:
    return [f"[{number}] {hit.passage.title}\n{hit.passage.text}" for number, hit in enumerate(hits, 1)]
