"""``make bench-overhead``: what rvc costs in front of vLLM, against plain ``vllm serve``.

Both run the same model with the same engine arguments, one after the other, several times over, and get
the same load: the demo's questions with four passages pasted in, as finished prompts, the same seeded
Poisson arrivals. rvc runs with retrieval off, so that both do the same work. Both use vLLM's in-process
executor; with its default one for CPUs a worker process spins beside the engine core, and on two cores
that is what one would measure.

The last rate decides. It should keep the engine busy and saturate neither server: past that point TTFT
measures the queue.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.demo import prepare
from app.cli.processes import no_process_left
from app.demo import QUESTIONS
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.settings import Settings, load_settings
from bench.questions_file import write_questions
from bench.servers import CpuShares, ours, plain
from bench.spread import spread
from loadtest.report.file import load_report
from loadtest.schema import Report

FOLDER = Path("var/bench/overhead")
PASSAGES = 4
TPS_BAR = 0.9
TTFT_BAR = 1.3
ENGINE = {"max_model_len": 1024, "max_num_seqs": 64, "max_num_batched_tokens": 2048, "threads": 1}
console = Console(stderr=True, highlight=False)


def settings_for(port: int, **engine: object) -> Settings:
    """rvc with retrieval off and explicit engine limits; `engine`: further settings of the engine."""
    return load_settings(
        preset="demo",
        overrides={
            "architecture": "rvc",
            "engine": ENGINE | engine,
            "rag": {"enabled": False},
            "server": {"port": port},
        },
    )


def write_prompts(settings: Settings) -> Path:
    """The shipped questions, each with its passages, as a file of finished prompts."""
    embedding = EmbeddingModel(settings.embedding.model, threads=1)
    index = Index.open(Path(settings.rag.index), embedding)
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    found = index.search(embedding.encode(questions), PASSAGES)
    prompts = (
        "\n\n".join([hit.passage.text for hit in hits] + [question])
        for question, hits in zip(questions, found, strict=True)
    )
    return write_questions(FOLDER / "prompts.jsonl", prompts)


def sweep(name: str, url: str, prompts: Path, rates: str, duration: float, tokens: int) -> Report:
    """The load; the same for both."""
    out = FOLDER / name
    command = [sys.executable, "-m", "loadtest", "run", "--target", url, "--rps", rates]
    command += ["--duration", str(duration), "--warmup", "5", "--questions", str(prompts)]
    command += ["--max-tokens", str(tokens), "--ignore-eos", "--seed", "7", "--out", str(out)]
    cpu = CpuShares()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shares = ", ".join(f"{label} {share:.0%}" for label, share in cpu.shares().items())
    console.print(f"share of a core during the sweep: {shares}")
    return load_report(out / "report.json")


def main(
    rates: Annotated[str, typer.Option(help="Requests per second; the last decides.")] = "24,48,72",
    duration: Annotated[float, typer.Option(help="Seconds of each window.")] = 20,
    tokens: Annotated[int, typer.Option(help="Output tokens of each request.")] = 64,
    repeats: Annotated[int, typer.Option(help="Pairs of runs.")] = 3,
    port: Annotated[int, typer.Option(help="Port of the servers.")] = 8300,
) -> None:
    """Measure rvc with retrieval off against plain vllm serve. Exit 1: a bar is missed."""
    settings = settings_for(port)
    reports: dict[str, list[Report]] = {"plain": [], "rvc": []}
    with no_process_left():
        prepare(settings)
        prompts = write_prompts(settings)
        for repeat in range(repeats):
            for name, server in (("plain", plain), ("rvc", ours)):
                console.print(f"[bold]{name}[/], run {repeat + 1} of {repeats}")
                with server(settings, FOLDER / name) as url:
                    reports[name].append(sweep(f"{name}-{repeat}", url, prompts, rates, duration, tokens))
    sys.exit(show(reports))


def show(reports: dict[str, list[Report]]) -> int:
    """Print both servers side by side; the exit status."""
    table = Table(title=f"rvc ÷ vllm serve, medians of {len(reports['rvc'])} pairs (min … max)")
    for column in (
        "RPS",
        "TPS plain",
        "TPS rvc",
        "ratio",
        "TTFT p50 plain",
        "TTFT p50 rvc",
        "ratio",
        "verdicts",
    ):
        table.add_column(column, justify="right")
    status = 0
    for number, level in enumerate(reports["rvc"][0].levels):
        tps = {name: [r.levels[number].rounds[0].tps for r in runs] for name, runs in reports.items()}
        ttft = {
            name: [d.p50 * 1000 for r in runs if (d := r.levels[number].rounds[0].ttft_s)]
            for name, runs in reports.items()
        }
        verdicts = [r.levels[number].verdict.kind for runs in reports.values() for r in runs]
        tps_ratios = [ours / theirs for ours, theirs in zip(tps["rvc"], tps["plain"], strict=True)]
        ttft_ratios = [ours / theirs for ours, theirs in zip(ttft["rvc"], ttft["plain"], strict=True)]
        table.add_row(
            f"{level.rate_rps:g}",
            *(f"{statistics.median(tps[name]):.0f}" for name in ("plain", "rvc")),
            spread(tps_ratios, 2),
            *(f"{statistics.median(ttft[name]):.0f} ms" for name in ("plain", "rvc")),
            spread(ttft_ratios, 2),
            ", ".join(sorted({f"{verdicts.count(kind)} {kind}" for kind in verdicts})),
        )
        missed = statistics.median(tps_ratios) < TPS_BAR or statistics.median(ttft_ratios) > TTFT_BAR
        status = int(missed)
    wide = Console(width=130)
    wide.print(table)
    wide.print(
        f"bars at the last rate: TPS ≥ {TPS_BAR}, TTFT p50 ≤ {TTFT_BAR}: {'missed' if status else 'met'}"
    )
    return status


if __name__ == "__main__":
    typer.run(main)
