"""Servers are measured once each, by as many lanes as there are GPUs, each with its share of the machine."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.gpu.lanes import jobs_of, work_through
from bench.gpu.plan import PLAN, Part
from bench.gpu.prepare import Material
from bench.gpu.work import Clock, Work

MATERIAL = Material(Path("model"), Path("index"), Path("questions"), Path("prompts"), 1650)


@dataclass(frozen=True, slots=True)
class Notes(Work):
    """Writes down what it is asked to measure and what it has for it, in place of measuring."""

    def lane(self, number: int) -> "Notes":
        return Notes(**{name: getattr(Work.lane(self, number), name) for name in Work.__dataclass_fields__})

    def measure(self, name: str, part: Part, sides: Sequence[str]) -> None:
        noted = {
            "port": self.port,
            "gpu": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "cores": sorted(os.sched_getaffinity(0)),
        }
        (self.out / f"{name}-{'-'.join(sides)}.json").write_text(json.dumps(noted), "utf-8")
        time.sleep(1)


def notes(folder: Path) -> Notes:
    return Notes(folder, MATERIAL, Clock(time.monotonic(), 60), 4, 90, profiled=False, gpu=False)


def test_each_server_is_started_once() -> None:
    jobs = jobs_of({"serving": PLAN["serving"], "two": PLAN["two"]})
    assert [job.sides for job in jobs] == [
        ("plain",),
        ("plain+rust",),
        ("rvc", "rvc+off", "rvc+anchored", "rvc+cached"),
        ("rvc+two",),
    ]
    assert [job.sides for job in jobs_of({"serving": PLAN["serving"]}, ["rvc+off", "rvc"])] == [
        ("rvc", "rvc+off")
    ]


def test_lanes_share_the_jobs_and_the_machine(tmp_path: Path) -> None:
    if (cores := len(os.sched_getaffinity(0))) < 2:
        pytest.skip("one core can't be shared")
    jobs = jobs_of({"own": Part(("plain", "rvc", "baseline"), (1,))})
    work_through(jobs, notes(tmp_path), lanes=2)
    noted = {path.stem: json.loads(path.read_text("utf-8")) for path in tmp_path.glob("*.json")}
    assert set(noted) == {"own-plain", "own-rvc", "own-baseline"}
    lanes = {(each["gpu"], each["port"], tuple(each["cores"])) for each in noted.values()}
    assert {(gpu, port) for gpu, port, _ in lanes} == {("0", 8400), ("1", 8500)}
    first, second = (set(cores) for _, _, cores in sorted(lanes))
    assert not first & second
    assert len(first) == len(second) == cores // 2


def test_one_lane_is_this_process(tmp_path: Path) -> None:
    work_through(jobs_of({"own": Part(("plain",), (1,))}), notes(tmp_path), lanes=1)
    noted = json.loads((tmp_path / "own-plain.json").read_text("utf-8"))
    assert noted["cores"] == sorted(os.sched_getaffinity(0))
