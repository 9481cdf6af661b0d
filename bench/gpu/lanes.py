"""Servers of the plan one after the other, or on several GPUs at once, each with its share of the cores."""

import multiprocessing
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.cli.processes import no_process_left
from bench.gpu.machine import take_share
from bench.gpu.plan import Part
from bench.gpu.sides import find_side
from bench.gpu.work import Work


@dataclass(frozen=True, slots=True)
class Job:
    """One server, asked in one way or in several.

    Attributes:
        name: of the part.
        part: says the load.
        sides: that one server can be, in the order in which they are measured.
    """

    name: str
    part: Part
    sides: tuple[str, ...]


def jobs_of(parts: dict[str, Part], only: Sequence[str] = ()) -> list[Job]:
    """Each server of the parts once.

    Args:
        parts: by name.
        only: of their sides these; empty: all.
    """
    jobs = []
    for name, part in parts.items():
        servers: dict[str, list[str]] = {}
        for side in part.sides:
            if not only or side in only:
                servers.setdefault(find_side(side).server, []).append(side)
        jobs += [Job(name, part, tuple(sides)) for sides in servers.values()]
    return jobs


def work_through(jobs: Sequence[Job], work: Work, lanes: int) -> None:
    """Measure them; each lane takes the next job when it has done one.

    Args:
        jobs: all of one GPU, if there are several lanes.
        work: does them.
        lanes: how many at once.
    """
    if lanes == 1:
        for job in jobs:
            work.measure(job.name, job.part, job.sides)
        return
    context = multiprocessing.get_context("spawn")
    waiting: multiprocessing.SimpleQueue[Job | None] = context.SimpleQueue()
    processes = [context.Process(target=_lane, args=(n, lanes, work, waiting)) for n in range(lanes)]
    for process in processes:
        process.start()
    for job in jobs:
        waiting.put(job)
    for _ in processes:
        waiting.put(None)
    for number, process in enumerate(processes):
        process.join()
        if process.exitcode:
            work.clock.say(f"lane {number} ended with exit code {process.exitcode}")


def _lane(number: int, lanes: int, work: Work, waiting: "multiprocessing.SimpleQueue[Job | None]") -> None:
    """In a process of its own, as a share of the machine is taken by a whole process."""
    take_share(number, lanes)
    mine = work.lane(number)
    with suppress(KeyboardInterrupt), no_process_left():
        while (job := waiting.get()) is not None:
            mine.measure(job.name, job.part, job.sides)
