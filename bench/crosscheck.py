"""``make bench-crosscheck``: does the load test say what ``vllm bench serve`` says?

One server (rvc with the demo model, retrieval off), and the two tools by turns: the same finished prompts, in
the same order, at the same Poisson times, the same number of output tokens. Both hold the load after the
window. The bars: throughput within 3%, the median TTFT from sending within 10%, of the medians over pairs.
Then both against a bare server that knows when it sent what, to see which of the two is nearer to it.
"""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.demo import prepare
from app.cli.processes import no_process_left
from bench.crosscheck_figures import Measured
from bench.crosscheck_tools import FOLDER, by_loadtest, by_vllm
from bench.crosscheck_truth import Off, off_by
from bench.overhead import settings_for, write_prompts
from bench.servers import ours
from bench.spread import spread, tally
from loadtest.settings import RunSettings

TPS_BAR, TTFT_BAR = 0.03, 0.10
console = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tools at one rate, one after the other."""

    loadtest: Measured
    vllm: Measured

    def ratio(self, name: str) -> float:
        """The load test's ÷ vLLM's."""
        return float(getattr(self.loadtest, name) / getattr(self.vllm, name))


def main(
    rates: Annotated[str, typer.Option(help="Requests per second.")] = "8,24",
    duration: Annotated[float, typer.Option(help="Seconds of each window.")] = 15,
    warmup: Annotated[float, typer.Option(help="Seconds before it.")] = 4,
    tokens: Annotated[int, typer.Option(min=2, help="Output tokens of each request.")] = 64,
    pairs: Annotated[int, typer.Option(help="Pairs of runs at each rate.")] = 3,
    port: Annotated[int, typer.Option(help="Port of the server.")] = 8310,
    prefix_cache: Annotated[
        bool, typer.Option(help="Let the server reuse prompts that it has had: with these, all of them.")
    ] = False,
) -> None:
    """Measure the same server with both tools. Exit 1: they differ by more than a bar."""
    settings = settings_for(port, enable_prefix_caching=prefix_cache)
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

        with ours(settings, FOLDER / "rvc"):
            console.print("an unmeasured run first: what is warm is then warm for both")
            by_loadtest(plan(max(measured), 1))
            for number in range(pairs):
                for rate, done in measured.items():
                    console.print(f"{rate:g} requests a second, pair {number + 1} of {pairs}")
                    run = plan(rate, number + 1)
                    done.append(_pair(run, settings.model.served_name, vllm_first=bool(number % 2)))
        offs = {rate: [off_by(plan(rate, number + 1)) for number in range(pairs)] for rate in measured}
    status = show(measured)
    Console(width=150).print(_truth(offs))
    sys.exit(status)


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
            spread([pair.ratio("tps") for pair in pairs], 3),
            *_both(pairs, "ttft_s", 1e3, 1),
            spread([pair.ratio("ttft_s") for pair in pairs], 3),
            *_both(pairs, "tpot_s", 1e3, 2),
            tally(verdicts),
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


def _truth(offs: dict[float, list[Off]]) -> Table:
    title = "Of a server that knows the truth: median TTFT from sending, reported − true, medians (min … max)"
    table = Table(title=title)
    for column in ("RPS", "true ms", "load test off by ms", "vLLM off by ms"):
        table.add_column(column, justify="right")
    for rate, runs in offs.items():
        tools = ([run.loadtest_s * 1e3 for run in runs], [run.vllm_s * 1e3 for run in runs])
        truth_ms = statistics.median(run.truth_s for run in runs) * 1e3
        table.add_row(f"{rate:g}", f"{truth_ms:.1f}", *(spread(each, 3) for each in tools))
    return table


def _both(pairs: list[Pair], name: str, factor: float, digits: int) -> list[str]:
    tools = ([getattr(pair.loadtest, name) for pair in pairs], [getattr(pair.vllm, name) for pair in pairs])
    return [f"{statistics.median(values) * factor:.{digits}f}" for values in tools]


if __name__ == "__main__":
    typer.run(main)
