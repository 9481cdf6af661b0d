"""Two reports side by side: each figure, both values, and the change."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.figures.verdict import NO_POINT
from loadtest.report.tsv import LATER, PLAN
from loadtest.report.wording import NONE, milliseconds, number, seconds, share
from loadtest.schema import LevelFigures, Report

# Figure of a level's summary, its name in the table, and how it is shown.
FIGURES = (
    ("achieved_rps", "achieved RPS", lambda value: number(value, 2)),
    ("goodput_rps", "goodput RPS", lambda value: number(value, 2)),
    ("tps", "TPS", lambda value: number(value, 1)),
    ("ttft_s.p50", "TTFT p50, ms", milliseconds),
    ("ttft_s.p99", "TTFT p99, ms", milliseconds),
    ("tpot_s.p50", "TPOT p50, ms", milliseconds),
    ("itl_s.p99", "ITL p99, ms", milliseconds),
    ("latency_avg_s", "latency avg, s", seconds),
    ("e2e_latency_s.p99", "latency p99, s", seconds),
    ("quality.exact_match", "exact match", share),
)


def print_comparison(first: Report, second: Report, console: Console) -> None:
    """Print a table of all rates that either report has, then what makes the two hard to compare."""
    table = Table(
        title=escape(f"A: {first.run}   B: {second.run}"), box=box.SIMPLE_HEAD, padding=0, show_edge=False
    )
    for name in ("RPS", "Figure", "A", "B", "Change"):
        table.add_column(name, justify="left" if name == "Figure" else "right", no_wrap=True)
    levels_a = {level.rate_rps: level for level in first.levels}
    levels_b = {level.rate_rps: level for level in second.levels}
    for rate in sorted(levels_a.keys() | levels_b.keys()):
        a, b = levels_a.get(rate), levels_b.get(rate)
        verdicts = [level.verdict.kind if level else NONE for level in (a, b)]
        table.add_row(f"{rate:g}", "verdict", *verdicts, "")
        for name, shown, text in FIGURES:
            before, after = _median(a, name), _median(b, name)
            if before is not None or after is not None:
                table.add_row("", shown, text(before), text(after), change(before, after))
        table.add_section()
    console.print(table)
    for remark in remarks(first, second):
        console.print(escape(remark), highlight=False)


def change(before: float | None, after: float | None) -> str:
    """The change in per cent, like '+12.5%'; a dash where there is none to tell."""
    if before is None or after is None or before == 0:
        return NONE
    return f"{(after - before) / before * 100:+.1f}%"


def unlike_plans(first: Report, second: Report, names: tuple[str, str] = ("A", "B")) -> list[str]:
    """What two runs were asked for differently; `names` stand for them in the sentences."""
    a, b = names
    said = [
        f"Not the same plan: {name} is {first.plan.get(name)!r} in {a} and {second.plan.get(name)!r} in {b}."
        for name in (*PLAN, *LATER)
        # Of caches there is a sentence of its own.
        if name not in ("target", "rounds", "reset_cache") and first.plan.get(name) != second.plan.get(name)
    ]
    emptied = [bool(run.plan.get("reset_cache")) for run in (first, second)]
    if emptied[0] != emptied[1]:
        one, other = names if emptied[0] else reversed(names)
        said.append(f"Prefix caches were emptied before the levels of {one}, not before those of {other}.")
    if first.model != second.model:
        said.append(f"Not the same model: {first.model} in {a} and {second.model} in {b}.")
    return said


def remarks(first: Report, second: Report) -> list[str]:
    """What a reader has to know before believing the changes."""
    said = unlike_plans(first, second)
    for name, report in (("A", first), ("B", second)):
        if not report.complete:
            said.append(f"{name} is incomplete: {'; '.join(report.incomplete_reasons)}.")
        elif any(level.verdict.kind in NO_POINT for level in report.levels):
            said.append(f"{name} has levels that say nothing about the server: see their verdicts.")
    return said


def _median(level: LevelFigures | None, name: str) -> float | None:
    return level.summary[name].median if level is not None and name in level.summary else None
