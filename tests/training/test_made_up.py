"""Made-up documents: nothing of the shipped corpus is in them, and every answer is."""

from collections import Counter
from random import Random

import pytest

from training.documents import LANGUAGES, World
from training.forbidden import answers, leaks
from training.frames import blocks


def worlds(count: int) -> list[World]:
    random = Random(20)
    return [World(random, documents=6, korean_share=0.3) for _ in range(count)]


def test_nothing_of_the_corpus_is_made_up() -> None:
    found: Counter[str] = Counter()
    for world in worlds(40):
        for passage in world.passages:
            facts = [text for fact in passage.facts for text in (*fact.questions, fact.answer)]
            for text in (passage.title, passage.text, *facts):
                found.update(leaks(text))
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "It stands below Lantern Bridge.",
        "the Ferrow gate",
        "3.85 metres",
        "9 November 1931",
        "He must press the lid twice.",
        "소장은 남궁바다였다.",
        "For none of the other horns on this coast uses that pattern",
    ],
)
def test_what_is_of_the_corpus_is_found(text: str) -> None:
    assert leaks(text)


def test_every_answer_of_the_corpus_of_two_words_is_found() -> None:
    assert [answer for _, answer in answers() if " " in answer and not leaks(answer)] == []


def test_answers_stand_in_their_statements() -> None:
    facts = [fact for world in worlds(10) for passage in world.passages for fact in passage.facts]
    assert len(facts) > 100
    assert all(fact.answer and fact.answer in fact.statement and fact.questions for fact in facts)


def test_every_kind_of_fact_is_made_in_both_languages() -> None:
    made: Counter[tuple[str, str]] = Counter()
    for world in worlds(40):
        for passage in world.passages:
            made.update((passage.language, fact.kind) for fact in passage.facts)
    kinds = ("number", "name", "date", "place", "procedure")
    assert set(made) == {(language, kind) for language in LANGUAGES for kind in kinds}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_statement_has_a_question(language: str) -> None:
    known = [block for kind in blocks(language).values() for block in kind]
    assert all(block.fitting(tag) for block in known for tag, _ in block.statements)


def test_the_same_seed_makes_the_same() -> None:
    first, second = (World(Random(3), documents=3, korean_share=0.5).passages for _ in range(2))
    assert first == second
