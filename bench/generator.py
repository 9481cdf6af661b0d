"""`make bench-generator`: is what the load test reports true, up to which rate, and what does it cost?

A bare server with exact timing (bench/bare_server.py) streams 64 deltas, the first 50 ms after the
request, and keeps the truth of what it sent. The server has a core, the generating processes the others. For
each rate the reported TTFT is compared with the server's own: the bars are 3 ms at the median and 10 ms
at p99, at 100 requests a second by one process. The rates above tell where it stops being true, and whether
the verdict of the report says so. Answers of other lengths tell a request's cost from a delta's.
"""

import argparse
import json
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.generator_cost import fit_cost
from bench.truth import DELTAS, Comparison, measure

BAR_RATE = 100.0
# Requests a second and deltas of an answer: far apart, and little enough for the server's core.
COST_POINTS = ((200.0, 4), (400.0, 4), (25.0, 256), (75.0, 256))
# What is measured at once: processes, requests a second, deltas.
Point = tuple[int, float, int]


def summary(runs: list[Comparison]) -> dict[str, Any]:
    """Runs at one rate as medians with their spread, in milliseconds."""
    seconds = {
        "true_p50_ms": [run.true_p50_s for run in runs],
        "p50_ms": [run.p50_s for run in runs],
        "p50_off_ms": [run.p50_s - run.true_p50_s for run in runs],
        "true_p99_ms": [run.true_p99_s for run in runs],
        "p99_ms": [run.p99_s for run in runs],
        "p99_off_ms": [run.p99_s - run.true_p99_s for run in runs],
        "request_off_p99_ms": [run.error_p99_s for run in runs],
        "lag_p99_ms": [run.lag_p99_s for run in runs],
    }
    row: dict[str, Any] = {"processes": runs[0].processes, "rate_rps": runs[0].rate_rps, "runs": len(runs)}
    for name, values in seconds.items():
        spread = {"median": median(values), "min": min(values), "max": max(values)}
        row[name] = {key: round(value * 1e3, 3) for key, value in spread.items()}
    row["cpu_share"] = round(median(run.cpu_share for run in runs), 3)
    row["cpu_sum"] = round(median(run.cpu_sum for run in runs), 3)
    row["quiet"] = sum(run.is_quiet for run in runs)
    row["true"] = sum(run.is_true for run in runs if run.is_quiet)
    row["verdicts"] = dict(Counter(run.verdict for run in runs))
    return row


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title=f"TTFT as reported and in truth, {DELTAS} deltas: medians of {rows[0]['runs']} runs, in ms",
        caption="off: reported - true, smallest to largest. CPU: of the busiest process. quiet: runs whose "
        "server was itself in time.",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    for name in (
        "proc.",
        "req/s",
        "p50\ntrue",
        "p50",
        "off",
        "p99\ntrue",
        "p99",
        "off",
        "lag\np99",
        "CPU",
        "quiet",
        "true",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdicts", max_width=10, overflow="fold")
    for row in rows:
        cells = [f"{row['processes']}", f"{row['rate_rps']:g}"]
        for at in ("p50", "p99"):
            off = row[f"{at}_off_ms"]
            cells += [f"{row[f'true_{at}_ms']['median']:.1f}", f"{row[f'{at}_ms']['median']:.1f}"]
            cells.append(f"{off['median']:.1f}\n{off['min']:.1f}..{off['max']:.1f}")
        cells += [f"{row['lag_p99_ms']['median']:.1f}", f"{row['cpu_share']:.0%}"]
        cells += [f"{row['quiet']}/{row['runs']}", f"{row['true']}/{row['quiet']}"]
        table.add_row(*cells, "\n".join(f"{count} {kind}" for kind, count in row["verdicts"].items()))
    return table


def main() -> None:
    """Measure, print the table and the cost, and fail if the bars are missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rates", default="50,100,200,300,400,500,600")
    parser.add_argument("--workers", default="1,2,4", help="generating processes")
    parser.add_argument("--duration", type=float, default=8.0, help="window of each run, in seconds")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = parser.parse_args()
    rates = [float(rate) for rate in given.rates.split(",")]
    told: list[Point] = [(int(each), rate, DELTAS) for each in given.workers.split(",") for rate in rates]
    points = [*told, *((1, rate, deltas) for rate, deltas in COST_POINTS)]
    console = Console(stderr=given.json, width=100)
    runs: dict[Point, list[Comparison]] = {point: [] for point in points}
    with Progress(console=console) as progress, tempfile.TemporaryDirectory() as folder:
        task = progress.add_task("measuring", total=len(points) * given.repeats)
        for repeat in range(given.repeats):
            for point in points:
                processes, rate, deltas = point
                run = measure(rate, given.duration, repeat + 1, Path(folder), processes, deltas)
                if run is None:
                    console.print(f"nothing was answered at {rate:g} requests a second: not counted")
                else:
                    runs[point].append(run)
                progress.advance(task)
    rows = [summary(runs[point]) for point in told if runs[point]]
    quiet = [run for point in points for run in runs[point] if run.is_quiet]
    unsaid = [asdict(run) for run in quiet if not run.is_true and run.verdict == "valid"]
    cost = fit_cost(quiet)
    if not rows:
        raise SystemExit("Not measured: the machine was too busy to answer anything.")
    if given.json:
        print(json.dumps({"rows": rows, "cost": asdict(cost) if cost else None, "unsaid": unsaid}))
    else:
        console.print(_table(rows))
        for processes in sorted({row["processes"] for row in rows}):
            console.print(_true_up_to([row for row in rows if row["processes"] == processes]))
        console.print(f"{len(unsaid)} untrue runs were called valid.")
        console.print(str(cost or "No cost: too few runs whose server was in time."))
    bar = next((row for row in rows if row["processes"] == 1 and row["rate_rps"] == BAR_RATE), None)
    if bar is not None and not bar["quiet"]:
        raise SystemExit("Not measured: the machine was busy in every run at the rate of the bar.")
    if bar is not None and bar["true"] * 2 < bar["quiet"]:
        raise SystemExit(f"Missed: at {BAR_RATE:g} requests a second the reported TTFT is not true.")


def _true_up_to(rows: list[dict[str, Any]]) -> str:
    """Where the figures of so many processes stop being true."""
    judged = [row for row in rows if row["quiet"]]
    untrue = min((row["rate_rps"] for row in judged if row["true"] * 2 < row["quiet"]), default=None)
    end = f"from {untrue:g} requests a second" if untrue else "at no rate that could be judged"
    return f"{rows[0]['processes']} generating: it stops being true {end}."


if __name__ == "__main__":
    main()
