"""`make bench-generator`: is what the load test reports true, and up to which rate?

A bare server with exact timing (bench/bare_server.py) streams 64 deltas, the first 50 ms after the
request, and keeps the truth of what it sent. The generator runs on one core, the server on another. For
each rate the reported TTFT is compared with the server's own: the bars are 3 ms at the median and 10 ms
at p99, at 100 requests a second. The rates above tell where it stops being true, and whether the verdict
of the report says so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

TTFT_S = 0.05
INTERVAL_S = 0.01
DELTAS = 64
QUIET_S = 0.005
P50_BAR_S, P99_BAR_S, BAR_RATE = 0.003, 0.010, 100.0
GENERATOR_CORE, SERVER_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run at one rate; seconds.

    Attributes:
        true_p50_s, true_p99_s: TTFT by the server's clock, of the window's requests.
        p50_s, p99_s: as reported.
        error_p99_s: p99 of (reported - true), request by request.
        lag_p99_s: p99 of the send lag.
        cpu_share: of the generator, in cores.
    """

    rate_rps: float
    true_p50_s: float
    true_p99_s: float
    p50_s: float
    p99_s: float
    error_p99_s: float
    lag_p99_s: float
    cpu_share: float
    verdict: str

    @property
    def is_quiet(self) -> bool:
        """Whether the server itself was in time: else the machine was busy, and the run shows only that.

        A request that waits unread while the server is held up is in the report and not in the truth.
        """
        return self.true_p99_s - TTFT_S <= QUIET_S

    @property
    def is_true(self) -> bool:
        """Whether both percentiles are inside their bars."""
        return (
            abs(self.p50_s - self.true_p50_s) <= P50_BAR_S and abs(self.p99_s - self.true_p99_s) <= P99_BAR_S
        )


@contextmanager
def bare_server(core: int | None = None, *options: str) -> Iterator[tuple[str, int]]:
    """A bare server in a process of its own: its base URL and pid."""
    command = [sys.executable, "-m", "bench.bare_server", "--ttft", str(TTFT_S)]
    command += ["--interval", str(INTERVAL_S), "--deltas", str(DELTAS), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=_pin(core))
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
    finally:
        process.terminate()
        process.wait()


def _pin(core: int | None) -> Any:
    if core is None or core >= (os.cpu_count() or 1):
        return None
    return lambda: os.sched_setaffinity(0, {core})


def measure(rate_rps: float, duration_s: float, seed: int, folder: Path) -> Comparison:
    """One level at one rate, compared with the truth."""
    questions = folder / "questions.jsonl"
    questions.write_text("".join(f'{{"question": "What is fact {i}?"}}\n' for i in range(20)))
    with bare_server(SERVER_CORE) as (url, _):
        command = [sys.executable, "-m", "loadtest", "run", "--target", url, "--rps", str(rate_rps)]
        command += [
            "--duration",
            str(duration_s),
            "--drain-timeout",
            "10",
            "--warmup",
            "2",
            "--seed",
            str(seed),
            "--no-html",
        ]
        command += ["--questions", str(questions), "--out", str(folder), "--records", str(folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, preexec_fn=_pin(GENERATOR_CORE), check=False
        )
        if done.returncode:
            raise SystemExit(f"loadtest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        truth = {each["id"]: each["first"] - each["read"] for each in httpx.get(url + "/truth").json()}
    report = json.loads((folder / "report.json").read_text())
    figures = report["levels"][0]["rounds"][0]
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    window = [record for record in records if record["phase"] == "window" and not record["error"]]
    true = np.array([truth[f"{r['run']}/{r['level']}/{r['round']}/{r['arrival']}"] for r in window])
    reported = np.array([record["deltas"][0] - record["t_sched"] for record in window])
    return Comparison(
        rate_rps=rate_rps,
        true_p50_s=float(np.percentile(true, 50)),
        true_p99_s=float(np.percentile(true, 99)),
        p50_s=figures["ttft_s"]["p50"],
        p99_s=figures["ttft_s"]["p99"],
        error_p99_s=float(np.percentile(reported - true, 99)),
        lag_p99_s=figures["send_lag_p99_s"],
        cpu_share=max(each["cpu_share"] for each in figures["generators"]),
        verdict=figures["verdict"]["kind"],
    )


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
    row: dict[str, Any] = {"rate_rps": runs[0].rate_rps, "runs": len(runs)}
    for name, values in seconds.items():
        spread = {"median": median(values), "min": min(values), "max": max(values)}
        row[name] = {key: round(value * 1e3, 3) for key, value in spread.items()}
    row["cpu_share"] = round(median(run.cpu_share for run in runs), 3)
    row["quiet"] = sum(run.is_quiet for run in runs)
    row["true"] = sum(run.is_true for run in runs if run.is_quiet)
    row["verdicts"] = dict(Counter(run.verdict for run in runs))
    return row


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title=f"TTFT as reported and in truth, {DELTAS} deltas: medians of {rows[0]['runs']} runs, in ms",
        caption="off: reported - true, smallest to largest. quiet: runs whose server was itself in time.",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    for name in (
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
        cells = [f"{row['rate_rps']:g}"]
        for at in ("p50", "p99"):
            off = row[f"{at}_off_ms"]
            cells += [f"{row[f'true_{at}_ms']['median']:.1f}", f"{row[f'{at}_ms']['median']:.1f}"]
            cells.append(f"{off['median']:.1f}\n{off['min']:.1f}..{off['max']:.1f}")
        cells += [f"{row['lag_p99_ms']['median']:.1f}", f"{row['cpu_share']:.0%}"]
        cells += [f"{row['quiet']}/{row['runs']}", f"{row['true']}/{row['quiet']}"]
        table.add_row(*cells, "\n".join(f"{count} {kind}" for kind, count in row["verdicts"].items()))
    return table


def main() -> None:
    """Measure, print the table, and fail if the bars are missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rates", default="50,100,200,300,400,500,600")
    parser.add_argument("--duration", type=float, default=8.0, help="window of each run, in seconds")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = parser.parse_args()
    rates = [float(rate) for rate in given.rates.split(",")]
    console = Console(stderr=given.json)
    runs: dict[float, list[Comparison]] = {rate: [] for rate in rates}
    with Progress(console=console) as progress, tempfile.TemporaryDirectory() as folder:
        task = progress.add_task("measuring", total=len(rates) * given.repeats)
        for repeat in range(given.repeats):
            for rate in rates:
                runs[rate].append(measure(rate, given.duration, repeat + 1, Path(folder)))
                progress.advance(task)
    rows = [summary(runs[rate]) for rate in rates]
    judged = [row for row in rows if row["quiet"]]
    untrue = min((row["rate_rps"] for row in judged if row["true"] * 2 < row["quiet"]), default=None)
    quiet = [run for rate in rates for run in runs[rate] if run.is_quiet]
    unsaid = [asdict(run) for run in quiet if not run.is_true and run.verdict == "valid"]
    if given.json:
        print(json.dumps({"rows": rows, "untrue_from_rps": untrue, "unsaid": unsaid}))
    else:
        console.print(_table(rows))
        end = f"from {untrue:g} requests a second" if untrue else "at none of these rates"
        console.print(f"It stops being true {end}; {len(unsaid)} untrue runs were called valid.")
    bar = next((row for row in rows if row["rate_rps"] == BAR_RATE), None)
    if bar is not None and not bar["quiet"]:
        raise SystemExit("Not measured: the machine was busy in every run at the rate of the bar.")
    if bar is not None and bar["true"] * 2 < bar["quiet"]:
        raise SystemExit(f"Missed: at {BAR_RATE:g} requests a second the reported TTFT is not true.")


if __name__ == "__main__":
    main()
