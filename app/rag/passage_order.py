"""The order of passages in a prompt: prompts that begin alike share what the engine has computed of them.

An engine's prefix cache reuses the longest beginning that a prompt has in common with an earlier one, so
passages that many questions get belong first, and in the order in which they were computed before
(CacheWeaver, arXiv 2606.19667; how few passages most questions get: RAGCache, arXiv 2404.12457).
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.retrieval.index import Hit
from app.settings.model import PassageOrder

FORGET_EVERY = 100_000
"""Prompts after which all counts are halved: what is popular changes."""
MOST_NODES = 50_000
"""Of the tree of beginnings; each is a passage of 100 tokens or more, so no KV cache holds as many."""
KEPT = 0.5
"""Share of them that stays when there are too many, the latest used."""


@dataclass(slots=True)
class _Node:
    """A passage behind the ones before it.

    Attributes:
        used: number of the prompt that last went through it.
        behind: passage id → node.
    """

    used: int = 0
    behind: dict[str, "_Node"] = field(default_factory=dict)


class PassageOrders:
    """Arranges passages, by what it remembers of earlier prompts. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._root = _Node()
        self._nodes = 0
        self._prompts = 0

    def arrange(self, hits: Sequence[Hit], order: PassageOrder) -> list[Hit]:
        """The passages in their order in the prompt.

        Args:
            hits: best first.
            order: `rank`, as they are; `canonical`, by id; `popular`, those in most prompts first; `cached`,
                the longest beginning of an earlier prompt, then the popular ones; `anchored`, the best one,
                then the others as `cached` puts them behind it.
        """
        if order == "rank":
            return list(hits)
        if order == "canonical":
            return sorted(hits, key=lambda hit: hit.passage.id)
        with self._lock:
            if order == "anchored":
                behind = self._root.behind.get(hits[0].passage.id) if hits else None
                return [*hits[:1], *self._reusing(behind or _Node(), hits[1:])]
            if order == "cached":
                return self._reusing(self._root, hits)
            return sorted(hits, key=self._popularity)

    def note(self, hits: Sequence[Hit], order: PassageOrder) -> None:
        """A prompt goes to the engine with these passages, in this order."""
        if order in ("rank", "canonical"):
            return
        with self._lock:
            self._prompts += 1
            for hit in hits:
                self._counts[hit.passage.id] += 1
            if self._prompts % FORGET_EVERY == 0:
                halves = {name: count // 2 for name, count in self._counts.items() if count > 1}
                self._counts = defaultdict(int, halves)
            if order != "popular":
                self._remember(hits)

    def _reusing(self, node: _Node, hits: Sequence[Hit]) -> list[Hit]:
        """The longest way on from a node first, then the popular ones."""
        by_id = {hit.passage.id: hit for hit in sorted(hits, key=self._popularity)}
        first = [by_id.pop(name) for name in self._longest(node, set(by_id))]
        return [*first, *by_id.values()]

    def _popularity(self, hit: Hit) -> tuple[int, str]:
        """Sorts the popular first. By powers of two, so that two that are alike don't change places."""
        return -self._counts.get(hit.passage.id, 0).bit_length(), hit.passage.id

    def _longest(self, node: _Node, names: set[str]) -> list[str]:
        """The longest way down the tree over these passages; of equal ones the latest used."""
        best: list[str] = []
        latest = -1
        for name in names & node.behind.keys():
            below = node.behind[name]
            way = [name, *self._longest(below, names - {name})]
            if (len(way), below.used) > (len(best), latest):
                best, latest = way, below.used
        return best

    def _remember(self, hits: Sequence[Hit]) -> None:
        node = self._root
        for hit in hits:
            if hit.passage.id not in node.behind:
                node.behind[hit.passage.id] = _Node()
                self._nodes += 1
            node = node.behind[hit.passage.id]
            node.used = self._prompts
        if self._nodes > MOST_NODES:
            self._forget()

    def _forget(self) -> None:
        """Cut what has not been used for longest; a node is never older than those behind it."""
        nodes = [self._root]
        for node in nodes:
            nodes += node.behind.values()
        oldest = sorted(node.used for node in nodes[1:])[int(len(nodes) * (1 - KEPT))]
        for node in nodes:
            node.behind = {name: below for name, below in node.behind.items() if below.used > oldest}
        self._nodes = sum(len(node.behind) for node in nodes if node is self._root or node.used > oldest)
