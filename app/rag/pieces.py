"""Tokenizing in pieces that are remembered: passages come again and again, so few texts are new.

A text is cut at special tokens and after blank lines, where most tokenizers cut as well, and behind the
number of a passage, so that a passage is the same piece wherever it stands. Whether this tokenizer cuts
there is tried at the start; one that doesn't gets whole texts.
"""

import json
import re
from array import array
from functools import lru_cache
from itertools import product

from tokenizers import Tokenizer

BLANK = "\n\n"
NUMBER = re.compile(r"\[\d+\](?= \S)")
# What comes before a blank line or behind it; the tokenizer's rules look at kinds of characters.
ENDS = ("word", "5", ".", ")", "다", "東", "é", " ", "!\n", "_", "'s", "😀")
BEGINNINGS = ("[1] Word", "Question: x", "5", "(a)", "# H", "다음", "東", "é", "'s", "_x", "😀")
LOCAL_NORMALIZERS = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase"}
LOCAL_CUTS = {"Sequence", "Split", "ByteLevel", "Digits", "Punctuation"}


class PieceTokenizer:
    """Texts to token ids, the same as the tokenizer's own. Safe to use from several threads.

    Args:
        tokenizer: of the language model.
        remembered: pieces whose ids are kept, the latest used; a passage takes about 2 KiB. 0: none.

    Attributes:
        by_pieces: whether texts are cut; else each is tokenized whole.
        by_numbers: whether behind the numbers of passages as well.
    """

    def __init__(self, tokenizer: Tokenizer, remembered: int) -> None:
        self._tokenizer = tokenizer
        specials = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        self._specials = re.compile(
            "(" + "|".join(map(re.escape, sorted(specials, key=len, reverse=True))) + ")"
        )
        self._remembered = lru_cache(remembered)(self._ids)
        self.by_numbers = False
        self.by_pieces = bool(remembered and specials) and cuts_locally(tokenizer) and self._agrees(specials)
        self.by_numbers = self.by_pieces  # to be tried
        self.by_numbers = self.by_pieces and self._agrees_on_numbers()

    def encode(self, text: str) -> list[int]:
        """Token ids, without special tokens but those in the text."""
        if not self.by_pieces:
            return list(self._tokenizer.encode(text, add_special_tokens=False).ids)
        ids: list[int] = []
        for piece in self._cut(text):
            ids.extend(self._remembered(piece))
        return ids

    def _cut(self, text: str) -> list[str]:
        pieces: list[str] = []
        for part in self._specials.split(text):
            paragraphs = part.split(BLANK)
            begun = paragraphs[0]
            for paragraph in paragraphs[1:]:
                begun += BLANK
                # White space behind a blank line may belong to it.
                if paragraph and not paragraph[0].isspace():
                    pieces += self._behind_number(begun)
                    begun = ""
                begun += paragraph
            if begun:
                pieces += self._behind_number(begun)
        return pieces

    def _behind_number(self, piece: str) -> tuple[str, ...]:
        """A passage apart from its number."""
        if self.by_numbers and (number := NUMBER.match(piece)):
            return number[0], piece[number.end() :]
        return (piece,)

    def _ids(self, text: str) -> "array[int]":
        return array("I", self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _agrees(self, specials: list[str]) -> bool:
        """Whether pieces give the ids of the whole, for all kinds of ends and beginnings."""
        bounds = [BLANK, *specials]
        return all(
            self._same(f"A {end}{bound}{beginning} z")
            for end, bound, beginning in product(ENDS, bounds, BEGINNINGS)
        )

    def _agrees_on_numbers(self) -> bool:
        """The same for the numbers of passages and what comes behind them."""
        return all(
            self._same(f"A{BLANK}[{number}] {title} z")
            for number in (1, 12)
            for title in (*BEGINNINGS, *ENDS)
        )

    def _same(self, whole: str) -> bool:
        ids = [token for piece in self._cut(whole) for token in self._ids(piece)]
        return ids == list(self._tokenizer.encode(whole, add_special_tokens=False).ids)


def cuts_locally(tokenizer: Tokenizer) -> bool:
    """Whether no step of the tokenizer looks at the whole text, as one that marks its first word does."""
    parts = json.loads(tokenizer.to_str())
    cuts = _steps(parts["pre_tokenizer"], "pretokenizers")
    return (
        parts["truncation"] is None
        and parts["padding"] is None
        and {step["type"] for step in _steps(parts["normalizer"], "normalizers")} <= LOCAL_NORMALIZERS
        and bool(cuts)
        and {step["type"] for step in cuts} <= LOCAL_CUTS
        and not any(step.get("add_prefix_space") for step in cuts)
        and not any(
            token["lstrip"] or token["rstrip"] or token["single_word"] for token in parts["added_tokens"]
        )
    )


def _steps(part: dict[str, object] | None, name: str) -> list[dict[str, object]]:
    """A part of a tokenizer.json: one step, or a sequence of them."""
    if part is None:
        return []
    inner = part.get(name)
    return list(inner) if isinstance(inner, list) else [part]
