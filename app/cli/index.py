"""``rag-llm index``: build an index, look into one."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.console import messages, results
from app.cli.options import Assignments, Config, Preset, gather
from app.retrieval.embedding import EmbeddingModel
from app.retrieval.index import Index
from app.retrieval.manifest import FaissChoice
from app.retrieval.passages import SplitterSettings
from app.settings import Settings

app = typer.Typer(help="Build and inspect indexes.", no_args_is_help=True)


@app.command()
def build(
    documents: Annotated[Path, typer.Argument(help="A folder or file: Markdown, text, JSONL.")],
    index_root: Annotated[
        Path | None, typer.Option(help="Where indexes lie. Default: the setting rag.index.")
    ] = None,
    passage_tokens: Annotated[
        int, typer.Option(help="Longest passage, in the embedding model's tokens.")
    ] = 128,
    overlap_tokens: Annotated[int, typer.Option(help="Tokens that neighbours share.")] = 16,
    faiss_type: Annotated[FaissChoice, typer.Option(help="auto goes by the size.")] = "auto",
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Build the index of some documents. The same content is never built twice."""
    settings = gather(config, preset, assignments)
    splitter = SplitterSettings(passage_tokens=passage_tokens, overlap_tokens=overlap_tokens)
    results.print(
        build_index(documents, index_root, settings, splitter, faiss_type), soft_wrap=True, markup=False
    )


def build_index(
    documents: Path,
    index_root: Path | None,
    settings: Settings,
    splitter: SplitterSettings | None = None,
    faiss_type: FaissChoice = "auto",
) -> str:
    """Build with progress on the terminal; gives the index's folder."""
    from app.retrieval import build as builder

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
            splitter=splitter,
            faiss_type=faiss_type,
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
