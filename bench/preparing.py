"""``make bench-preparing``: prompts made in the streaming process, and in one of their own.

An event loop streams as a replica's does, the scripted engine in place of a model, while questions are
retrieved for and prompts built: how long does that take, and how long are the gaps in the streams?
"""

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer
from rich.console import Console
from rich.table import Table

from app.api.shapes import ChatShape
from app.cli.demo import prepare
from app.demo import QUESTIONS
from app.engines.contract import Sampling
from app.engines.scripted import Script, ScriptedEngine
from app.rag.preparation import Preparation
from app.rag.preparer import Preparer, RagOptions
from app.rag.preparing_process import PreparingProcess
from app.rag.prompt import Prompt
from app.rag.service import Service
from app.settings import Settings, load_settings
from bench.spread import spread

ITL_S = 0.01
TOKENS = 100
PLACES: dict[str, type[Preparation | PreparingProcess]] = {
    "this process": Preparation,
    "its own process": PreparingProcess,
}


@dataclass
class Seen:
    """Seconds: of each prompt, of each delta's lateness against its due time."""

    prompts_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    deltas: int = 0


async def stream(service: Service, seen: Seen, number: int, until_s: float) -> None:
    """One stream after another, each delta written as an event."""
    prompt, sampling = Prompt([1], [], TOKENS), Sampling(max_tokens=TOKENS)
    shape = ChatShape("bench", 0, "demo")
    await asyncio.sleep(ITL_S * TOKENS * (number % 97) / 97)
    for turn in itertools.count():
        before = 0.0
        async for delta in service.generate(f"{number}-{turn}", prompt, sampling):
            shape.line(delta)
            now = time.perf_counter()
            if before:
                seen.late_s.append(now - before - ITL_S)
            before = now
            seen.deltas += 1
        if time.perf_counter() > until_s:
            return


async def ask(service: Service, seen: Seen, question: str) -> None:
    """Prepare one prompt."""
    began = time.perf_counter()
    await service.prepare([{"role": "user", "content": question}], RagOptions(), None)
    seen.prompts_s.append(time.perf_counter() - began)


async def measure(
    settings: Settings, preparer: Preparer, streams: int, rate: float, duration: float, questions: list[str]
) -> Seen:
    """Streams and questions at once; questions come by Poisson arrivals, the same in both places."""
    service = Service(settings, ScriptedEngine(Script(itl_s=ITL_S)), preparer=preparer)
    await service.start()
    seen = Seen()
    for question in questions[:5]:
        await ask(service, Seen(), question)
    until_s = time.perf_counter() + duration
    streaming = [asyncio.create_task(stream(service, seen, number, until_s)) for number in range(streams)]
    due_s = time.perf_counter() + 1
    gaps = np.random.default_rng(1).exponential(1 / rate, int(rate * duration * 2))
    asking = []
    for number, gap in enumerate(gaps):
        due_s += gap
        if due_s > until_s:
            break
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        asking.append(asyncio.create_task(ask(service, seen, questions[number % len(questions)])))
    await asyncio.gather(*asking, *streaming)
    await service.shutdown()
    return seen


def main(
    streams: Annotated[str, typer.Option(help="How many streams, 100 deltas a second each.")] = "0,20,40",
    rate: Annotated[float, typer.Option(help="Questions per second.")] = 10,
    duration: Annotated[float, typer.Option(help="Seconds of each measurement.")] = 10,
    repeats: Annotated[int, typer.Option(help="Of each.")] = 3,
) -> None:
    """Measure both places by turns."""
    settings = load_settings(preset="demo")
    prepare(settings)
    questions = [orjson.loads(line)["question"] for line in Path(QUESTIONS).read_bytes().splitlines()]
    table = Table(title=f"{rate:g} questions a second; medians of {repeats} (min … max), ms")
    for column in ("streams", "deltas/s", "prompts made in", "prompt p50", "prompt p99", "delta late p99"):
        table.add_column(column, justify="right")
    for count in map(int, streams.split(",")):
        found: dict[str, list[Seen]] = {name: [] for name in PLACES}
        for _ in range(repeats):
            for name, place in PLACES.items():
                found[name].append(
                    asyncio.run(measure(settings, place(settings), count, rate, duration, questions))
                )
        for name, runs in found.items():
            deltas = np.median([run.deltas for run in runs]) / duration
            cells = [_spread([run.prompts_s for run in runs], part) for part in (50, 99)]
            late = _spread([run.late_s for run in runs], 99) if count else "—"
            table.add_row(str(count), f"{deltas:,.0f}", name, *cells, late)
    Console(width=120).print(table)


def _spread(runs_s: list[list[float]], part: float) -> str:
    return spread([float(np.percentile(run, part)) * 1000 for run in runs_s], 1)


if __name__ == "__main__":
    typer.run(main)
