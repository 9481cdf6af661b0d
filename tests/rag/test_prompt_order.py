"""Static system text, then the passages by rank or by id, the question last."""

import itertools
from pathlib import Path

import pytest

from app.rag.prompt import Prompt, PromptBuilder
from app.rag.tokenizer import ChatTokenizer, Text
from app.retrieval.index import Hit
from app.settings.model import RagSettings
from tests.rag.made import QUESTION, chat, hits, names, text_of

RANK = RagSettings(passage_order="rank")
CANONICAL = RagSettings(passage_order="canonical")
NAMES = ("tide", "gate", "bridge")


@pytest.fixture
def builder(tokenizer: ChatTokenizer) -> PromptBuilder:
    return PromptBuilder(tokenizer, 10_000)


def build(builder: PromptBuilder, text: Text, found: list[Hit], rag: RagSettings = RANK) -> Prompt:
    return builder.build(text, found, rag, None, 16)


def positions(text: str, *pieces: str) -> list[int]:
    assert all(text.count(piece) == 1 for piece in pieces), text
    return [text.index(piece) for piece in pieces]


def test_a_chat_reads_system_text_passages_question(builder: PromptBuilder, random_model: Path) -> None:
    text = text_of(build(builder, chat(), hits(*NAMES)), random_model)
    assert text.startswith(f"<|im_start|>system\n{RANK.system_prompt}")
    places = positions(text, "[1] About tide", "[2] About gate", "[3] About bridge", QUESTION)
    assert places == sorted(places)
    assert text.endswith(f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n")


def test_canonical_order_is_by_id_and_the_answer_lists_them_as_numbered(
    builder: PromptBuilder, random_model: Path
) -> None:
    prompt = build(builder, chat(), hits(*NAMES), CANONICAL)
    text = text_of(prompt, random_model)
    positions(text, "[1] About bridge", "[2] About gate", "[3] About tide")
    assert names(prompt) == ["bridge", "gate", "tide"]


def test_equal_sets_share_their_prefix_in_canonical_order_only(builder: PromptBuilder) -> None:
    def shared(rag: RagSettings) -> set[tuple[int, ...]]:
        questions = ("Who sails?", "What is open at night?")
        prefixes = set()
        for question, order in itertools.product(questions, itertools.permutations(NAMES)):
            whole = build(builder, chat(("user", question)), hits(*order), rag).token_ids
            without = builder._tokenizer.encode_chat(chat(("user", question)))
            prefixes.add(tuple(whole[: len(whole) - len(without)]))
        return prefixes

    assert len(shared(CANONICAL)) == 1
    assert len(shared(RANK)) == 6


def test_the_users_own_system_message_is_kept(builder: PromptBuilder, random_model: Path) -> None:
    turns = chat(
        ("system", "Speak like a sailor."), ("user", "Ahoy"), ("assistant", "Aye"), ("user", QUESTION)
    )
    text = text_of(build(builder, turns, hits("tide")), random_model)
    places = positions(
        text, RANK.system_prompt, "[1] About tide", "Speak like a sailor.", "Ahoy", "Aye", QUESTION
    )
    assert places == sorted(places)
    assert text.count("<|im_start|>system") == 1
    # Without retrieval a chat is what the client sent, no more.
    plain = text_of(build(builder, turns, []), random_model)
    assert plain.startswith("<|im_start|>system\nSpeak like a sailor.<|im_end|>\n<|im_start|>user\nAhoy")
    assert RANK.system_prompt not in plain


def test_a_completion_with_passages_ends_in_the_question(builder: PromptBuilder, random_model: Path) -> None:
    text = text_of(build(builder, QUESTION, hits(*NAMES)), random_model)
    assert text.startswith(RANK.system_prompt)
    assert text.endswith(f"\n\nQuestion: {QUESTION}\nAnswer:")
    positions(text, "[1] About tide", "[3] About bridge")


def test_a_completion_without_passages_is_the_prompt_itself(
    builder: PromptBuilder, random_model: Path
) -> None:
    assert text_of(build(builder, QUESTION, []), random_model) == QUESTION


def test_token_ids_pass_through(builder: PromptBuilder) -> None:
    given = [7, 300, 12, 12]
    prompt = build(builder, given, [])
    assert prompt.token_ids == given
    assert prompt.token_ids is not given


def test_a_new_system_text_is_used(builder: PromptBuilder, random_model: Path) -> None:
    rag = RagSettings(system_prompt="Be brief.")
    assert text_of(build(builder, chat(), hits("tide"), rag), random_model).startswith(
        "<|im_start|>system\nBe brief.\n\n[1]"
    )
