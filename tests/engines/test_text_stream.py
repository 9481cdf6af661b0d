"""Text comes out as soon as it is sure, and never a part of a stop text or of a character."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from app.engines.text import TextStream

SAID = "The gate 조수문 closes at 3.85 metres."


@pytest.fixture(scope="module")
def tokenizer(random_model: Path) -> Tokenizer:
    return Tokenizer.from_file(str(random_model / "tokenizer.json"))


def run(tokenizer: Tokenizer, stop: tuple[str, ...]) -> tuple[list[str], bool]:
    stream = TextStream(tokenizer, stop)
    pieces = []
    for token in tokenizer.encode(SAID).ids:
        pieces.append(stream.push(token))
        if stream.stopped:
            break
    return [*pieces, stream.finish()], stream.stopped


def test_without_stop_texts_everything_comes_out_whole(tokenizer: Tokenizer) -> None:
    pieces, stopped = run(tokenizer, ())
    assert "".join(pieces) == SAID
    assert not stopped
    assert not any("\ufffd" in piece for piece in pieces)


@pytest.mark.parametrize("stop", [(" closes",), ("3.85", " at"), ("수문",), ("es at 3",)])
def test_the_first_stop_text_ends_it(tokenizer: Tokenizer, stop: tuple[str, ...]) -> None:
    pieces, stopped = run(tokenizer, stop)
    assert stopped
    assert "".join(pieces) == SAID[: min(SAID.index(text) for text in stop)]


def test_what_could_become_a_stop_text_is_held_back_and_then_given(tokenizer: Tokenizer) -> None:
    pieces, stopped = run(tokenizer, ("metres!!",))
    assert "".join(pieces) == SAID
    assert not stopped
