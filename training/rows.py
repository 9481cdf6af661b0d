"""Rows of tokens to train on: some passages, then many questions about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import prompts
from training.documents import LANGUAGES, Fact, Passage, World
from training.tokenizer import END, FUNCTION_WORDS, PAD, SPECIAL

LENGTH = 1152
"""Tokens of a row."""
SHORTEST_TURN = 24
SUBSTITUTED = 0.5
"""Share of rows in which some copied tokens are replaced by others."""
PLAIN, EMPTY, CHAT = 0.04, 0.04, 0.24
"""Shares of rows: plain completion, no passages at all, turns that see the turns before them."""
REFUSED = 0.15
"""Share of questions whose answer is not in the passages."""


@dataclass(slots=True)
class Row:
    """One row.

    Attributes:
        ids: (LENGTH,) token ids, padded.
        positions: (LENGTH,) places as rotary embedding counts: each turn goes on where the passages end.
        turns: (LENGTH,) 0 for what all see, else the turn's number; a turn sees itself and 0. Padding: -1.
        answers: (LENGTH,) how much predicting this token counts; 0 except in answers.
    """

    ids: NDArray[np.int32]
    positions: NDArray[np.int32]
    turns: NDArray[np.int32]
    answers: NDArray[np.float32]


@dataclass(slots=True)
class Asked:
    """A question with tokens.

    Attributes:
        question: what precedes the answer.
        answer: the answer and the end token.
    """

    question: list[int]
    answer: list[int]


class RowMaker:
    """Makes rows without end.

    Args:
        random: source of everything.
        tokenizer: a ``tokenizers.Tokenizer``.
        korean_share: part of the documents that are Korean.
        rows_per_world: rows made from one world's passages.
    """

    def __init__(
        self, random: Random, tokenizer: Any, *, korean_share: float = 0.22, rows_per_world: int = 14
    ) -> None:
        self._random = random
        self._tokenizer = tokenizer
        self._korean_share = korean_share
        self._rows_per_world = rows_per_world
        self._pieces: dict[int, list[int]] = {}
        self._changeable, self._kinds = _changeable(tokenizer)

    def rows(self) -> Iterator[Row]:
        """Rows, of one world after another."""
        while True:
            mixed = self._random.random()
            share = (
                0.0 if mixed < 0.5 else 1.0 if mixed < 0.5 + self._korean_share * 0.6 else self._korean_share
            )
            world = World(self._random, documents=self._random.randint(5, 9), korean_share=share)
            self._pieces = {}
            if len(world.passages) < 8:
                continue
            for _ in range(self._rows_per_world):
                yield self.row(world)

    def row(self, world: World) -> Row:
        """One row from a world's passages."""
        shape = self._random.random()
        if shape < EMPTY:
            return self._without_passages(world)
        plain = shape < EMPTY + PLAIN
        context = self._context(world)
        system = prompts.SYSTEM if self._random.random() < 0.9 else self._random.choice(prompts.OTHER_SYSTEMS)
        ids = self._encode(system if plain else prompts.system(system))
        kept: list[Passage] = []
        for passage in context:
            piece = self._encode(prompts.number(len(kept) + 1)) + self._passage(passage)
            if len(ids) + len(piece) > LENGTH - 4 * SHORTEST_TURN:
                break
            ids += piece
            kept.append(passage)
        ids += [] if plain else self._encode(prompts.SYSTEM_END)
        form = prompts.plain_question if plain else prompts.question
        together = not plain and shape > 1 - CHAT
        return self._fill(ids, self._questions(world, kept), form, together)

    def _without_passages(self, world: World) -> Row:
        facts = [(fact, passage.language) for passage in world.passages for fact in passage.facts]
        asked = self._random.choices(facts, k=8)
        refused = ((fact, LANGUAGES[language].refusal) for fact, language in asked)
        return self._fill([], refused, prompts.question, together=False)

    def _context(self, world: World) -> list[Passage]:
        """As retrieved: several of one document, others that look like it; mostly 4 in all, in any order."""
        random = self._random
        count = random.choice((1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 6))
        focus = random.choice(world.passages).document
        own = [passage for passage in world.passages if passage.document == focus]
        chosen = random.sample(own, min(len(own), random.randint(1, count)))
        others = [passage for passage in world.passages if passage.document != focus]
        chosen += random.sample(others, min(len(others), count - len(chosen)))
        if random.random() < 0.6:
            random.shuffle(chosen)
        return chosen

    def _questions(self, world: World, context: list[Passage]) -> Iterator[tuple[Fact, str]]:
        """Questions with answers: those that the passages answer, and some that they don't."""
        random = self._random
        here = [(fact, fact.answer) for passage in context for fact in passage.facts]
        documents = {passage.document for passage in context}
        seen = {id(fact) for fact, _ in here}
        absent = [
            (fact, LANGUAGES[passage.language].refusal, passage.document in documents)
            for passage in world.passages
            for fact in passage.facts
            if id(fact) not in seen
        ]
        near = [(fact, refusal) for fact, refusal, same in absent if same]
        far = [(fact, refusal) for fact, refusal, same in absent if not same]
        pending: list[tuple[Fact, str]] = []
        while True:
            if random.random() < REFUSED or not here:
                pool = near if near and random.random() < 0.65 else far
                if pool or not here:
                    if not pool and not near:
                        return
                    yield random.choice(pool or near)
                    continue
            if not pending:
                pending = random.sample(here, len(here))
            yield pending.pop()

    def _fill(self, prefix: list[int], asked: Iterator[tuple[Fact, str]], form: Any, together: bool) -> Row:
        row = Row(
            np.full(LENGTH, PAD, np.int32),
            np.zeros(LENGTH, np.int32),
            np.full(LENGTH, -1, np.int32),
            np.zeros(LENGTH, np.float32),
        )
        at = len(prefix)
        row.ids[:at], row.positions[:at], row.turns[:at] = prefix, np.arange(at), 0
        newline = self._encode("\n")
        for turn, (fact, answer) in enumerate(asked, 1):
            turn_ids = self._asked(form(self._random.choice(fact.questions)), answer)
            size = len(turn_ids.question) + len(turn_ids.answer)
            if at + size > LENGTH:
                break
            row.ids[at : at + size] = turn_ids.question + turn_ids.answer
            start = at if together else len(prefix)
            row.positions[at : at + size] = np.arange(start, start + size)
            row.turns[at : at + size] = 0 if together else turn
            weight = 2.0 if together and turn == 1 else 1.0
            row.answers[at + len(turn_ids.question) : at + size] = weight
            at += size
            if together and at + len(newline) < LENGTH:
                row.ids[at], row.positions[at], row.turns[at] = newline[0], at, 0
                at += 1
            if turn == 20:
                break
        self._substitute(row)
        return row

    def _substitute(self, row: Row) -> None:
        """Put other tokens for some that answers copy, all through the row.

        So every token of the vocabulary is copied now and then, however rare it is in made-up sentences.
        """
        if self._random.random() > SUBSTITUTED:
            return
        copied = np.unique(row.ids[row.answers > 0])
        copied = copied[self._changeable[copied] > 0]
        here = set(row.ids.tolist())
        table = np.arange(len(self._changeable), dtype=np.int32)
        for token in self._random.sample(copied.tolist(), min(len(copied), self._random.randint(2, 16))):
            other = self._random.choice(self._kinds[self._changeable[token]])
            if other not in here:
                table[token] = other
                here.add(other)
        row.ids[:] = table[row.ids]

    def _asked(self, question: str, answer: str) -> Asked:
        joint = " " if question.endswith("Answer:") else ""
        ids = self._encode(question)
        both = self._encode(question + joint + answer)
        return Asked(ids, [*both[len(ids) :], END])

    def _passage(self, passage: Passage) -> list[int]:
        if id(passage) not in self._pieces:
            self._pieces[id(passage)] = self._encode(prompts.passage(passage.title, passage.text))
        return self._pieces[id(passage)]

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def _changeable(tokenizer: Any) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Which tokens may be replaced, 0 for none, else their kind; and the tokens of each kind.

    Kind 1 is Latin letters, kind 2 one Korean syllable. Words that prompts and refusals are made of stay, and
    function words: they have two tokens, and the one that opens an answer may copy the other.
    """
    fixed = {token for word in FUNCTION_WORDS for token in tokenizer.encode(word).ids}
    for text in (
        prompts.SYSTEM,
        *prompts.OTHER_SYSTEMS,
        *(language.refusal for language in LANGUAGES.values()),
    ):
        fixed |= set(tokenizer.encode(text + " " + text.lower(), add_special_tokens=False).ids)
    size = tokenizer.get_vocab_size()
    kinds: list[list[int]] = [[], [], []]
    changeable = np.zeros(size, np.int64)
    for token in range(len(SPECIAL), size):
        text = tokenizer.decode([token])
        latin = text.isascii() and text.isalpha() and len(text) > 1
        kind = 0 if token in fixed else 1 if latin else 2 if len(text) == 1 and "가" <= text <= "힣" else 0
        changeable[token] = kind
        kinds[kind].append(token)
    return changeable, kinds
