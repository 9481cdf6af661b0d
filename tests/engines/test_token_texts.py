"""A table of bytes gives the text that the tokenizer gives, a token at a time."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from app.demo.weights import WEIGHTS
from app.engines.token_texts import TokenTexts

SAID = "The gate 조수문 closes at 3.85 metres, naïve 😀 👩‍🚀.\n\n\tDone"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


def texts() -> TokenTexts:
    found = TokenTexts.read(WEIGHTS)
    assert found is not None
    return found


def test_each_token_gives_what_the_tokenizers_own_stream_gives(tokenizer: Tokenizer) -> None:
    answer, stream = texts().answer(), DecodeStream(skip_special_tokens=True)
    pieces = []
    for token in tokenizer.encode(SAID).ids:
        pieces.append(answer.push([token]))
        assert pieces[-1] == (stream.step(tokenizer, token) or "")
    assert "".join(pieces) == SAID
    assert "" in pieces, "some character takes several tokens"


def test_several_tokens_at_once(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(SAID).ids
    answer = texts().answer()
    assert "".join(answer.push(ids[at : at + 7]) for at in range(0, len(ids), 7)) == SAID


def test_special_tokens_and_unknown_ids_have_no_text(tokenizer: Tokenizer) -> None:
    special = tokenizer.token_to_id("<|im_end|>")
    assert special is not None
    answer = texts().answer()
    assert [answer.push([special]), answer.push([10_000_000]), answer.push([special, 10_000_000])] == [""] * 3


def test_broken_characters_are_replaced(tokenizer: Tokenizer) -> None:
    first = next(token for token in tokenizer.encode("😀").ids if texts().answer().push([token]) == "")
    word = tokenizer.encode("gate").ids
    assert texts().answer().push([first, *word]) == "\ufffdgate"


@pytest.mark.parametrize(
    "change",
    [
        lambda described: described.update(decoder={"type": "Metaspace", "replacement": "▁"}),
        lambda described: described.update(decoder=None),
        lambda described: described["model"]["vocab"].update(
            {"▁the": max(described["model"]["vocab"].values())}
        ),
    ],
)
def test_other_tokenizers_have_no_table(change: Change, tmp_path: Path) -> None:
    described = json.loads((WEIGHTS / "tokenizer.json").read_text("utf-8"))
    change(described)
    (tmp_path / "tokenizer.json").write_text(json.dumps(described), "utf-8")
    assert TokenTexts.read(tmp_path) is None


def test_a_folder_without_the_file_has_no_table(tmp_path: Path) -> None:
    assert TokenTexts.read(tmp_path) is None
    shutil.copy(WEIGHTS / "tokenizer.json", tmp_path)
    assert TokenTexts.read(tmp_path) is not None
