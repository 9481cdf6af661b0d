"""Rows to train on: what an answer sees, what counts, and what batches predict."""

from random import Random

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from app.demo.weights import WEIGHTS
from training.batches import batch
from training.documents import LANGUAGES, World
from training.rows import LENGTH, Row, RowMaker
from training.tokenizer import END, PAD
from training.train import visible

TOKENIZER = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    made = RowMaker(Random(4), TOKENIZER).rows()
    return [next(made) for _ in range(60)]


def answers(row: Row) -> list[str]:
    """The texts of a row's answers."""
    counted = np.flatnonzero(row.answers)
    parts = np.split(counted, np.flatnonzero(np.diff(counted) > 1) + 1)
    assert all(row.ids[part[-1]] == END for part in parts)
    return [TOKENIZER.decode(row.ids[part].tolist()).strip() for part in parts]


def test_answers_stand_in_what_they_see_or_refuse(rows: list[Row]) -> None:
    refusals = {language.refusal for language in LANGUAGES.values()}
    copied = refused = 0
    for row in rows:
        seen = TOKENIZER.decode(row.ids[row.turns == 0].tolist())
        for answer in answers(row):
            refused += answer in refusals
            copied += answer not in refusals
            assert answer in refusals or answer in seen, (answer, seen)
    assert 0.08 < refused / (copied + refused) < 0.35


def test_a_row_ends_in_padding_that_counts_nothing(rows: list[Row]) -> None:
    for row in rows:
        padding = row.turns < 0
        assert (row.ids[padding] == PAD).all()
        assert not row.answers[padding].any()
        assert (np.diff(padding.astype(int)) >= 0).all()


def test_turns_go_on_where_the_passages_end(rows: list[Row]) -> None:
    row = next(row for row in rows if row.turns.max() > 2 and (row.turns == 0).any())
    shared = int((row.turns == 0).sum())
    for turn in range(1, int(row.turns.max()) + 1):
        positions = row.positions[row.turns == turn]
        assert positions.tolist() == list(range(shared, shared + len(positions)))


def test_a_turn_sees_the_passages_and_itself_only() -> None:
    turns = torch.full((1, LENGTH), -1)
    turns[0, :6] = torch.tensor([0, 0, 1, 1, 2, 2])
    seen = visible(turns)[0, 0, :6, :6].int().tolist()
    assert seen == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 1, 0, 0, 1, 1],
    ]


def test_a_batch_predicts_every_answer_from_the_token_before(rows: list[Row]) -> None:
    made = batch(rows[:6], Random(0))
    ids = made["ids"].reshape(-1)
    counted = made["weight"] > 0
    assert int(counted.sum()) == sum(int((row.answers > 0).sum()) for row in rows[:6])
    assert torch.equal(ids[made["at"][counted] + 1], made["target"][counted])
    assert int(made["other"].sum()) > 0
    assert not (counted & (made["other"] > 0)).any()


def test_copied_tokens_are_replaced_all_through_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.rows.SUBSTITUTED", 1.0)
    world = World(Random(6), documents=6, korean_share=0.0)
    made = [RowMaker(Random(seed), TOKENIZER).row(world) for seed in range(30)]
    monkeypatch.setattr("training.rows.SUBSTITUTED", 0.0)
    plain = [RowMaker(Random(seed), TOKENIZER).row(world) for seed in range(30)]
    changed = sum(not np.array_equal(a.ids, b.ids) for a, b in zip(made, plain, strict=True))
    assert changed > 20
    for a, b in zip(made, plain, strict=True):
        pairs = set(zip(a.ids.tolist(), b.ids.tolist(), strict=True))
        assert len({new for new, _ in pairs}) == len(pairs) == len({old for _, old in pairs})
