"""The commands `run`, `show`, `compare` and `worker`.

Exit codes: 0 the run is complete; 1 a wrong setting, question file, target or report, found before any
load; 2 a wrong command line; 3 the run is incomplete (its report says why); 4 the report could not be
written to its ConfigMap and is in the log; 130 or 143 the run is incomplete, after SIGINT or SIGTERM.
"""

import inspect
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic_settings import BaseSettings
from rich.console import Console

from loadtest.errors import LoadtestError
from loadtest.layering import CONFIG_VARIABLE, load_settings
from loadtest.settings import RunSettings, WorkerSettings

if TYPE_CHECKING:
    from loadtest.cluster.run import ClusterRun

INCOMPLETE = 3
NOT_KEPT = 4

app = typer.Typer(
    help="An open-loop load test for servers that stream OpenAI-compatible completions.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
errors = Console(stderr=True)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except LoadtestError as error:
        errors.print(f"loadtest: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _command(kind: type[BaseSettings], body: Callable[..., None]) -> Callable[..., None]:
    """A function with an option for each field of the settings, which calls body(settings)."""

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
        option = typer.Option(
            help=f"{field.description}{remark}",
            rich_help_panel=str(extra["panel"]),
            metavar="" if extra["flag"] else str(extra["metavar"]),
            show_default=False,
        )
        annotation: Any = bool | None if extra["flag"] else str | None
        if field.default in ({}, ()):
            annotation = list[str] | None
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[annotation, option],
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
    shown = f"{value:g}" if isinstance(value, float) else "on" if value is True else str(value)
    return f" [dim]Default: {shown}.[/dim]"


def _run(settings: RunSettings) -> None:
    """Sweep a target through one or more rates and write a report.

    Every option is also a variable LOADTEST_NAME and a line `name:` of the settings file (--config).
    """
    from loadtest.cluster.run import ClusterRun
    from loadtest.preparing import prepare
    from loadtest.report.table import print_report

    cluster = ClusterRun(settings)
    if cluster.keeps_report:
        # The first process of a container ignores signals that it hasn't asked for.
        signal.signal(signal.SIGTERM, _end)
    try:
        console = Console()
        prepared = prepare(settings, console)

        from loadtest.running import run_sweep

        report, signal_number = run_sweep(prepared, console, cluster)
    except LoadtestError as error:
        _tell(cluster, str(error))
        raise
    except SystemExit:
        _tell(cluster, "it was stopped by SIGTERM first.")
        raise
    folder = prepared.folder
    kept = True
    if cluster.keeps_report:
        kept = cluster.finish(report, settings.html, stopped=bool(signal_number))
        if kept:
            console.print(f"Report: ConfigMap {settings.report_configmap}", highlight=False, soft_wrap=True)
    else:
        print_report(report, console)
        console.print(f"Report: {folder / 'report.json'}", highlight=False, soft_wrap=True)
        if settings.html:
            from loadtest.report.page import save_page

            console.print(f"Page:   {save_page(report, folder)}", highlight=False, soft_wrap=True)
    if signal_number:
        raise typer.Exit(128 + signal_number)
    if not report.complete:
        raise typer.Exit(INCOMPLETE)
    if not kept:
        raise typer.Exit(NOT_KEPT)


def _tell(cluster: "ClusterRun", why: str) -> None:
    if cluster.keeps_report:
        # The pod may be told to end just now, and this sentence is what it has to say.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        cluster.tell(f"The run did not start: {why}")


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def _worker(settings: WorkerSettings) -> None:
    """Generate load for a `loadtest run --expect-workers N`, here or on another machine."""
    from loadtest.generate.worker import run_worker

    run_worker(settings)


def _show(
    report: Annotated[Path, typer.Argument(help="report.json, or the folder that holds it.")],
    html: Annotated[bool, typer.Option("--html", help="Write report.html beside it as well.")] = False,
) -> None:
    """Print the table of a report."""
    from loadtest.report.file import load_report
    from loadtest.report.table import print_report

    loaded = load_report(report)
    console = Console()
    print_report(loaded, console)
    if html:
        from loadtest.report.page import save_page

        folder = report if report.is_dir() else report.parent
        console.print(f"Page:   {save_page(loaded, folder)}", highlight=False, soft_wrap=True)


def _compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="report.json, or the folder that holds it.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
) -> None:
    """Print the figures of two reports side by side, with the change from A to B."""
    from loadtest.report.compare import print_comparison
    from loadtest.report.file import load_report

    print_comparison(load_report(first), load_report(second), Console())


app.command("run")(_command(RunSettings, _run))
app.command("show")(_show)
app.command("compare")(_compare)
app.command("worker")(_command(WorkerSettings, _worker))
