"""``make bench-gpu``: measure part after part of the plan, as much as fits the time; a second run goes on."""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli.processes import no_process_left
from app.errors import RagLlmError
from bench.gpu.measure import MEASURED, REPORT_S, Target, measure, measure_profiled
from bench.gpu.plan import LOAD_TEST_START, PLAN, Part
from bench.gpu.prepare import Material, prepare
from bench.gpu.sides import CHANGES, PORT, SIDES, find_side, retrieves, serving, settings_of
from bench.gpu.table import markdown, read_parts
from loadtest.report.file import load_report

STOP_S = 20
OWN = "own"
"""The part that --sides makes."""
SIDES_HELP = f"Instead of parts: any of {', '.join(SIDES)}, with changes: +{', +'.join(CHANGES)}."
console = Console(stderr=True, highlight=False, width=120)


class Clock:
    """How much of the time is left.

    Args:
        budget_s: seconds from now.
        name: of what is timed, before each line.
    """

    def __init__(self, budget_s: float, name: str) -> None:
        self._began_s, self._budget_s, self._name = time.monotonic(), budget_s, name

    @property
    def left_s(self) -> float:
        """Seconds."""
        return self._budget_s - (time.monotonic() - self._began_s)

    def say(self, text: str) -> None:
        """With the time since the beginning."""
        console.print(f"{self._name}{time.monotonic() - self._began_s:6.0f} s  {text}")


def main(
    out: Annotated[Path, typer.Option(help="Folder of the results; what is there is kept.")] = Path(
        "var/bench/gpu"
    ),
    parts: Annotated[str, typer.Option(help=f"Of the plan: {', '.join(PLAN)}.")] = ",".join(PLAN),
    sides: Annotated[str, typer.Option(help=SIDES_HELP)] = "",
    only: Annotated[str, typer.Option(help="Of the parts' sides these; several runs share them.")] = "",
    rates: Annotated[str, typer.Option(help="Requests per second, in place of the part's.")] = "",
    rounds: Annotated[int, typer.Option(help="Of each rate, in place of the part's.")] = 0,
    duration: Annotated[float, typer.Option(help="Seconds of a window, in place of the part's.")] = 0,
    gpu: Annotated[
        str,
        typer.Option(help="1/4: use the second of four GPUs and a quarter of the cores; several runs share."),
    ] = "0/1",
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
    number, of = (int(value) for value in gpu.split("/"))
    gpus = _describe(out / "machine.json")
    clock = Clock(budget, f"GPU {number} " if of > 1 else "")
    with no_process_left():
        most = max(part.arrivals for part in [*PLAN.values(), *chosen.values()])
        material = prepare(
            out / "material", passages=passages, questions=most, device="cuda" if gpus else "cpu", tiny=tiny
        )
        clock.say(f"prepared: prompts of {material.prompt_tokens:.0f} tokens on average")
        if prepare_only:
            return
        if of > 1:
            _share(number, of)
        run = Run(out, material, clock, PORT + 100 * number, workers, start, profiled=profiled, gpu=gpus > 0)
        for name, part in chosen.items():
            if part.gpus > max(1, gpus // of):
                clock.say(f"{name}: needs {part.gpus} GPUs")
                continue
            run.part(name, part, [side for side in part.sides if not only or side in only.split(",")])
    (out / "table.md").write_text(markdown(read_parts(out)), "utf-8")
    for name, part in chosen.items():
        _join(out / name, name, part)


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


class Run:
    """One machine, or a share of it, working through sides.

    Args:
        out: folder of all results.
        material: model, index, questions.
        clock: when it has to end.
        port: of the servers.
        workers: generating processes.
        start_s: that a server's start may take.
        profiled: see where the CPU time goes as well.
        gpu: there is one.
    """

    def __init__(
        self,
        out: Path,
        material: Material,
        clock: Clock,
        port: int,
        workers: int,
        start_s: float,
        *,
        profiled: bool,
        gpu: bool,
    ) -> None:
        self._out, self._material, self._clock = out, material, clock
        self._port, self._workers, self._start_s = port, workers, start_s
        self._profiled, self._gpu = profiled, gpu

    def part(self, name: str, part: Part, sides: list[str]) -> None:
        """All sides that have no report yet, each server started once.

        Args:
            name: of the part.
            part: says the load.
            sides: those of its sides that are wanted.
        """
        servers: dict[str, list[str]] = {}
        for side in sides:
            servers.setdefault(find_side(side).server, []).append(side)
        for same in servers.values():
            todo = [side for side in same if not self._done(self._out / name / side)]
            if not todo:
                continue
            if self._clock.left_s < self._start_s + part.round_s + STOP_S + REPORT_S:
                self._clock.say(f"{name}, {', '.join(todo)}: not begun, the time is over")
                continue
            try:
                self._serve(name, part, todo)
            except (RagLlmError, SystemExit, subprocess.SubprocessError) as error:
                # The other sides can still be measured.
                self._clock.say(f"{name}, {', '.join(todo)}: failed: {error}")

    def _done(self, folder: Path) -> bool:
        return (folder / MEASURED).is_file() and load_report(folder / "report.json").complete

    def _serve(self, part_name: str, part: Part, names: list[str]) -> None:
        """Serve, and load one side after the other."""
        side = find_side(names[0])
        settings = settings_of(side, self._material, gpu=self._gpu, port=self._port)
        self._clock.say(f"{part_name}, {names[0]}: starting")
        folder = self._out / part_name / names[0]
        folder.mkdir(parents=True, exist_ok=True)
        with serving(side, settings, folder) as url:
            self._clock.say(f"{names[0]}: answers")
            for name in names:
                if self._clock.left_s < part.round_s + STOP_S + REPORT_S:
                    self._clock.say(f"{part_name}, {name}: not begun, the time is over")
                    return
                self._load(part, self._target(name, url), self._out / part_name / name)

    def _target(self, name: str, url: str) -> Target:
        side = find_side(name)
        chat = retrieves(side)
        metrics = self._port + (1000 if side.options is None else 0)
        return Target(
            name,
            url,
            f"http://127.0.0.1:{metrics}/metrics",
            self._material.questions if chat else self._material.prompts,
            chat=chat,
            workers=self._workers,
            asks=side.asks,
        )

    def _load(self, part: Part, target: Target, folder: Path) -> None:
        clock, name = self._clock, target.side
        folder.mkdir(parents=True, exist_ok=True)
        measure(part, target, folder, clock.left_s - STOP_S - REPORT_S)
        if self._profiled and clock.left_s > STOP_S + LOAD_TEST_START + part.round_s:
            measure_profiled(part, target, folder)
        for level in load_report(folder / "report.json").levels:
            told = level.summary
            ttft = f"{told['ttft_s.mean'].median * 1000:.0f}" if "ttft_s.mean" in told else "—"
            clock.say(
                f"{name}, {level.rate_rps:g} req/s: {told['tps'].median:.0f} tok/s, TTFT {ttft} ms, "
                f"{level.verdict.kind}"
            )


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


def _share(number: int, of: int) -> None:
    """Use one GPU and its share of the cores, here and in all that is started; caches of its own as well."""
    cores = sorted(os.sched_getaffinity(0))
    each = len(cores) // of
    os.sched_setaffinity(0, cores[number * each : (number + 1) * each])
    os.environ["CUDA_VISIBLE_DEVICES"] = str(number)
    # Two engines that compile at once would write the same files.
    os.environ["VLLM_CACHE_ROOT"] = str(Path.home() / f".cache/vllm-{number}")


def _describe(path: Path) -> int:
    """Write down the machine; how many GPUs it has."""
    import torch

    gpus = torch.cuda.device_count()
    described = {
        "gpus": [torch.cuda.get_device_name(number) for number in range(gpus)],
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "torch": torch.__version__,
    }
    path.write_text(json.dumps(described, indent=1), "utf-8")
    return gpus


if __name__ == "__main__":
    typer.run(main)
