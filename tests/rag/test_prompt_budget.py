"""Prompt and answer fit the context: the lowest-ranked passages go first, the question never."""

from pathlib import Path

import pytest

from app.errors import InvalidRequest
from app.rag.prompt import Prompt, PromptBuilder
from app.rag.tokenizer import ChatTokenizer, Text
from app.settings.model import RagSettings
from tests.rag.made import QUESTION, chat, hits, names, text_of

RAG = RagSettings()
FOUND = hits("gate", "tide", "bridge", "harbour")


@pytest.fixture
def build(tokenizer: ChatTokenizer) -> "Build":
    return Build(tokenizer)


class Build:
    def __init__(self, tokenizer: ChatTokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(
        self, room: int, max_tokens: int | None = None, *, text: Text | None = None, rag: RagSettings = RAG
    ) -> Prompt:
        return PromptBuilder(self._tokenizer, room).build(text or chat(), FOUND, rag, max_tokens, 16)

    def length(self, count: int) -> int:
        """Tokens of a prompt with the best ``count`` passages."""
        return len(PromptBuilder(self._tokenizer, 10_000).build(chat(), FOUND[:count], RAG, 1, 16).token_ids)


@pytest.mark.parametrize("order", ["rank", "canonical"])
def test_passages_go_one_by_one_lowest_rank_first(build: Build, order: str, random_model: Path) -> None:
    rag = RagSettings(passage_order=order)
    whole = len(build(10_000, 16, rag=rag).token_ids)
    kept: list[list[str]] = []
    for room in range(whole + 16, 60, -1):
        try:
            prompt = build(room, 16, rag=rag)
        except InvalidRequest:
            break
        assert len(prompt.token_ids) + prompt.max_tokens <= room
        assert QUESTION in text_of(prompt, random_model)
        assert RAG.system_prompt in text_of(prompt, random_model)
        if not kept or names(prompt) != kept[-1]:
            kept.append(names(prompt))
    best_first = ["gate", "tide", "bridge", "harbour"]
    sort = sorted if order == "canonical" else list
    assert kept == [sort(best_first[:count]) for count in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("count", [4, 3, 2, 1])
def test_not_one_passage_is_dropped_that_would_fit(build: Build, count: int) -> None:
    needed = build.length(count) + 16
    assert len(build(needed, 16).passages) == count
    assert len(build(needed - 1, 16).passages) == count - 1


def test_the_answers_default_length_drops_passages_too(build: Build) -> None:
    assert len(build(build.length(4) + 15).passages) == 3


def test_without_max_tokens_the_answer_is_shortened_to_the_room(
    build: Build, tokenizer: ChatTokenizer
) -> None:
    text = chat(("user", QUESTION))
    builder = PromptBuilder(tokenizer, len(tokenizer.encode_chat(text)) + 3)
    assert builder.build(text, [], RAG, None, 16).max_tokens == 3
    assert build(10_000).max_tokens == 16
    assert build(10_000, 5).max_tokens == 5


@pytest.mark.parametrize(("max_tokens", "room"), [(4, 3), (None, 0), (1, 0)])
def test_what_cannot_fit_is_refused_with_the_numbers(
    tokenizer: ChatTokenizer, max_tokens: int | None, room: int
) -> None:
    length = len(tokenizer.encode_chat(chat()))
    with pytest.raises(InvalidRequest) as caught:
        PromptBuilder(tokenizer, length + room).build(chat(), [], RAG, max_tokens, 16)
    error = caught.value
    assert (error.code, error.param, error.status) == ("context_length_exceeded", "messages", 400)
    assert f"holds {length + room} tokens" in error.message
    assert f"the prompt has {length}" in error.message
    assert (f"max_tokens = {max_tokens}" in error.message) == (max_tokens is not None)
    assert ("ask for fewer tokens" in error.message) == (max_tokens is not None)


def test_a_question_that_is_too_long_is_never_cut(build: Build) -> None:
    with pytest.raises(InvalidRequest, match="shorten it"):
        build(200, text=chat(("user", "gate " * 300)))


def test_a_plain_prompts_field_is_named(tokenizer: ChatTokenizer) -> None:
    for text in ("gate " * 50, [5] * 50):
        with pytest.raises(InvalidRequest) as caught:
            PromptBuilder(tokenizer, 20).build(text, [], RAG, None, 16)
        assert caught.value.param == "prompt"
