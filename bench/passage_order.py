"""``make bench-passage-order``: which share of prompt tokens a prefix cache holds already, by passage order.

Questions about made-up passages of Zipf popularity are retrieved for with the real embedding model, and the
prompts go through a simulated cache: it holds so many tokens, and forgets what was unused for longest. What
an engine makes of it is shown by ``bench.gpu``.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from app.rag.passage_order import PassageOrders
from app.retrieval.index import Hit
from app.settings.model import PassageOrder
from bench.gpu.corpus import draw_questions, make_topics
from bench.gpu.prepare import TOP_K, retrieve_all

AROUND = 80
"""Tokens of a prompt beside its passages: 30 of system text before them, the question behind."""
SYSTEM = 30
TOKENS = 318
"""Of a passage, about."""


@dataclass
class Cache:
    """A prefix cache, a passage at a time; the least recently used beginning goes first, its end before it.

    Attributes:
        room: tokens that it holds.
        kept: beginnings, as the ids of their passages; the latest used last.
    """

    room: int
    kept: OrderedDict[tuple[str, ...], None] = field(default_factory=OrderedDict)

    def ask(self, passages: list[str]) -> int:
        """Take a prompt with these passages; how many of them were there."""
        beginnings = [tuple(passages[:count]) for count in range(1, len(passages) + 1)]
        there = 0
        while there < len(beginnings) and beginnings[there] in self.kept:
            there += 1
        for beginning in reversed(beginnings):
            self.kept[beginning] = None
            self.kept.move_to_end(beginning)
        while len(self.kept) * TOKENS > self.room:
            self.kept.popitem(last=False)
        return there


def hit_share(found: list[list[Hit]], order: PassageOrder, room: int) -> float:
    """Share of all prompt tokens after the first tenth of the prompts, by when the cache is warm."""
    orders, cache = PassageOrders(), Cache(room)
    hits = prompts = 0
    for number, passages in enumerate(found):
        arranged = orders.arrange(passages, order)
        orders.note(arranged, order)
        there = cache.ask([hit.passage.id for hit in arranged])
        if number >= len(found) // 10:
            hits += SYSTEM + there * TOKENS
            prompts += AROUND + len(arranged) * TOKENS
    return hits / prompts


def main(
    passages: Annotated[int, typer.Option(help="In the index.")] = 2000,
    questions: Annotated[int, typer.Option(help="Prompts.")] = 5000,
    rooms: Annotated[
        str, typer.Option(help="Tokens that the cache holds.")
    ] = "100000,300000,1000000,3000000",
    folder: Annotated[Path, typer.Option(help="Where the index is kept.")] = Path("var/bench/passage-order"),
) -> None:
    """Retrieve, arrange, count."""
    topics = make_topics(passages)
    found = retrieve_all(
        folder / f"index-{passages}", topics, draw_questions(topics, questions), device="cpu"
    )
    sizes = [int(room) for room in rooms.split(",")]
    title = f"prompt tokens in the prefix cache; {questions} questions, {passages} passages, {TOP_K} a prompt"
    table = Table(title=title)
    for column in ("order", *(f"{room:,} tokens" for room in sizes)):
        table.add_column(column, justify="right")
    for order in get_args(PassageOrder):
        table.add_row(order, *(f"{hit_share(found, order, room):.1%}" for room in sizes))
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
