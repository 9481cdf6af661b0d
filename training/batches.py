"""Batches of rows, made by worker processes while the model trains."""

import signal
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.rows import LENGTH, Row, RowMaker

ANSWER_TOKENS = 192
"""Places a row for predicted answer tokens; what is above, averaged over a batch, is dropped."""
OTHER_TOKENS = 40
"""Places a row for other tokens, of questions and passages."""
WAIT_S = 60
"""How long a batch may take before the training ends with an error."""

Batch = dict[str, torch.Tensor]
"""ids, positions, turns: (rows, LENGTH). at, target: (places,) flat place of a predicted token's predecessor,
and the token. weight: (places,) of answers; other: (places,) 1 for other tokens, 0 for answers."""


class Batches(IterableDataset[Batch]):
    """Batches without end; each worker makes its own.

    Args:
        tokenizer: file of the tokenizer.
        rows: rows of a batch.
        seed: workers count on from it, so give each part of a training another one.
    """

    def __init__(self, tokenizer: str, rows: int, seed: int) -> None:
        self._tokenizer = tokenizer
        self._rows = rows
        self._seed = seed

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        random = Random(self._seed * 1009 + (worker.id if worker else 0))
        rows = RowMaker(random, Tokenizer.from_file(self._tokenizer)).rows()
        pool: list[Row] = []
        while True:
            # Rows of one world come one after another: a pool of several batches mixes them.
            while len(pool) < 4 * self._rows:
                pool.append(next(rows))
            random.shuffle(pool)
            for _ in range(2):
                yield batch([pool.pop() for _ in range(self._rows)], random)


def batch(rows: list[Row], random: Random) -> Batch:
    """Tensors of the rows, and which tokens are to be predicted."""
    ids, turns, positions, answers = (
        np.stack([getattr(row, name) for row in rows]) for name in ("ids", "turns", "positions", "answers")
    )
    weights = answers[:, 1:].copy()
    # The first token of a turn isn't predicted from the last one of the turn before.
    same = turns[:, 1:] == turns[:, :-1]
    other = (weights == 0) & same & (turns[:, 1:] >= 0)
    wanted = np.flatnonzero(weights)
    wanted = _some(wanted, ANSWER_TOKENS * len(rows), random)
    rest = _some(np.flatnonzero(other), OTHER_TOKENS * len(rows), random)
    places = (ANSWER_TOKENS + OTHER_TOKENS) * len(rows)
    chosen = np.concatenate([wanted, rest])
    at = np.zeros(places, np.int64)
    row, column = np.divmod(chosen, LENGTH - 1)
    at[: len(chosen)] = row * LENGTH + column
    target = ids.reshape(-1)[np.minimum(at + 1, ids.size - 1)].astype(np.int64)
    weight = np.zeros(places, np.float32)
    weight[: len(wanted)] = weights.reshape(-1)[wanted]
    others = np.zeros(places, np.float32)
    others[len(wanted) : len(chosen)] = 1
    arrays: dict[str, Any] = {
        "ids": ids.astype(np.int64), "positions": positions.astype(np.int64), "turns": turns.astype(np.int16),
        "at": at, "target": target, "weight": weight, "other": others,
    }  # fmt: skip
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _some(
    places: np.ndarray[Any, np.dtype[np.int64]], most: int, random: Random
) -> np.ndarray[Any, np.dtype[np.int64]]:
    if len(places) <= most:
        return places
    return np.random.default_rng(random.getrandbits(32)).choice(places, most, replace=False)


def _leave_signals(_: int) -> None:
    """A signal to the whole group is the training's to handle: it ends its workers itself."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def loader(tokenizer: str, *, rows: int, seed: int, workers: int) -> Iterator[Batch]:
    """Batches from worker processes, or from this one with none."""
    return iter(
        DataLoader(
            Batches(tokenizer, rows, seed),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=6 if workers else None,
            worker_init_fn=_leave_signals,
            timeout=WAIT_S if workers else 0,
            pin_memory=torch.cuda.is_available(),
        )
    )
