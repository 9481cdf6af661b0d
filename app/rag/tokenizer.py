"""The language model's tokenizer and chat format."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer
from typing_extensions import TypeIs

from app.engines.model_folder import check_model_folder
from app.errors import InvalidRequest, ModelFolderError
from app.rag.pieces import PieceTokenizer

Message = dict[str, str]
"""``{"role": "system" | "user" | "assistant", "content": text}``"""

Text = list[Message] | str | list[int]
"""What a prompt is made of: a chat's messages, or a plain prompt as text or token ids."""


def is_chat(text: Text) -> TypeIs[list[Message]]:
    """Whether it is a chat's messages."""
    return isinstance(text, list) and bool(text) and isinstance(text[0], dict)


class ChatTokenizer:
    """Texts and chats to token ids. Safe to use from several threads.

    Args:
        folder: the model's folder.
        remembered: pieces of texts whose ids are kept, see ``PieceTokenizer``.

    Raises:
        ModelFolderError: the folder has no usable tokenizer.
    """

    def __init__(self, folder: Path, remembered: int = 0) -> None:
        check_model_folder(folder)
        try:
            self._template: Any = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError, KeyError) as error:
            raise ModelFolderError(
                f"model.path = {str(folder)!r}: the tokenizer can't be loaded: {error}"
            ) from error
        # The plain tokenizer encodes without the wrapper's bookkeeping, which costs more than the encoding.
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._pieces = PieceTokenizer(self._tokenizer, remembered)
        self._adds_tokens = self._tokenizer.num_special_tokens_to_add(is_pair=False) > 0

    def encode(self, text: str) -> list[int]:
        """Token ids of a plain text, with the special tokens that the tokenizer itself adds."""
        if self._adds_tokens:
            return list(self._tokenizer.encode(text).ids)
        return self._pieces.encode(text)

    def encode_chat(self, messages: list[Message]) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer begins.

        Raises:
            InvalidRequest: the model has no chat format, or it refuses these messages.
        """
        if not self._template.chat_template:
            raise InvalidRequest("this model has no chat template; use /v1/completions", param="messages")
        try:
            text = self._template.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # templates raise whatever they like
            raise InvalidRequest(
                f"the model's chat template refuses these messages: {error}", param="messages"
            ) from error
        return self._pieces.encode(text)
