"""The report as a table in the terminal."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.figures.slo import slo_text
from loadtest.report.decisions import print_gate, print_knee
from loadtest.report.server_table import print_observed
from loadtest.report.waterfall_text import waterfall_text
from loadtest.report.wording import answers_text, milliseconds, number, quality_text, seconds
from loadtest.schema import LevelFigures, Report

COLORS = {
    "valid": "green",
    "saturated": "yellow",
    "errors": "red",
    "generator-limited": "magenta",
    "incomplete": "red",
}


COLUMNS = (
    "RPS\noffered",
    "RPS\nachieved",
    "TTFT\np50 ms",
    "TTFT\np99 ms",
    "Latency\navg s",
    "Latency\ntotal s",
    "TPS",
    "Goodput\nRPS",
    "Errors",
)


def print_report(report: Report, console: Console) -> None:
    """Print the table, then what a reader has to know about its points."""
    console.print(_table(report))
    for warning in report.warnings:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}.", highlight=False, soft_wrap=True)
    for level in report.levels:
        for reason in level.verdict.reasons:
            console.print(f"{level.rate_rps:g} RPS is {level.verdict.kind}: {escape(reason)}.")
        for note in level.verdict.notes:
            console.print(f"[dim]{level.rate_rps:g} RPS: {escape(note)}.[/dim]")
    for level in report.levels:
        if line := waterfall_text(level):
            console.print(f"{level.rate_rps:g} RPS, mean ms: {line}.", highlight=False, soft_wrap=True)
    for level in report.levels:
        if said := quality_text(level):
            console.print(f"{level.rate_rps:g} RPS, {said}.", highlight=False, soft_wrap=True)
    if report.knee is not None:
        print_knee(report.knee, console)
    elif report.knee_rps is not None:
        console.print(f"Knee (service levels met, no growth): {report.knee_rps:g} RPS.")
    if report.answers is not None:
        console.print(f"{answers_text(report.answers)}.", highlight=False, soft_wrap=True)
    if report.gate is not None:
        print_gate(report.gate, console)
    if report.processes:
        memory = ", ".join(
            f"{escape(process.name)} ({process.pid}) {process.peak_rss_mib:,.0f} MiB"
            for process in report.processes
        )
        console.print(f"Peak memory: {memory}.")
    if report.server is not None:
        print_observed(report.server, console)
    if not report.complete:
        reasons = escape("; ".join(report.incomplete_reasons))
        console.print(f"[bold red]Incomplete:[/bold red] {reasons}.")


def _table(report: Report) -> Table:
    slo = ", ".join(slo_text(name, limit) for name, limit in report.plan.get("slo", {}).items())
    rounds = max((len(level.rounds) for level in report.levels), default=0)
    caption = f"Goodput: {slo or 'no SLO given, every complete answer counts'}."
    if rounds > 1:
        caption += f" Medians of {rounds} rounds."
    # Narrow enough for 80 columns.
    table = Table(
        title=escape(f"{report.model} at {report.plan['target']}"),
        caption=caption,
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Verdict", max_width=10, overflow="fold")
    for level in report.levels:
        table.add_row(*_cells(level))
    return table


def _cells(level: LevelFigures) -> list[str]:
    def median(name: str) -> float | None:
        return level.summary[name].median if name in level.summary else None

    failed = sum(each.counts.failed + each.counts.unfinished for each in level.rounds)
    tps = median("tps")
    color = COLORS[level.verdict.kind]
    return [
        number(median("offered_rps"), 2),
        number(median("achieved_rps"), 2),
        milliseconds(median("ttft_s.p50")),
        milliseconds(median("ttft_s.p99")),
        seconds(median("latency_avg_s")),
        seconds(median("latency_total_s")),
        number(tps, 1 if tps is None or tps < 1000 else 0),
        number(median("goodput_rps"), 2),
        str(failed),
        f"[{color}]{level.verdict.kind}[/{color}]",
    ]
