"""One point: one side at one rate, measured by the project's own load test from several processes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict

from bench.gpu.prepare import OUTPUT_TOKENS
from bench.servers import CpuShares
from loadtest.report.file import load_report
from loadtest.schema import RoundFigures

DRAIN_S = 10


class Point(BaseModel):
    """What one measurement gave.

    Attributes:
        side: its name.
        rate_rps: arrivals a second.
        repeat: each starts the server anew.
        figures: of the load test, without its timeline.
        cpu: shares of a core, by part of the server.
        server: what it says of its engine; empty for one that says nothing.
        cache_reset: whether its prefix cache was emptied before.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    side: str
    rate_rps: float
    repeat: int
    figures: RoundFigures
    cpu: dict[str, float]
    server: dict[str, Any]
    cache_reset: bool


class Load(BaseModel):
    """How every point is measured.

    Attributes:
        duration_s: of the window.
        warmup_s: before it.
        workers: generating processes.
        seed: of arrival times.
    """

    duration_s: float = 15
    warmup_s: float = 5
    workers: int = 4
    seed: int = 7

    @property
    def longest_s(self) -> float:
        """How long a point takes at most, the load test's own start with it."""
        return self.warmup_s + self.duration_s + DRAIN_S + 8

    def arrivals(self, rate_rps: float) -> int:
        """At most: the load goes on while the last requests of the window end."""
        return int(rate_rps * (self.warmup_s + self.duration_s + DRAIN_S) * 1.1) + 10

    def measure(
        self, url: str, side: str, asked: list[str], *, chat: bool, rate_rps: float, repeat: int, folder: Path
    ) -> Point:
        """Empty the prefix cache, load, read the report.

        Args:
            url: of the server.
            side: its name.
            asked: lines of a questions file, as many as there are arrivals.
            chat: as chats; else as finished prompts.
            rate_rps: arrivals a second.
            repeat: its number.
            folder: for the questions, the report and the log.

        Raises:
            subprocess.CalledProcessError: the load test could not run.
        """
        reset = reset_cache(url)
        out = folder / f"{side}-{rate_rps:g}-{repeat}"
        out.mkdir(parents=True, exist_ok=True)
        (out / "questions.jsonl").write_text("".join(asked), "utf-8")
        command = [sys.executable, "-m", "loadtest", "run", "--target", url, "--rps", str(rate_rps)]
        command += ["--duration", str(self.duration_s), "--warmup", str(self.warmup_s)]
        command += ["--drain-timeout", str(DRAIN_S), "--settle", "1", "--workers", str(self.workers)]
        command += ["--questions", str(out / "questions.jsonl"), "--popularity", "round-robin"]
        command += ["--endpoint", "chat" if chat else "completions", "--max-tokens", str(OUTPUT_TOKENS)]
        command += ["--ignore-eos", "--seed", str(self.seed + repeat), "--no-html", "--out", str(out)]
        cpu = CpuShares()
        with (folder / "loadtest.log").open("ab") as log:
            subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=True)
        shares = cpu.shares()
        report = load_report(out / "report.json")
        (figures,) = report.levels[0].rounds
        server = report.environment.server
        told = {
            name: server[name] for name in ("architecture", "engine", "rag", "versions") if name in server
        }
        return Point(
            side=side,
            rate_rps=rate_rps,
            repeat=repeat,
            figures=figures.model_copy(update={"timeline": []}),
            cpu=shares,
            server=told,
            cache_reset=reset,
        )


def reset_cache(url: str) -> bool:
    """Empty the prefix cache, by our way or vLLM's; whether there was one."""
    paths = ("/v1/reset_prefix_cache", "/reset_prefix_cache")
    return any(httpx.post(url + path, timeout=30).status_code == 200 for path in paths)


def read_points(path: Path) -> list[Point]:
    """The points of a file; none if there is no file."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [Point.model_validate_json(line) for line in lines]
