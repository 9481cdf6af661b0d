"""Tokens to text by a table, for tokenizers whose tokens are bytes (byte-level BPE: Qwen, Llama 3, GPT).

The general way looks at the tokens before as well, and costs ten times as much, on the loop that streams.
"""

import codecs
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel

_UTF8 = codecs.getincrementaldecoder("utf-8")
_UNPRINTABLE = 256
"""Bytes without a printable character of their own get one from here on (GPT-2's bytes_to_unicode)."""


class TokenTexts:
    """The bytes of every token.

    Args:
        table: by token id; empty for special tokens, which are not shown.
    """

    def __init__(self, table: Sequence[bytes]) -> None:
        self._table = table

    def answer(self) -> "AnswerText":
        """A new answer, which begins with nothing."""
        return AnswerText(self._table)

    @classmethod
    def read(cls, folder: Path) -> "TokenTexts | None":
        """From a model folder's tokenizer.json; None if its tokens aren't bytes.

        Args:
            folder: of the model.
        """
        path = folder / "tokenizer.json"
        if not path.is_file():
            return None
        tokenizer = Tokenizer.from_file(str(path))
        if not isinstance(tokenizer.decoder, ByteLevel):
            return None
        added = tokenizer.get_added_tokens_decoder()
        bytes_of = _bytes_of_characters()
        ids = tokenizer.get_vocab(with_added_tokens=True)
        table = [b""] * (max(ids.values()) + 1)
        try:
            for token, number in ids.items():
                if number not in added:
                    table[number] = bytes(bytes_of[character] for character in token)
                elif not added[number].special:
                    table[number] = token.encode()
        except KeyError:  # a character that stands for no byte: some other scheme
            return None
        return cls(table)


class AnswerText:
    """One answer's tokens, as text that grows; incomplete characters are held back.

    Args:
        table: bytes of each token.
    """

    __slots__ = ("_decode", "_table")

    def __init__(self, table: Sequence[bytes]) -> None:
        self._table = table
        self._decode = _UTF8("replace").decode

    def push(self, tokens: Sequence[int]) -> str:
        """Take tokens; give the text that is now sure. Ids beyond the tokenizer have none."""
        table = self._table
        if len(tokens) == 1 and tokens[0] < len(table):
            return self._decode(table[tokens[0]])
        return self._decode(b"".join(table[token] for token in tokens if token < len(table)))


def _bytes_of_characters() -> dict[str, int]:
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {
        chr(_UNPRINTABLE + number): byte for number, byte in enumerate(others)
    }
