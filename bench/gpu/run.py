"""``make bench-gpu``: measure the sides at the rates, as many as fit the time; a second run goes on."""

import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli.processes import no_process_left
from app.errors import RagLlmError
from bench.gpu.points import Load, read_points
from bench.gpu.prepare import Material, prepare
from bench.gpu.sides import CHANGES, SIDES, find_side, retrieves, serving
from bench.gpu.table import markdown

STOP_S = 20
SIDES_HELP = f"Any of {', '.join(SIDES)}, with changes like +off: {', '.join(CHANGES)}."
console = Console(stderr=True, highlight=False, width=120)


class Clock:
    """How much of the time is left.

    Args:
        budget_s: seconds from now.
    """

    def __init__(self, budget_s: float) -> None:
        self._began_s, self._budget_s = time.monotonic(), budget_s

    @property
    def left_s(self) -> float:
        """Seconds."""
        return self._budget_s - (time.monotonic() - self._began_s)

    def say(self, text: str) -> None:
        """With the time since the beginning."""
        console.print(f"{time.monotonic() - self._began_s:6.0f} s  {text}")


def main(
    out: Annotated[Path, typer.Option(help="Folder of the results; points that are there are kept.")] = Path(
        "var/bench/gpu"
    ),
    sides: Annotated[str, typer.Option(help=SIDES_HELP)] = "plain,rvc+off,rvc",
    rates: Annotated[str, typer.Option(help="Requests per second.")] = "64,96,128",
    repeats: Annotated[int, typer.Option(help="How often, each with servers of its own.")] = 3,
    duration: Annotated[float, typer.Option(help="Seconds of each window.")] = 15,
    warmup: Annotated[float, typer.Option(help="Seconds before it.")] = 5,
    workers: Annotated[int, typer.Option(help="Processes that generate the load.")] = 4,
    passages: Annotated[int, typer.Option(help="In the index.")] = 2000,
    start: Annotated[float, typer.Option(help="Seconds that a server's start may take.")] = 90,
    budget: Annotated[
        float, typer.Option(help="Seconds for all of it; nothing begins that can't end in it.")
    ] = 1e6,
    tiny: Annotated[bool, typer.Option(help="A small model, to try the benchmark.")] = False,
) -> None:
    """Measure, print the table as Markdown, leave points.jsonl and table.md."""
    chosen = [name.strip() for name in sides.split(",")]
    try:
        for name in chosen:
            find_side(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    rps = [float(rate) for rate in rates.split(",")]
    load = Load(duration_s=duration, warmup_s=warmup, workers=workers)
    clock = Clock(budget)
    out.mkdir(parents=True, exist_ok=True)
    gpu = _describe(out / "machine.json")
    # No question twice: its whole prompt would be in the prefix cache.
    most = sum(load.arrivals(rate) for rate in rps)
    with no_process_left():
        material = prepare(
            out / "material", passages=passages, questions=most, device="cuda" if gpu else "cpu", tiny=tiny
        )
        clock.say(f"prepared: prompts of {material.prompt_tokens:.0f} tokens on average")
        for repeat in range(repeats):
            for name in chosen if repeat % 2 == 0 else reversed(chosen):
                _side(name, rps, repeat, material, out, load, clock, start_s=start, gpu=gpu)
    text = markdown(read_points(out / "points.jsonl"))
    (out / "table.md").write_text(text, "utf-8")
    print(text)


def _side(
    name: str,
    rps: list[float],
    repeat: int,
    material: Material,
    out: Path,
    load: Load,
    clock: Clock,
    *,
    start_s: float,
    gpu: bool,
) -> None:
    """All rates of one side that aren't there yet, with one server."""
    points = out / "points.jsonl"
    there = {(point.side, point.rate_rps, point.repeat) for point in read_points(points)}
    todo = [rate for rate in rps if (name, rate, repeat) not in there]
    if not todo:
        return
    if clock.left_s < start_s + load.longest_s + STOP_S:
        clock.say(f"{name}, repeat {repeat}: not begun, the time is over")
        return
    side = find_side(name)
    chat = retrieves(side, material)
    source = material.questions if chat else material.prompts
    lines = source.read_text("utf-8").splitlines(keepends=True)
    clock.say(f"{name}, repeat {repeat}: starting")
    try:
        with serving(side, material, out / name, gpu=gpu) as url:
            clock.say(f"{name}: answers")
            for rate in todo:
                before = sum(load.arrivals(other) for other in rps[: rps.index(rate)])
                if clock.left_s < load.longest_s + STOP_S:
                    clock.say(f"{name}, {rate:g} req/s: not begun, the time is over")
                    return
                point = load.measure(
                    url,
                    name,
                    lines[before : before + load.arrivals(rate)],
                    chat=chat,
                    rate_rps=rate,
                    repeat=repeat,
                    folder=out,
                )
                with points.open("a", encoding="utf-8") as file:
                    file.write(point.model_dump_json() + "\n")
                figures = point.figures
                ttft = f"{figures.ttft_s.mean * 1000:.0f} ms" if figures.ttft_s else "—"
                clock.say(f"{rate:g} req/s: {figures.tps:.0f} tok/s, TTFT {ttft}, {figures.verdict.kind}")
    except (RagLlmError, SystemExit, subprocess.CalledProcessError) as error:
        # The other sides can still be measured.
        clock.say(f"{name} failed: {error}")


def _describe(path: Path) -> bool:
    """Write down the machine; whether it has a GPU."""
    import torch

    gpu = torch.cuda.is_available()
    described = {
        "gpus": [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())],
        "processor": platform.processor() or platform.machine(),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "torch": torch.__version__,
    }
    path.write_text(json.dumps(described, indent=1), "utf-8")
    return gpu


if __name__ == "__main__":
    typer.run(main)
