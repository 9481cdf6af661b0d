"""``rag-llm serve``: one architecture, until Ctrl-C."""

from typing import Annotated

import typer

from app.architectures.run import run_architecture
from app.cli.console import messages
from app.cli.options import Assignments, Config, Preset, gather
from app.cli.processes import no_process_left
from app.settings import Architecture


def serve(
    architecture: Annotated[
        Architecture | None,
        typer.Option("--architecture", "-a", help="Which one. Default: the setting, rvc."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Annotated[str | None, typer.Option(help="The model's folder.")] = None,
    index: Annotated[str | None, typer.Option(help="An index folder or index root.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Passages for a question.")] = None,
    replicas: Annotated[int | None, typer.Option(help="Actors or replicas (rac, rsc, rvc).")] = None,
    batch: Annotated[
        bool | None,
        typer.Option("--batch/--no-batch", help="The improved baseline: gather waiting requests."),
    ] = None,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Serve the OpenAI-compatible API with retrieval until Ctrl-C."""
    options = {
        "architecture": architecture,
        "server": {"host": host, "port": port},
        "model": {"path": model},
        "rag": {"index": index, "top_k": top_k},
        "replicas": {"count": replicas},
        "engine": {"batch": batch},
    }
    settings = gather(config, preset, assignments, options)
    address = f"http://{settings.server.host}:{settings.server.port}"
    messages.print(
        f"{settings.architecture.value}: {settings.model.served_name} on {address}; "
        f"ready when {address}/health says so; Ctrl-C stops it"
    )
    with no_process_left():
        run_architecture(settings)
