"""The options that all commands share, and how they become settings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import Settings, load_settings
from app.settings.hub import export_hub
from app.settings.load import merge, said
from app.settings.sources import presets, read_assignments

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="YAML settings file. [env: RAG_LLM_CONFIG]")
]
Preset = Annotated[
    str | None,
    typer.Option(
        "--preset",
        "-p",
        help=f"Model, embedding model and index: {', '.join(presets())}. [env: RAG_LLM_PRESET]",
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="SECTION.KEY=VALUE", help="Any setting; `rag-llm settings` lists them."
    ),
]


def gather(
    config: Path | None,
    preset: str | None,
    assignments: list[str] | None,
    options: dict[str, Any] | None = None,
) -> Settings:
    """Settings from the shared options and a command's own, which win over ``--set`` where they are not None.

    The hub's are exported too: this runs before anything imports the Hugging Face libraries.

    Raises:
        SettingsError: something is unknown or wrong.
    """
    overrides = read_assignments(assignments or [])
    settings = load_settings(config=config, preset=preset, overrides=merge(overrides, said(options or {})))
    export_hub(settings)
    return settings
