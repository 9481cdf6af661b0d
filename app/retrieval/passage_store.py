"""Passages on disk: ``passages.jsonl`` and ``offsets.npy``, both memory-mapped.

Opening costs the same for ten passages and ten million: a line is parsed when its passage is hit.
"""

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import orjson

from app.retrieval.passages import Passage

PASSAGES = "passages.jsonl"
OFFSETS = "offsets.npy"


def write_passages(folder: Path, passages: Iterable[Passage]) -> int:
    """Write both files into ``folder``; returns the number of passages."""
    offsets = [0]
    with (folder / PASSAGES).open("wb", buffering=1 << 20) as file:
        for passage in passages:
            line = orjson.dumps(passage, option=orjson.OPT_APPEND_NEWLINE)
            file.write(line)
            offsets.append(offsets[-1] + len(line))
    np.save(folder / OFFSETS, np.asarray(offsets, dtype=np.int64))
    return len(offsets) - 1


class PassageStore:
    """The passages of one index, in the order of its vectors.

    Raises:
        ValueError: the two files don't belong together.
        OSError: one can't be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._offsets = np.load(folder / OFFSETS, mmap_mode="r")
        with (folder / PASSAGES).open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._offsets.ndim != 1 or self._offsets.dtype != np.int64 or len(self._offsets) < 2:
            raise ValueError(f"{OFFSETS} doesn't hold a list of offsets")
        if int(self._offsets[-1]) != len(self._lines):
            raise ValueError(f"{OFFSETS} ends at {self._offsets[-1]}, {PASSAGES} at {len(self._lines)}")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, number: int) -> Passage:
        if not 0 <= number < len(self):
            raise IndexError(f"passage {number} of {len(self)}")
        start, end = int(self._offsets[number]), int(self._offsets[number + 1])
        return Passage(**orjson.loads(self._lines[start:end]))

    def __iter__(self) -> Iterator[Passage]:
        return (self[number] for number in range(len(self)))
