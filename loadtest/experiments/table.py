"""An experiment as tables in the terminal, within 100 columns."""

import io

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.experiments.stepped_table import print_stepped
from loadtest.figures.verdict import NO_POINT
from loadtest.report.table import COLORS
from loadtest.report.wording import NONE, milliseconds, number, seconds, share
from loadtest.schema import VerdictKind
from loadtest.schema.experiment import Compared, Comparison, Experiment, Figure, Scaling
from loadtest.schema.quality import Scores

FIGURES: dict[Figure, str] = {
    "ttft_s": "TTFT\nmean ms",
    "latency_avg_s": "Latency\navg s",
    "latency_total_s": "Latency\ntotal s",
    "tps": "TPS",
}
LAGS = {
    "accepted_s": "Accepted",
    "scheduled_s": "Scheduled",
    "pulled_s": "Pulled",
    "started_s": "Started",
    "loaded_s": "Loaded",
    "first_token_s": "First token",
}
WIDTH = 100


def print_experiment(experiment: Experiment, console: Console) -> None:
    """Print the tables, then what a reader has to know before believing them."""
    remarks: list[str] = []
    if experiment.comparison is not None:
        _print_comparison(experiment.comparison, console)
        remarks += experiment.comparison.remarks
    if experiment.scaling is not None:
        _print_scaling(experiment.scaling, console)
        for run in experiment.runs:
            if run.plan.get("steps"):
                print_stepped(run, console)
        remarks += experiment.scaling.remarks
    for remark in remarks:
        console.print(escape(remark), highlight=False)
    if not experiment.complete:
        reasons = escape("; ".join(experiment.incomplete_reasons))
        console.print(f"[bold red]Incomplete:[/bold red] {reasons}.", highlight=False)


def experiment_text(experiment: Experiment) -> str:
    """The same as plain text."""
    text = io.StringIO()
    print_experiment(experiment, Console(file=text, width=WIDTH, color_system=None, force_terminal=False))
    return text.getvalue()


def _print_comparison(comparison: Comparison, console: Console) -> None:
    figures = list(FIGURES)
    # All four side by side where there is room, else two by two.
    step = 4 if console.width >= WIDTH else 2
    for first in range(0, len(figures), step):
        console.print(_sides(comparison, figures[first : first + step]))
    console.print(
        "Medians over the rounds. Changes of points that are generator-limited or incomplete stand in "
        "parentheses: they say nothing of the server.",
        style="dim",
        highlight=False,
    )
    _print_quality(comparison, console)
    _print_answers(comparison, console)


def _sides(comparison: Comparison, figures: list[Figure]) -> Table:
    table = _table(f"Sides against {comparison.baseline}", ("RPS", "Side"))
    for figure in figures:
        table.add_column(FIGURES[figure], justify="right", no_wrap=True)
        table.add_column("Change", justify="right", no_wrap=True)
    table.add_column("Verdict", max_width=10, overflow="fold")
    bases = {
        level.rate_rps: level.verdict for level in comparison.levels if level.side == comparison.baseline
    }
    rate = None
    for level in comparison.levels:
        if rate not in (None, level.rate_rps):
            table.add_section()
        named = {each.figure: each for each in level.figures}
        counts = level.verdict not in NO_POINT and bases.get(level.rate_rps) not in NO_POINT
        cells = [cell for figure in figures for cell in _figure_cells(named.get(figure), counts)]
        shown = "" if rate == level.rate_rps else f"{level.rate_rps:g}"
        table.add_row(shown, escape(level.side), *cells, _verdict(level.verdict))
        if any(each.published is not None for each in level.figures):
            published = [cell for figure in figures for cell in ("", _published(named.get(figure)))]
            table.add_row("", "[dim]published[/dim]", *published, "")
        rate = level.rate_rps
    return table


def _print_quality(comparison: Comparison, console: Console) -> None:
    if all(level.quality is None for level in comparison.levels):
        return
    table = _table("Quality under load", ("RPS", "Side"))
    for heading in ("Scored", "Exact\nmatch", "F1", "Refused", "Recall"):
        table.add_column(heading, justify="right", no_wrap=True)
    rate = None
    for level in comparison.levels:
        if rate not in (None, level.rate_rps):
            table.add_section()
        shown = "" if rate == level.rate_rps else f"{level.rate_rps:g}"
        table.add_row(shown, escape(level.side), *_score_cells(level.quality))
        rate = level.rate_rps
    console.print(table)


def _score_cells(scores: Scores | None) -> list[str]:
    if scores is None:
        return ["0", *[NONE] * 4]
    shares = [share(each) for each in (scores.refused, scores.recall)]
    return [str(scores.n), share(scores.exact_match), number(scores.f1, 2), *shares]


def _print_answers(comparison: Comparison, console: Console) -> None:
    if all(side.recall is None and side.same_answer is None for side in comparison.sides):
        return
    table = _table(f"Answers against {comparison.baseline}", ("Side", "Engine"))
    for heading in ("Recall", "Exact\nmatch", "Same\npassages", "Same\nanswer", "Same\nbeginning"):
        table.add_column(heading, justify="right", no_wrap=True)
    for side in comparison.sides:
        shares = (
            side.recall,
            side.exact_match,
            side.same_passages,
            side.same_answer,
            side.same_beginning,
        )
        table.add_row(escape(side.name), escape(side.engine), *map(share, shares))
    console.print(table)


def _print_scaling(scaling: Scaling, console: Console) -> None:
    if scaling.points:
        table = _table("Replicas", ())
        headings = ("RPS", "Replicas", "RPS\nachieved", "TPS", "TTFT\np50 ms", "TTFT\np99 ms", "Efficiency")
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("Verdict", max_width=10, overflow="fold")
        for point in scaling.points:
            table.add_row(
                f"{point.rate_rps:g}",
                str(point.replicas),
                number(point.achieved_rps.value, 2),
                number(point.tps.value, 1),
                *(
                    milliseconds(each.value if each else None)
                    for each in (point.ttft_p50_s, point.ttft_p99_s)
                ),
                NONE if point.efficiency is None else f"{point.efficiency:.0%}",
                _verdict(point.verdict),
            )
        console.print(table)
    if scaling.changes:
        table = _table("Lag of each change, seconds from the decision", ("Replicas",))
        for heading in LAGS.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for change in scaling.changes:
            lags = [number(getattr(change, name), 1) for name in LAGS]
            table.add_row(f"{change.replicas_before} → {change.replicas}", *lags)
        console.print(table)


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=escape(title), box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for heading in columns:
        table.add_column(heading, no_wrap=True, max_width=24, overflow="ellipsis")
    return table


def _figure_cells(each: Compared | None, counts: bool) -> tuple[str, str]:
    if each is None:
        return NONE, NONE
    value = each.now.value
    text = milliseconds(value) if each.figure == "ttft_s" else number(value, 1)
    changed = "" if each.change is None else _percent(each.change.value)
    return (
        seconds(value) if each.figure == "latency_avg_s" else text,
        changed if counts or not changed else f"({changed})",
    )


def _published(each: Compared | None) -> str:
    return "" if each is None or each.published is None else f"[dim]{_percent(each.published)}[/dim]"


def _percent(change: float) -> str:
    return f"{change:+.{1 if abs(change) < 1 else 0}%}"


def _verdict(kind: VerdictKind) -> str:
    return f"[{COLORS[kind]}]{kind}[/{COLORS[kind]}]"
