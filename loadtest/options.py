"""The command line of a settings model: an option for each field, or an argument.

Nothing has a default here: what is not given comes from a variable, the settings file, or the model.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_settings import BaseSettings

from loadtest.layering import CONFIG_VARIABLE, load_settings
from loadtest.settings import ARGUMENTS


def command(kind: type[BaseSettings], body: Callable[..., None]) -> Callable[..., None]:
    """A function for typer with an option (or argument) for each field, which calls body(settings)."""

    def call(config: Path | None, **options: Any) -> None:
        given = {name: value for name, value in options.items() if value not in (None, [])}
        body(load_settings(kind, given, config))

    parameters = [
        inspect.Parameter(
            "config",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None,
                typer.Option(
                    help="Settings file: YAML lines `name: value`.",
                    envvar=CONFIG_VARIABLE,
                    rich_help_panel="Settings",
                ),
            ],
        )
    ]
    for name, field in kind.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        remark = " [bold]Required.[/bold]" if field.is_required() else _default(field.default)
        texts: dict[str, Any] = {
            "help": f"{field.description}{remark}",
            "rich_help_panel": str(extra["panel"]),
            "metavar": "" if extra["flag"] else str(extra["metavar"]),
            "show_default": False,
        }
        kind_of = typer.Argument if extra["panel"] == ARGUMENTS else typer.Option
        annotation: Any = bool | None if extra["flag"] else str | None
        if field.default in ({}, ()):
            annotation = list[str] | None
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[annotation, kind_of(**texts)],
            )
        )
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__doc__ = body.__doc__
    return call


def _default(value: Any) -> str:
    """A default as --help shows it; nothing for what is off or empty."""
    if value in (None, False, {}, ()):
        return ""
    if isinstance(value, tuple):
        value = ",".join(value)
    shown = f"{value:g}" if isinstance(value, float) else "on" if value is True else str(value)
    return f" [dim]Default: {shown}.[/dim]"
