"""Starts a server of the plan and loads it in each of its ways, as long as there is time."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from app.errors import RagLlmError
from bench.gpu.measure import MEASURED, REPORT_S, Target, measure, measure_profiled
from bench.gpu.plan import LOAD_TEST_START, Part
from bench.gpu.prepare import Material
from bench.gpu.sides import PORT, find_side, retrieves, serving, settings_of
from loadtest.report.file import load_report

STOP_S = 20
console = Console(stderr=True, highlight=False, width=120)


@dataclass(frozen=True, slots=True)
class Clock:
    """How much of the time is left; the same in all processes of a machine.

    Attributes:
        began_s: of the system's monotonic clock.
        budget_s: seconds from then.
        name: of what is timed, before each line.
    """

    began_s: float
    budget_s: float
    name: str = ""

    @property
    def left_s(self) -> float:
        """Seconds."""
        return self.budget_s - (time.monotonic() - self.began_s)

    def say(self, text: str) -> None:
        """With the time since the beginning."""
        console.print(f"{self.name}{time.monotonic() - self.began_s:6.0f} s  {text}")


@dataclass(frozen=True, slots=True)
class Work:
    """How servers are measured.

    Attributes:
        out: folder of all results.
        material: model, index, questions.
        clock: when it has to end.
        workers: generating processes.
        start_s: that a server's start may take.
        profiled: see where the CPU time goes as well.
        gpu: there is one.
        port: of the servers.
    """

    out: Path
    material: Material
    clock: Clock
    workers: int
    start_s: float
    profiled: bool
    gpu: bool
    port: int = PORT

    def lane(self, number: int) -> "Work":
        """The same beside others, with ports and a name of its own."""
        return replace(self, clock=replace(self.clock, name=f"GPU {number} "), port=self.port + 100 * number)

    def measure(self, name: str, part: Part, sides: Sequence[str]) -> None:
        """Those of the sides that have no report yet, by one server.

        Args:
            name: of the part.
            part: says the load.
            sides: that one server can be.
        """
        todo = [side for side in sides if not self._done(self.out / name / side)]
        if not todo:
            return
        if self.clock.left_s < self.start_s + part.round_s + STOP_S + REPORT_S:
            self.clock.say(f"{name}, {', '.join(todo)}: not begun, the time is over")
            return
        try:
            self._serve(name, part, todo)
        except (RagLlmError, SystemExit, subprocess.SubprocessError) as error:
            # The other sides can still be measured.
            self.clock.say(f"{name}, {', '.join(todo)}: failed: {error}")

    def _done(self, folder: Path) -> bool:
        return (folder / MEASURED).is_file() and load_report(folder / "report.json").complete

    def _serve(self, part_name: str, part: Part, names: list[str]) -> None:
        """Serve, and load one side after the other."""
        side = find_side(names[0])
        settings = settings_of(side, self.material, gpu=self.gpu, port=self.port)
        self.clock.say(f"{part_name}, {names[0]}: starting")
        folder = self.out / part_name / names[0]
        folder.mkdir(parents=True, exist_ok=True)
        with serving(side, settings, folder) as url:
            self.clock.say(f"{names[0]}: answers")
            for name in names:
                if self.clock.left_s < part.round_s + STOP_S + REPORT_S:
                    self.clock.say(f"{part_name}, {name}: not begun, the time is over")
                    return
                self._load(part, self._target(name, url), self.out / part_name / name)

    def _target(self, name: str, url: str) -> Target:
        side = find_side(name)
        chat = retrieves(side)
        metrics = self.port + (1000 if side.options is None else 0)
        return Target(
            name,
            url,
            f"http://127.0.0.1:{metrics}/metrics",
            self.material.questions if chat else self.material.prompts,
            chat=chat,
            workers=self.workers,
            asks=side.asks,
        )

    def _load(self, part: Part, target: Target, folder: Path) -> None:
        clock, name = self.clock, target.side
        folder.mkdir(parents=True, exist_ok=True)
        measure(part, target, folder, clock.left_s - STOP_S - REPORT_S)
        if self.profiled and clock.left_s > STOP_S + LOAD_TEST_START + part.round_s:
            measure_profiled(part, target, folder)
        for level in load_report(folder / "report.json").levels:
            told = level.summary
            ttft = f"{told['ttft_s.mean'].median * 1000:.0f}" if "ttft_s.mean" in told else "—"
            clock.say(
                f"{name}, {level.rate_rps:g} req/s: {told['tps'].median:.0f} tok/s, TTFT {ttft} ms, "
                f"{level.verdict.kind}"
            )
