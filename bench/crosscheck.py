"""``make bench-crosscheck``: does the load test say what ``vllm bench serve`` says?

One server (rvc with the demo model, retrieval off), and the two tools by turns: the same finished prompts, in
the same order, at the same Poisson times, the same number of output tokens. Both hold the load after the
window. The bars: throughput within 3%, the median TTFT from sending within 10%, of the medians over pairs.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.demo import prepare
from app.cli.processes import no_process_left
from bench.crosscheck_figures import Measured, of_loadtest, of_vllm
from bench.overhead import rvc, settings_for, write_prompts
from loadtest.plan.level import arrivals_of, level_at
from loadtest.plan.questions import read_questions
from loadtest.report.file import load_report
from loadtest.settings import RunSettings

FOLDER = Path("var/bench/crosscheck")
TPS_BAR, TTFT_BAR = 0.03, 0.10
# How long the load is held after the window: longer than a request takes.
HOLD_S = 4.0
console = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tools at one rate, one after the other."""

    loadtest: Measured
    vllm: Measured

    def ratio(self, name: str) -> float:
        """The load test's ÷ vLLM's."""
        return float(getattr(self.loadtest, name) / getattr(self.vllm, name))


def by_loadtest(run: RunSettings) -> Measured:
    """One level by `loadtest run`, in a process of its own."""
    out = FOLDER / "loadtest"
    command = [sys.executable, "-m", "loadtest", "run", "--target", run.target, "--rps", f"{run.rps[0]}"]
    command += ["--duration", f"{run.duration}", "--warmup", f"{run.warmup}", "--seed", f"{run.seed}"]
    command += ["--questions", str(run.questions), "--max-tokens", f"{run.max_tokens}", "--ignore-eos"]
    command += ["--no-html", "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return of_loadtest(load_report(out / "report.json").levels[0].rounds[0])


def by_vllm(run: RunSettings, model: str) -> Measured:
    """The same arrivals by vLLM's client, in a process of its own."""
    level = level_at(run, 0, run.rps[0], 1)
    arrivals = arrivals_of(level, len(questions := read_questions(run.questions)))
    times = arrivals.times_s[arrivals.times_s < level.window_end_s + HOLD_S].tolist()
    requests, out = FOLDER / "requests.jsonl", FOLDER / "vllm.json"
    with requests.open("w", encoding="utf-8") as file:
        for time_s, question in zip(times, arrivals.questions.tolist(), strict=False):
            line = {"prompt": questions[question].text, "timestamp": time_s, "tokens": run.max_tokens}
            file.write(json.dumps(line) + "\n")
    body = {"temperature": 0, "seed": run.seed, "timings": True}
    command = [sys.executable, "-m", "bench.vllm_client", "--url", run.target, "--model", model]
    command += ["--requests", str(requests), "--body", json.dumps(body), "--nice", f"{run.nice}"]
    command += ["--out", str(out)]
    with (FOLDER / "vllm.log").open("wb") as log:
        subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT)
    return of_vllm(json.loads(out.read_text("utf-8")), times, level.warmup_s, level.window_end_s)


def main(
    rates: Annotated[str, typer.Option(help="Requests per second.")] = "8,24",
    duration: Annotated[float, typer.Option(help="Seconds of each window.")] = 15,
    warmup: Annotated[float, typer.Option(help="Seconds before it.")] = 4,
    tokens: Annotated[int, typer.Option(min=2, help="Output tokens of each request.")] = 64,
    pairs: Annotated[int, typer.Option(help="Pairs of runs at each rate.")] = 3,
    port: Annotated[int, typer.Option(help="Port of the server.")] = 8310,
) -> None:
    """Measure the same server with both tools. Exit 1: they differ by more than a bar."""
    settings = settings_for(port)
    measured: dict[float, list[Pair]] = {float(rate): [] for rate in rates.split(",")}
    with no_process_left():
        prepare(settings)
        FOLDER.mkdir(parents=True, exist_ok=True)
        prompts = write_prompts(settings)

        def plan(rate: float, seed: int) -> RunSettings:
            return RunSettings(
                target=f"http://{settings.server.host}:{port}",
                rps=(rate,),
                duration=duration,
                warmup=warmup,
                seed=seed,
                questions=prompts,
                max_tokens=tokens,
                ignore_eos=True,
            )

        with rvc(settings):
            console.print(
                "an unmeasured run first: the prefix cache is then as warm for one as for the other"
            )
            by_loadtest(plan(max(measured), 1))
            for number in range(pairs):
                for rate, done in measured.items():
                    console.print(f"{rate:g} requests a second, pair {number + 1} of {pairs}")
                    run = plan(rate, number + 1)
                    done.append(_pair(run, settings.model.served_name, vllm_first=bool(number % 2)))
    sys.exit(show(measured))


def _pair(run: RunSettings, model: str, vllm_first: bool) -> Pair:
    tools: dict[str, Callable[[], Measured]] = {
        "loadtest": lambda: by_loadtest(run),
        "vllm": lambda: by_vllm(run, model),
    }
    names = sorted(tools, reverse=vllm_first)
    return Pair(**{name: tools[name]() for name in names})


def show(measured: dict[float, list[Pair]]) -> int:
    """Print both tools side by side; the exit status."""
    wide = Console(width=150)
    wide.print(_alike(measured))
    wide.print(_as_reported(measured))
    missed = [
        f"{rate:g} requests a second: {name} differs by {abs(off):.1%}, bar {bar:.0%}"
        for rate, pairs in measured.items()
        for name, bar in (("tps", TPS_BAR), ("ttft_s", TTFT_BAR))
        if abs(off := statistics.median(pair.ratio(name) for pair in pairs) - 1) > bar
    ]
    failed = sum(
        tool.failed for pairs in measured.values() for pair in pairs for tool in (pair.loadtest, pair.vllm)
    )
    if failed:
        missed.append(f"{failed} requests failed")
    wide.print("\n".join(missed) or f"Both agree: TPS within {TPS_BAR:.0%}, TTFT p50 within {TTFT_BAR:.0%}.")
    return int(bool(missed))


def _alike(measured: dict[float, list[Pair]]) -> Table:
    table = Table(title="The same definition and window; load test ÷ vLLM, median of the pairs (min … max)")
    for column in (
        "RPS",
        "TPS",
        "vLLM",
        "ratio",
        "TTFT p50 ms",
        "vLLM",
        "ratio",
        "TPOT p50 ms",
        "vLLM",
        "verdicts",
    ):
        table.add_column(column, justify="right")
    for rate, pairs in measured.items():
        verdicts = [pair.loadtest.verdict for pair in pairs]
        table.add_row(
            f"{rate:g}",
            *_both(pairs, "tps", 1, 0),
            _spread([pair.ratio("tps") for pair in pairs]),
            *_both(pairs, "ttft_s", 1e3, 1),
            _spread([pair.ratio("ttft_s") for pair in pairs]),
            *_both(pairs, "tpot_s", 1e3, 2),
            ", ".join(f"{verdicts.count(kind)} {kind}" for kind in sorted(set(verdicts))),
        )
    return table


def _as_reported(measured: dict[float, list[Pair]]) -> Table:
    table = Table(title="As each reports it: load test, then vLLM; medians of the pairs")
    for column in (
        "RPS",
        "TPS",
        "vLLM",
        "TTFT p50 ms",
        "vLLM",
        "E2E p50 ms",
        "vLLM",
        "sent late p99 ms",
        "vLLM",
        "CPU %",
        "vLLM",
    ):
        table.add_column(column, justify="right")
    for rate, pairs in measured.items():
        table.add_row(
            f"{rate:g}",
            *_both(pairs, "headline_tps", 1, 0),
            *_both(pairs, "headline_ttft_s", 1e3, 1),
            *_both(pairs, "e2e_s", 1e3, 0),
            *_both(pairs, "lag_p99_s", 1e3, 2),
            *_both(pairs, "cpu_share", 100, 0),
        )
    return table


def _both(pairs: list[Pair], name: str, factor: float, digits: int) -> list[str]:
    tools = ([getattr(pair.loadtest, name) for pair in pairs], [getattr(pair.vllm, name) for pair in pairs])
    return [f"{statistics.median(values) * factor:.{digits}f}" for values in tools]


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} … {max(ratios):.3f})"


if __name__ == "__main__":
    typer.run(main)
