"""One side under the load of its part, by the project's own load test from several processes."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict

from bench.gpu.plan import LOAD_TEST_START, SETTLE, Part
from bench.gpu.prepare import OUTPUT_TOKENS
from bench.gpu.profile import SECONDS, ledger, profile
from bench.gpu.watch import CpuWatch
from loadtest.report.file import load_report

MEASURED = "measured.json"
REPORT_S = 30
HITS, QUERIES = "vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total"


class Measured(BaseModel):
    """What is kept beside the report of a side.

    Attributes:
        side: its name.
        cpu: shares of a core, by "rate/round" and part of the server.
        cached_share: of all prompt tokens, those found in the prefix cache; None if nothing says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    side: str
    cpu: dict[str, dict[str, float]]
    cached_share: float | None


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, and how.

    Attributes:
        side: its name.
        url: of the server.
        metrics: of its engine, a URL.
        questions: file of questions or finished prompts, in the order in which they are asked.
        chat: ask as chats; else as finished prompts.
        workers: processes that generate the load.
        asks: further options of the load test.
    """

    side: str
    url: str
    metrics: str
    questions: Path
    chat: bool
    workers: int
    asks: tuple[str, ...]


def measure(part: Part, target: Target, folder: Path, most_s: float) -> None:
    """Load it; leaves report.json and measured.json.

    Args:
        part: says rates, rounds and window.
        target: the server.
        folder: for the results.
        most_s: seconds after which it ends with what it has.

    Raises:
        subprocess.CalledProcessError: the load test could not run.
    """
    before = _cache_counts(target.metrics)
    with CpuWatch() as watch, (folder / "loadtest.log").open("wb") as log:
        process = subprocess.Popen(_command(part, target, folder), stdout=log, stderr=subprocess.STDOUT)
        try:
            code = process.wait(most_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            code = process.wait(REPORT_S)
    if not (folder / "report.json").is_file():
        raise subprocess.CalledProcessError(code, "loadtest run")
    after = _cache_counts(target.metrics)
    report = load_report(folder / "report.json")
    cpu = {
        f"{level.rate_rps:g}/{each.round}": watch.shares(each, part.warm_up_s)
        for level in report.levels
        for each in level.rounds
    }
    hits, queries = (after[name] - before.get(name, 0) for name in (HITS, QUERIES)) if after else (0, 0)
    kept = Measured(side=target.side, cpu=cpu, cached_share=hits / queries if queries else None)
    (folder / MEASURED).write_text(kept.model_dump_json(indent=1), "utf-8")


def measure_profiled(part: Part, target: Target, folder: Path) -> None:
    """Load it once more, at a rate in the middle, and see where its CPU time goes; leaves profile.md.

    A load of its own: looking costs the server some of its speed.
    """
    rate = part.rates[len(part.rates) // 2]
    short = replace(part, rates=(rate,), rounds=1, duration_s=SECONDS + 6)
    with (folder / "loadtest.log").open("ab") as log:
        process = subprocess.Popen(
            _command(short, target, folder / "profiled"), stdout=log, stderr=subprocess.STDOUT
        )
        time.sleep(LOAD_TEST_START / 2 + part.warm_up_s)
        profile(folder)
        process.wait(short.load_s)
    lines = ledger(folder, rate, OUTPUT_TOKENS)
    (folder / "profile.md").write_text("\n".join(lines) + "\n", "utf-8")


def _command(part: Part, target: Target, folder: Path) -> list[str]:
    options = {
        "--target": target.url,
        "--rps": ",".join(f"{rate:g}" for rate in part.rates),
        "--rounds": part.rounds,
        "--duration": part.duration_s,
        "--warmup": part.warm_up_s,
        "--drain-timeout": part.drain_s,
        "--settle": SETTLE,
        "--workers": target.workers,
        "--questions": target.questions,
        "--popularity": "round-robin",
        "--endpoint": "chat" if target.chat else "completions",
        "--max-tokens": OUTPUT_TOKENS,
        "--label": f"side={target.side}",
        "--run": target.side,
        "--out": folder,
    }
    command = [sys.executable, "-m", "loadtest", "run", "--reset-cache", "--ignore-eos", "--no-html"]
    for option, value in options.items():
        command += [option, str(value)]
    return [*command, *target.asks]


def _cache_counts(url: str) -> dict[str, float]:
    """Of the prefix cache, in tokens; empty if the server doesn't say."""
    try:
        lines = httpx.get(url, timeout=10).text.splitlines()
    except httpx.HTTPError:
        return {}
    counts: dict[str, float] = {}
    for line in lines:
        if (name := line.partition("{")[0]) in (HITS, QUERIES):
            counts[name] = counts.get(name, 0) + float(line.rpartition(" ")[2])
    return counts if len(counts) == 2 else {}
