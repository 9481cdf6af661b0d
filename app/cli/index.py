"""``rag-llm index``: build an index, look into one, measure what it finds."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.console import messages, results, step
from app.cli.options import Assignments, Config, Preset, gather
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.manifest import FaissChoice
from app.retrieval.passages import SplitterSettings
from app.retrieval.recall import recall_at_k
from app.settings import Settings

app = typer.Typer(help="Build, inspect and measure indexes.", no_args_is_help=True)


@app.command()
def build(
    documents: Annotated[Path, typer.Argument(help="A folder or file: Markdown, text, JSONL.")],
    index_root: Annotated[
        Path | None, typer.Option(help="Where indexes lie. Default: the setting rag.index.")
    ] = None,
    passage_tokens: Annotated[int | None, typer.Option(help="Longest passage, in tokens.")] = None,
    overlap_tokens: Annotated[int | None, typer.Option(help="Tokens that neighbours share.")] = None,
    faiss_type: Annotated[FaissChoice | None, typer.Option(help="auto goes by the size.")] = None,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Build the index of some documents. The same content is never built twice."""
    indexing = {
        "passage_tokens": passage_tokens,
        "overlap_tokens": overlap_tokens,
        "faiss_type": faiss_type,
    }
    settings = gather(config, preset, assignments, {"indexing": indexing})
    results.print(build_index(documents, index_root, settings), soft_wrap=True, markup=False)


def build_index(documents: Path, index_root: Path | None, settings: Settings) -> str:
    """Build with progress on the terminal; gives the index's folder."""
    from app.retrieval import build as builder

    indexing = settings.indexing
    embedding = EmbeddingModel(settings.embedding.model, threads=settings.embedding.threads)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages) as progress:
        tasks = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        built = builder.build_index(
            documents,
            index_root or Path(settings.rag.index),
            embedding,
            splitter=SplitterSettings(indexing.passage_tokens, indexing.overlap_tokens),
            faiss_type=indexing.faiss_type,
            on_progress=show,
        )
    if built.replaced:
        messages.print(f"the index of this content was damaged and has been replaced: {built.replaced}")
    elif not built.created:
        messages.print("the index of this content exists already")
    manifest = built.manifest
    messages.print(f"{manifest.documents} documents, {manifest.passages} passages; {manifest.faiss.why}")
    return str(built.path)


@app.command()
def inspect(
    path: Annotated[
        Path | None, typer.Argument(help="An index or index root. Default: the setting rag.index.")
    ] = None,
    verify: Annotated[bool, typer.Option(help="Read every file and compare its checksum.")] = True,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Show what an index holds and whether it is sound."""
    index = Index.open(path or Path(gather(config, preset, assignments).rag.index), None, verify=verify)
    manifest = index.manifest
    table = Table(show_header=False, box=None)
    table.add_row("folder", escape(str(index.path)))
    table.add_row("hash", manifest.hash)
    table.add_row("made", str(manifest.created_at))
    table.add_row("documents", f"{manifest.documents:,}")
    table.add_row("passages", f"{manifest.passages:,}")
    table.add_row("splitter", str(manifest.splitter))
    table.add_row("embedding model", f"{manifest.embedding.name}, {manifest.embedding.dimension} dimensions")
    table.add_row("FAISS", f"{manifest.faiss.type}: {manifest.faiss.why}")
    for name, entry in manifest.files.items():
        table.add_row(name, f"{entry.bytes:,} bytes, sha256 {entry.sha256[:16]}…")
    table.add_row("state", "sound, checksums compared" if verify else "sound, sizes compared")
    results.print(table, soft_wrap=True)


@app.command()
def recall(
    questions: Annotated[
        Path, typer.Argument(help="JSONL with id, language, question, gold_document, gold_text.")
    ],
    path: Annotated[
        Path | None, typer.Argument(help="An index or index root. Default: the setting rag.index.")
    ] = None,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Measure recall@1, @4 and @10: how often the passage that holds the answer is found."""
    settings = gather(config, preset, assignments)
    with step("ask every question"):
        embedding = EmbeddingModel(settings.embedding.model, threads=settings.embedding.threads)
        found = recall_at_k(Index.open(path or Path(settings.rag.index), embedding), embedding, questions)
    table = Table("questions", *(f"recall@{k}" for k in found.at), title="Recall")
    rows = {"all": (found.questions, found.at), **found.by_language}
    for language, (count, shares) in rows.items():
        table.add_row(f"{count} {escape(language)}", *(f"{share:.3f}" for share in shares.values()))
    results.print(table)
    if found.missed:
        messages.print(f"never among the first {max(found.at)}: {', '.join(found.missed)}", markup=False)
