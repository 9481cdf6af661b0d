"""``make bench-gpu``: measure part after part of the plan, as much as fits the time; a second run goes on."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli.processes import no_process_left
from bench.gpu.lanes import jobs_of, work_through
from bench.gpu.machine import describe
from bench.gpu.plan import PLAN, Part
from bench.gpu.prepare import prepare
from bench.gpu.sides import CHANGES, SIDES, find_side
from bench.gpu.table import markdown, read_parts
from bench.gpu.work import Clock, Work

OWN = "own"
"""The part that --sides makes."""
SIDES_HELP = f"Instead of parts: any of {', '.join(SIDES)}, with changes: +{', +'.join(CHANGES)}."
LANES_HELP = "GPUs that are used at once, each for a server of its own, with its share of the cores."
INTERRUPTED = 130


def main(
    out: Annotated[Path, typer.Option(help="Folder of the results; what is there is kept.")] = Path(
        "var/bench/gpu"
    ),
    parts: Annotated[str, typer.Option(help=f"Of the plan: {', '.join(PLAN)}.")] = ",".join(PLAN),
    sides: Annotated[str, typer.Option(help=SIDES_HELP)] = "",
    only: Annotated[str, typer.Option(help="Of the parts' sides these.")] = "",
    rates: Annotated[str, typer.Option(help="Requests per second, in place of the part's.")] = "",
    rounds: Annotated[int, typer.Option(help="Of each rate, in place of the part's.")] = 0,
    duration: Annotated[float, typer.Option(help="Seconds of a window, in place of the part's.")] = 0,
    lanes: Annotated[int, typer.Option(min=1, help=LANES_HELP)] = 1,
    workers: Annotated[int, typer.Option(help="Processes that generate the load.")] = 4,
    passages: Annotated[int, typer.Option(help="In the index.")] = 2000,
    start: Annotated[float, typer.Option(help="Seconds that a server's start may take.")] = 90,
    budget: Annotated[float, typer.Option(help="Seconds for all of it; what doesn't fit is left.")] = 1e6,
    tiny: Annotated[bool, typer.Option(help="A small model, to try the benchmark.")] = False,
    profiled: Annotated[
        bool, typer.Option(help="Afterwards see where the CPU time goes, by py-spy.")
    ] = False,
    prepare_only: Annotated[bool, typer.Option(help="Make the model, the index and the prompts.")] = False,
) -> None:
    """Measure; leave a report of each side, table.md and a comparison of each part."""
    try:
        chosen = _chosen(parts, sides, rates, rounds, duration)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    out.mkdir(parents=True, exist_ok=True)
    gpus = describe(out / "machine.json")
    if gpus and lanes > gpus:
        raise typer.BadParameter(f"--lanes {lanes}: this machine has {gpus} GPUs")
    clock = Clock(time.monotonic(), budget)
    interrupted = False
    with no_process_left():
        most = max(part.arrivals for part in [*PLAN.values(), *chosen.values()])
        material = prepare(
            out / "material", passages=passages, questions=most, device="cuda" if gpus else "cpu", tiny=tiny
        )
        clock.say(f"prepared: prompts of {material.prompt_tokens:.0f} tokens on average")
        if prepare_only:
            return
        work = Work(out, material, clock, workers, start, profiled=profiled, gpu=gpus > 0)
        try:
            _measure(chosen, only.split(",") if only else [], work, lanes, gpus)
        except KeyboardInterrupt:
            interrupted = True
            clock.say("interrupted; what was measured is kept")
    (out / "table.md").write_text(markdown(read_parts(out)), "utf-8")
    for name, part in chosen.items():
        _join(out / name, name, part)
    if interrupted:
        sys.exit(INTERRUPTED)


def _chosen(parts: str, sides: str, rates: str, rounds: int, duration: float) -> dict[str, Part]:
    """Parts of the plan, or one of the sides that are named.

    Raises:
        ValueError: there is no such part or side.
    """
    names = [name.strip() for name in (sides or parts).split(",")]
    if sides:
        chosen = {OWN: Part(tuple(names), (64,), against=names[0])}
    elif unknown := set(names) - set(PLAN):
        raise ValueError(f"{unknown.pop()}: a part is one of {', '.join(PLAN)}")
    else:
        chosen = {name: PLAN[name] for name in names}
    for name, part in chosen.items():
        for side in part.sides:
            find_side(side)
        chosen[name] = replace(
            part,
            rates=tuple(float(rate) for rate in rates.split(",")) if rates else part.rates,
            rounds=rounds or part.rounds,
            duration_s=duration or part.duration_s,
        )
    return chosen


def _measure(parts: dict[str, Part], only: list[str], work: Work, lanes: int, gpus: int) -> None:
    """Parts of one GPU side by side, then those of several."""
    for name, part in parts.items():
        if part.gpus > max(1, gpus):
            work.clock.say(f"{name}: needs {part.gpus} GPUs")
    work_through(jobs_of({name: part for name, part in parts.items() if part.gpus == 1}, only), work, lanes)
    large = {name: part for name, part in parts.items() if 1 < part.gpus <= gpus}
    work_through(jobs_of(large, only), work, 1)


def _join(folder: Path, name: str, part: Part) -> None:
    """The part's reports as one comparison, with its page."""
    runs = [str(folder / side) for side in part.sides if (folder / side / "report.json").is_file()]
    if len(runs) < 2:
        return
    command = [sys.executable, "-m", "loadtest", "join", "compare", "--name", f"gpu-{name}"]
    command += ["--out", str(folder), "--baseline", part.against, *runs]
    with (folder / "join.log").open("wb") as log:
        # An incomplete run ends it with an exit code; its page is there all the same.
        subprocess.run(command, stdout=log, stderr=log, check=False)


if __name__ == "__main__":
    typer.run(main)
