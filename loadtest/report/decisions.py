"""What a run decided, as text in the terminal: where the knee is, and whether the gate was passed."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.figures.gate import SHARES
from loadtest.figures.slo import duration_text, slo_text
from loadtest.report.wording import NONE, number
from loadtest.schema.gate import Gate, GateFigure
from loadtest.schema.knee import KneeSearch, KneeStep

ANSWERS = {
    True: "[green]holds[/green]",
    False: "[yellow]does not[/yellow]",
    None: "[magenta]no answer[/magenta]",
}


def print_knee(knee: KneeSearch, console: Console) -> None:
    """Print the rates that were tried, in their order, and the result."""
    table = Table(title="The search of the knee", box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    table.add_column("RPS", justify="right", no_wrap=True)
    for name in ("Tried as", "Service levels", "Missed"):
        table.add_column(name)
    for step in knee.steps:
        table.add_row(f"{step.rate_rps:g}", step.why, ANSWERS[step.meets], _missed(step, knee.slo))
    console.print(table)
    console.print(f"[bold]{escape(knee.sentence)}[/bold]", highlight=False, soft_wrap=True)


def _missed(step: KneeStep, slo: dict[str, float]) -> str:
    return ", ".join(
        f"{slo_text(name, slo[name])}: {duration_text(value)}" for name, value in step.broken.items()
    )


def print_gate(gate: Gate, console: Console) -> None:
    """Print each figure beside the baseline's, then the verdict and why."""
    table = Table(
        title=escape(f"Against the baseline {gate.baseline_run}"),
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        show_edge=False,
    )
    table.add_column("RPS", justify="right", no_wrap=True)
    table.add_column("Figure", no_wrap=True)
    for name in ("Baseline", "Now", "Change", "95% interval", "Allowed", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for each in gate.figures:
        table.add_row(*_cells(each))
    console.print(table)
    verdict = "[green]passed[/green]" if gate.passed else "[bold red]not passed[/bold red]"
    console.print(f"Gate: {verdict}.", highlight=False)
    for sentence in gate.sentences:
        console.print(escape(sentence), highlight=False, soft_wrap=True)


def _cells(each: GateFigure) -> list[str]:
    unit = " pt" if each.figure in SHARES else "%"
    alone = each.change_low == each.change_high == each.change
    return [
        f"{each.rate_rps:g}",
        each.figure,
        number(each.baseline, 3),
        number(each.now, 3),
        f"{each.change * 100:+.1f}{unit}",
        NONE if alone else f"{each.change_low * 100:+.1f} … {each.change_high * 100:+.1f}{unit}",
        f"{each.allowed * 100:.1f}{unit}",
        "[red]worse[/red]" if each.worse else "",
    ]
