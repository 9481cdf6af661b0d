"""Prompts tokenized in pieces have the same tokens; a tokenizer that can't be cut is left whole."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from app.demo import CORPUS
from app.demo.weights import WEIGHTS
from app.rag.pieces import PieceTokenizer

TOKENIZER = WEIGHTS / "tokenizer.json"
ODD = [
    "",
    "\n\n",
    "\n\n\n\n",
    " \n\n a\n\n",
    "a\n\n\n\nb",
    "<|im_end|>\n\n\n",
    "x<|im_start|>user\n\n[1] y",
    "\n\n<|im_end|>",
    "[1] [2] [3]",
    "\n\n[1]  two spaces\n\n[2]\n\n[3] \n\n[4]x",
    "\n\n[10] (1931) opened\n\n[11] 다리\n\n[12] 's",
]


def changed(**parts: Any) -> Tokenizer:
    """The demo's tokenizer with other parts."""
    return Tokenizer.from_str(json.dumps(json.loads(TOKENIZER.read_text("utf-8")) | parts))


def texts() -> list[str]:
    """The demo's documents, and what is left of them when characters are drawn from them."""
    documents = [path.read_text("utf-8") for path in sorted(Path(CORPUS).rglob("*.md"))]
    letters = "".join(documents) + "\n" * 20_000 + " " * 5_000
    draw = random.Random(1)
    drawn = ["".join(draw.choices(letters, k=60)) for _ in range(500)]
    return [*documents, *drawn, *ODD]


def test_tokens_are_those_of_the_whole() -> None:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    pieces = PieceTokenizer(tokenizer, 1000)
    assert pieces.by_pieces
    assert pieces.by_numbers
    for text in texts() * 2:
        assert pieces.encode(text) == tokenizer.encode(text, add_special_tokens=False).ids, text


@pytest.mark.parametrize(
    "parts",
    [
        # GPT-2 cuts before the last of several line ends.
        {
            "pre_tokenizer": {
                "type": "ByteLevel",
                "add_prefix_space": False,
                "trim_offsets": True,
                "use_regex": True,
            }
        },
        {
            "pre_tokenizer": {
                "type": "ByteLevel",
                "add_prefix_space": True,
                "trim_offsets": True,
                "use_regex": True,
            }
        },
        {
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": "▁",
                "prepend_scheme": "first",
                "split": False,
            }
        },
        {"normalizer": {"type": "Prepend", "prepend": "▁"}},
        {"normalizer": {"type": "Strip", "strip_left": True, "strip_right": True}},
        {"pre_tokenizer": None},
        {"truncation": {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0}},
    ],
)
def test_a_tokenizer_that_looks_further_gets_whole_texts(parts: dict[str, Any]) -> None:
    tokenizer = changed(**parts)
    pieces = PieceTokenizer(tokenizer, 1000)
    assert not pieces.by_pieces
    for text in texts()[:50]:
        assert pieces.encode(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_what_came_before_is_not_tokenized_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = PieceTokenizer(Tokenizer.from_file(str(TOKENIZER)), 1000)
    passages = "Title\nSome text about it.", "Other\nMore text."
    pieces.encode("system\n\n[1] {}\n\n[2] {}\n\nQuestion: first".format(*passages))
    before = pieces._remembered.cache_info()
    pieces.encode("system\n\n[1] {}\n\n[2] {}\n\nQuestion: second".format(*reversed(passages)))
    after = pieces._remembered.cache_info()
    assert after.hits - before.hits == 5, "the system text, two numbers, and the passages in the other order"
    assert after.misses - before.misses == 1


def test_where_numbers_run_on_into_what_follows_they_are_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PieceTokenizer, "_agrees_on_numbers", lambda _: False)
    pieces = PieceTokenizer(Tokenizer.from_file(str(TOKENIZER)), 1000)
    assert pieces.by_pieces
    assert pieces._cut("[1] Title") == ["[1] Title"]


def test_nothing_is_remembered_when_so_told() -> None:
    assert not PieceTokenizer(Tokenizer.from_file(str(TOKENIZER)), 0).by_pieces
