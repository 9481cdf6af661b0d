"""Puts the sources together: command line > environment > settings file > preset > defaults."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.errors import SettingsError
from app.settings import sources
from app.settings.model import Settings

ReadSettings = Callable[[], Settings]
"""How a process gets its settings: those that it was started with, or those of its own environment."""


def load_settings(
    *,
    config: Path | None = None,
    preset: str | None = None,
    overrides: dict[str, Any] | None = None,
) -> Settings:
    """Read every source and check the whole.

    Args:
        config: the YAML settings file; default: RAG_LLM_CONFIG, else none.
        preset: a preset's name; default: RAG_LLM_PRESET, else ``demo``.
        overrides: what the command line says, as nested sections.

    Raises:
        SettingsError: naming each wrong key, its value and what would be right.
    """
    if config is None and os.environ.get("RAG_LLM_CONFIG"):
        config = Path(os.environ["RAG_LLM_CONFIG"])
    values = sources.read_preset(preset or os.environ.get("RAG_LLM_PRESET") or "demo")
    if config is not None:
        values = merge(values, sources.read_file(config))
    values = merge(values, sources.read_environment())
    values = merge(values, overrides or {})
    return check(values)


def check(values: dict[str, Any]) -> Settings:
    """Validate nested sections.

    Raises:
        SettingsError: naming each wrong key, its value and what would be right.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(fault) for fault in error.errors())) from error


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Nested union in which `above` wins."""
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def said(values: dict[str, Any]) -> dict[str, Any]:
    """Nested sections without the keys that are None: options that the command line doesn't mention."""
    return {
        key: said(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def _sentence(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{where}: there is no such setting; `rag-llm settings` lists them all"
    value = "(hidden)" if "api_key" in where else repr(fault["input"])
    return f"{where} = {value}: {message}" if where else message
