"""The language model's tokenizer and chat format."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer
from typing_extensions import TypeIs

from app.engines.model_folder import check_model_folder
from app.errors import InvalidRequest, ModelFolderError

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

    Raises:
        ModelFolderError: the folder has no usable tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        check_model_folder(folder)
        try:
            self._template: Any = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError, KeyError) as error:
            raise ModelFolderError(
                f"model.path = {str(folder)!r}: the tokenizer can't be loaded: {error}"
            ) from error
        # The plain tokenizer encodes without the wrapper's bookkeeping, which costs more than the encoding.
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def encode(self, text: str) -> list[int]:
        """Token ids of a plain text, with the special tokens that the tokenizer itself adds."""
        return list(self._tokenizer.encode(text).ids)

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
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)
