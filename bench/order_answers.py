"""``make bench-order-answers``: how right the answers are when the same passages stand in other orders.

Each question is answered with its passages in every order that they can have, the best one's place among
them. An order that the prefix cache likes is any of these, so what their answers are worth on average is what
an order other than `rank` costs.
"""

import asyncio
import os
import statistics
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Annotated

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.cli.demo import prepare
from app.cli.processes import no_process_left
from app.demo import QUESTIONS
from app.engines.contract import Sampling
from app.engines.vllm import VllmEngine
from app.rag.prompt import PromptBuilder
from app.rag.tokenizer import ChatTokenizer
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Hit, Index
from app.settings import Settings, load_settings
from bench.model_cases import passages_of
from loadtest.plan.questions import Question, read_questions
from loadtest.plan.spread import spread_evenly
from loadtest.quality.prompt import holds
from loadtest.quality.score import exact

AT_A_TIME = 48
console = Console(highlight=False, width=110)
Order = tuple[int, ...]


async def answer_all(
    settings: Settings, questions: list[Question], found: list[list[Hit]]
) -> dict[Order, list[bool]]:
    """Whether each question's answer is right, by the order of its passages as ranks.

    Args:
        settings: of model and engine.
        questions: with their answers.
        found: the passages of each, best first.
    """
    engine = VllmEngine(settings)
    await engine.start()
    builder = PromptBuilder(ChatTokenizer(Path(settings.model.path)), settings.engine.max_model_len)
    turns = asyncio.Semaphore(AT_A_TIME)

    async def right(question: Question, hits: Sequence[Hit], name: str) -> bool:
        chat = [{"role": "user", "content": question.text}]
        tokens = settings.sampling.max_tokens
        prompt = builder.build(chat, list(hits), settings.rag, tokens, tokens)
        async with turns:
            stream = engine.generate(name, prompt.token_ids, Sampling(tokens))
            text = "".join([delta.text async for delta in stream])
        return bool(exact(text, question.answer or ""))

    orders = list(permutations(range(len(found[0]))))
    answers: dict[Order, list[bool]] = {}
    for order in track(orders, "asking in each order", console=Console(stderr=True)):
        asked = [
            right(question, [hits[rank] for rank in order], f"{order}-{number}")
            for number, (question, hits) in enumerate(zip(questions, found, strict=True))
        ]
        answers[order] = list(await asyncio.gather(*asked))
    await engine.shutdown()
    return answers


def retrieve(settings: Settings, questions: list[Question]) -> list[list[Hit]]:
    """The passages of each question, best first."""
    embedding = EmbeddingModel(settings.embedding.model)
    index = Index.open(Path(settings.rag.index), embedding)
    return index.search(embedding.encode([question.text for question in questions]), settings.rag.top_k)


def against_rank(answers: dict[Order, list[bool]]) -> tuple[float, float]:
    """Answers that other orders lose and win on average, compared with the best passage first."""
    rank = answers[tuple(sorted(next(iter(answers))))]
    pairs = [list(zip(rank, each, strict=True)) for each in answers.values() if each is not rank]
    lost = statistics.fmean(sum(own and not other for own, other in each) for each in pairs)
    won = statistics.fmean(sum(other and not own for own, other in each) for each in pairs)
    return lost, won


def by_place(answers: dict[Order, list[bool]], holding: Sequence[int | None]) -> dict[int, list[bool]]:
    """The answers by the place, from 1 on, of the passage that holds them.

    Args:
        answers: by order.
        holding: for each question the rank of that passage; None: none holds it, or several do.
    """
    places: dict[int, list[bool]] = {}
    for order, each in answers.items():
        for rank, is_right in zip(holding, each, strict=True):
            if rank is not None:
                places.setdefault(order.index(rank) + 1, []).append(is_right)
    return dict(sorted(places.items()))


def _holding(question: Question, hits: Sequence[Hit]) -> int | None:
    """The rank of the only passage that holds the answer."""
    ranks = [rank for rank, passage in enumerate(passages_of(hits)) if holds(passage, question)]
    return ranks[0] if len(ranks) == 1 else None


def show(answers: dict[Order, list[bool]], holding: Sequence[int | None]) -> None:
    """All orders together, then by the place of the passage that holds the answer."""
    shares = {order: statistics.fmean(each) for order, each in answers.items()}
    rank = tuple(sorted(next(iter(answers))))
    lost, won = against_rank(answers)
    table = Table(title=f"{len(holding)} questions, {len(answers)} orders of {len(rank)} passages")
    for column in ("order", "exact match", "lost against rank", "won"):
        table.add_column(column, justify="right")
    table.add_row("rank", f"{shares[rank]:.3f}")
    anchored = [share for order, share in shares.items() if order != rank and order[0] == 0]
    table.add_row("best first, others mixed", f"{statistics.fmean(anchored):.4f}")
    others = [share for order, share in shares.items() if order != rank]
    table.add_row("others, mean", f"{statistics.fmean(others):.4f}", f"{lost:.1f}", f"{won:.1f}")
    table.add_row("others, best and worst", f"{max(others):.3f}, {min(others):.3f}")
    console.print(table)
    table = Table(title="By the place of the one passage that holds the answer")
    for column in ("place", "answers", "exact match"):
        table.add_column(column, justify="right")
    for place, each in by_place(answers, holding).items():
        table.add_row(str(place), str(len(each)), f"{statistics.fmean(each):.3f}")
    console.print(table)


def main(
    preset: Annotated[
        str, typer.Option(help="Model, embedding model and index; demo: the shipped ones.")
    ] = "demo",
    questions: Annotated[
        Path, typer.Option(help="JSONL with `question`, `answer`, `gold_document`.")
    ] = QUESTIONS,
    top_k: Annotated[int, typer.Option(help="Passages; there are top_k! orders.", min=3, max=5)] = 4,
    count: Annotated[int, typer.Option(help="Questions, evenly spread; 0: all.")] = 0,
) -> None:
    """Ask, score, print."""
    settings = load_settings(preset=preset, overrides={"architecture": "rvc", "rag": {"top_k": top_k}})
    if preset == "demo":
        prepare(settings)
    asked = read_questions(questions)
    asked = spread_evenly(asked, count) if count else asked
    found = retrieve(settings, asked)
    holding = [_holding(question, hits) for question, hits in zip(asked, found, strict=True)]
    show(asyncio.run(answer_all(settings, asked, found)), holding)


if __name__ == "__main__":
    with no_process_left():
        typer.run(main)
