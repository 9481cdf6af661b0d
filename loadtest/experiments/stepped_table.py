"""A run whose rate changes in steps while replicas come and go, in the terminal."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtest.report.wording import milliseconds, number
from loadtest.schema import Report

LAGS = {
    "created_s": "Created",
    "scheduled_s": "Scheduled",
    "pulled_s": "Pulled",
    "started_s": "Started",
    "loaded_s": "Loaded",
    "first_token_s": "First token",
}


def print_stepped(run: Report, console: Console) -> None:
    """Print what was offered, how many replicas there were, what waited, and when each replica came."""
    steps = ", then ".join(f"{rate:g} RPS for {length:g} s" for rate, length in run.plan["steps"])
    said = [f"{run.run}: {steps}"]
    samples = run.server.samples if run.server else []
    if samples:
        ready = [sample.ready for sample in samples]
        waited = max((sample.waiting or 0 for sample in samples), default=0)
        said.append(f"{min(ready)} to {max(ready)} replicas ready; at most {waited:g} requests waited")
    for level in run.levels:
        ttft = [level.summary[name].median for name in ("ttft_s.p50", "ttft_s.p99") if name in level.summary]
        if ttft:
            shown = " and ".join(f"{milliseconds(value)} ms" for value in ttft)
            said.append(f"TTFT p50 and p99 over all of it: {shown} ({level.verdict.kind})")
    console.print(f"{escape('; '.join(said))}.", highlight=False)
    starts = run.server.starts if run.server else []
    if starts:
        table = Table(
            title="Replicas that came, seconds from the start of the load",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            show_edge=False,
        )
        table.add_column("Replica", overflow="fold")
        for heading in LAGS.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for start in starts:
            table.add_row(escape(start.replica), *(number(getattr(start, name), 1) for name in LAGS))
        console.print(table)
