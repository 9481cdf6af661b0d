"""The commands `run`, `quality`, `join`, `show`, `compare` and `worker`.

Exit codes: 0 the run is complete; 1 a wrong setting, question file, target or report, found before any
load; 2 a wrong command line; 3 the run, or one of those that were joined, is incomplete (the report says
why); 4 the report could not be written to its ConfigMap and is in the log; 5 the gate was not passed: a
figure is worse than the baseline's, or that can't be told; in a check of quality: a figure that was required
is missed; 130 or 143 the run is incomplete, after SIGINT or SIGTERM.
"""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loadtest.errors import LoadtestError
from loadtest.join_settings import JoinSettings
from loadtest.options import command
from loadtest.quality_settings import QualitySettings
from loadtest.settings import RunSettings, WorkerSettings

if TYPE_CHECKING:
    from loadtest.cluster.run import ClusterRun

INCOMPLETE = 3
NOT_KEPT = 4
WORSE = 5

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


def _run(settings: RunSettings) -> None:
    """Sweep a target through one or more rates and write a report.

    Every option is also a variable LOADTEST_NAME and a line `name:` of the settings file (--config).
    """
    from loadtest.cluster.run import ClusterRun
    from loadtest.gating import read_baseline, with_plan_of
    from loadtest.preparing import prepare
    from loadtest.report.decisions import print_gate
    from loadtest.report.table import print_report

    cluster = ClusterRun(settings)
    if cluster.keeps_report:
        # The first process of a container ignores signals that it hasn't asked for.
        signal.signal(signal.SIGTERM, _end)
    try:
        console = Console()
        baseline = None
        if settings.gate:
            settings, baseline = with_plan_of(settings, read_baseline(settings))
        prepared = prepare(settings, console)

        from loadtest.running import run_sweep

        report, signal_number = run_sweep(prepared, console, cluster, baseline)
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
        if report.gate is not None:
            # Whoever waits for this pod's verdict looks into its log first.
            print_gate(report.gate, console)
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
    if report.gate is not None and not report.gate.passed:
        raise typer.Exit(WORSE)


def _tell(cluster: "ClusterRun", why: str) -> None:
    if cluster.keeps_report:
        # The pod may be told to end just now, and this sentence is what it has to say.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        cluster.tell(f"The run did not start: {why}")


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def _join(settings: JoinSettings) -> None:
    """Join the reports of several runs into one experiment, and say what they say together.

    Every option and argument is also a variable LOADTEST_NAME and a line `name:` of the settings file.
    """
    from loadtest.experiments.joining import join

    if settings.report_configmap:
        signal.signal(signal.SIGTERM, _end)
    experiment, kept = join(settings, Console())
    if not experiment.complete:
        raise typer.Exit(INCOMPLETE)
    if not kept:
        raise typer.Exit(NOT_KEPT)


def _quality(settings: QualitySettings) -> None:
    """Ask questions in several ways and score the answers: how right a server is, and from what.

    Every option is also a variable LOADTEST_NAME and a line `name:` of the settings file (--config).
    """
    from loadtest.checking import check
    from loadtest.quality.require import missed_text

    quality, signal_number = check(settings, Console())
    if signal_number:
        raise typer.Exit(128 + signal_number)
    if not quality.complete:
        raise typer.Exit(INCOMPLETE)
    missed = [each for each in quality.requirements if not each.met]
    for each in missed:
        errors.print(missed_text(each), style="red", markup=False, highlight=False, soft_wrap=True)
    if missed:
        raise typer.Exit(WORSE)


def _worker(settings: WorkerSettings) -> None:
    """Generate load for a `loadtest run --expect-workers N`, here or on another machine."""
    from loadtest.generate.worker import run_worker

    run_worker(settings)


def _show(
    reports: Annotated[
        list[Path],
        typer.Argument(
            metavar="REPORT…",
            help="report.json, experiment.json or quality.json, or the folder that holds it; several only of "
            "the last.",
        ),
    ],
    html: Annotated[bool, typer.Option("--html", help="Write report.html beside it as well.")] = False,
) -> None:
    """Print the table of a report: of a run, of an experiment, or of one or several checks of quality."""
    from loadtest.experiments.file import load_kept
    from loadtest.experiments.table import print_experiment
    from loadtest.report.quality_file import load_quality
    from loadtest.report.quality_table import print_qualities, print_quality
    from loadtest.report.table import print_report
    from loadtest.schema.experiment import Experiment
    from loadtest.schema.quality import Quality

    console = Console()
    if len(reports) > 1:
        print_qualities([load_quality(each) for each in reports], console)
        return
    report = reports[0]
    loaded = load_kept(report)
    if isinstance(loaded, Quality):
        print_quality(loaded, console)
        return
    if isinstance(loaded, Experiment):
        print_experiment(loaded, console)
    else:
        print_report(loaded, console)
    if html:
        from loadtest.experiments.page import save_experiment_page
        from loadtest.report.page import save_page

        folder = report if report.is_dir() else report.parent
        if isinstance(loaded, Experiment):
            page = save_experiment_page(loaded, folder)
        else:
            page = save_page(loaded, folder)
        console.print(f"Page:   {page}", highlight=False, soft_wrap=True)


def _compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="report.json, or the folder that holds it.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
) -> None:
    """Print the figures of two reports side by side, with the change from A to B."""
    from loadtest.report.compare import print_comparison
    from loadtest.report.file import load_report

    print_comparison(load_report(first), load_report(second), Console())


app.command("run")(command(RunSettings, _run))
app.command("quality")(command(QualitySettings, _quality))
app.command("join")(command(JoinSettings, _join))
app.command("show")(_show)
app.command("compare")(_compare)
app.command("worker")(command(WorkerSettings, _worker))
