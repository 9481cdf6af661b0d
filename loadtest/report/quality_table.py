"""Checks of quality as tables in the terminal, within 80 columns: one by its groups, several side by side."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.report.wording import number
from loadtest.schema.quality import GroupScores, Quality


def print_quality(quality: Quality, console: Console) -> None:
    """Print each mode with its groups, then what a reader has to know before believing them."""
    table = _table(f"{quality.name}: {quality.model} at {quality.target}", ("Mode", "Group"), [quality])
    mode = None
    for each in quality.figures:
        if mode not in (None, each.mode):
            table.add_section()
        table.add_row("" if mode == each.mode else each.mode, escape(each.group), *_cells(each, [quality]))
        mode = each.mode
    console.print(table)
    _print_remarks([quality], console)


def print_qualities(qualities: Sequence[Quality], console: Console) -> None:
    """Print the figures of all questions for each mode and target, then what makes them hard to compare."""
    table = _table(f"Quality of {len(qualities)} targets", ("Mode", "Target"), qualities)
    modes = dict.fromkeys(each.mode for quality in qualities for each in quality.figures)
    for mode in modes:
        shown: str = mode
        for quality in qualities:
            for each in quality.figures:
                if each.mode == mode and each.by == "all":
                    table.add_row(shown, escape(quality.name), *_cells(each, qualities))
                    shown = ""
        table.add_section()
    console.print(table)
    _print_remarks(qualities, console)


def _table(title: str, columns: tuple[str, str], qualities: Sequence[Quality]) -> Table:
    table = Table(title=escape(title), box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    for heading in columns:
        table.add_column(heading, no_wrap=True, max_width=24, overflow="ellipsis")
    depths = {quality.top_k for quality in qualities}
    depth = depths.pop() if len(depths) == 1 else None
    headings = ["n", "Exact match", "F1", "Refused", f"Recall@{depth}" if depth else "Recall"]
    for heading in [*headings, *(["Failed"] if _any_failed(qualities) else [])]:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(each: GroupScores, qualities: Sequence[Quality]) -> list[str]:
    cells = [
        str(each.n),
        number(each.exact_match, 3),
        number(each.f1, 3),
        number(each.refused, 3),
        number(each.recall, 3),
    ]
    return [*cells, str(each.failed)] if _any_failed(qualities) else cells


def _any_failed(qualities: Sequence[Quality]) -> bool:
    return any(each.failed for quality in qualities for each in quality.figures)


def _print_remarks(qualities: Sequence[Quality], console: Console) -> None:
    said = []
    several = len(qualities) > 1
    for name in ("model", "questions_sha256", "asked", "top_k", "system_prompt"):
        values = {quality.name: getattr(quality, name) for quality in qualities}
        if len(set(values.values())) > 1:
            told = ", ".join(f"{value} of {target}" for target, value in values.items())
            said.append(f"Not the same {name}: {told}.")
    for quality in qualities:
        who = f"{quality.name}: " if several else ""
        said += [f"{who}{remark}" for remark in quality.remarks]
        errors = [answer.error for answer in quality.answers if answer.error is not None]
        if errors:
            said.append(
                f"{who}{len(errors)} of {len(quality.answers)} requests failed and count as wrong, the first "
                f"with {errors[0]}."
            )
    for sentence in said:
        console.print(escape(sentence), highlight=False, soft_wrap=True)
    for quality in qualities:
        if not quality.complete:
            reasons = escape("; ".join(quality.incomplete_reasons))
            who = f"{escape(quality.name)} is incomplete" if several else "Incomplete"
            console.print(f"[bold red]{who}:[/bold red] {reasons}.", highlight=False, soft_wrap=True)
