"""One level of the load test against a bare server that knows the truth (bench/bare_server.py)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from bench.questions_file import write_questions

TTFT_S = 0.05
INTERVAL_S = 0.01
DELTAS = 64
QUIET_S = 0.005
P50_BAR_S, P99_BAR_S = 0.003, 0.010
SERVER_CORE = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run at one rate; seconds.

    Attributes:
        true_p50_s, true_p99_s: TTFT by the server's clock, of the window's requests.
        p50_s, p99_s: as reported.
        error_p99_s: p99 of (reported - true), request by request.
        lag_p99_s: p99 of the send lag.
        cpu_share: of the generating process that used most, in cores.
        cpu_sum: of all generating processes, in cores.
        processes: that generated.
        deltas: of an answer.
    """

    rate_rps: float
    true_p50_s: float
    true_p99_s: float
    p50_s: float
    p99_s: float
    error_p99_s: float
    lag_p99_s: float
    cpu_share: float
    cpu_sum: float
    verdict: str
    processes: int
    deltas: int

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
def bare_server(deltas: int) -> Iterator[str]:
    """A bare server in a process of its own, on a core of its own; gives its base URL."""
    command = [sys.executable, "-m", "bench.bare_server", "--ttft", str(TTFT_S)]
    command += ["--interval", str(INTERVAL_S), "--deltas", str(deltas)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=_pin({SERVER_CORE}))
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


def any_questions(folder: Path) -> Path:
    """That server doesn't read them."""
    return write_questions(folder / "questions.jsonl", (f"What is fact {i}?" for i in range(20)))


def _pin(cores: set[int]) -> Callable[[], None] | None:
    """Keeps a process on these cores, where they exist."""
    if not cores or max(cores) >= (os.cpu_count() or 1):
        return None
    return lambda: os.sched_setaffinity(0, cores)


def measure(
    rate_rps: float, duration_s: float, seed: int, folder: Path, processes: int = 1, deltas: int = DELTAS
) -> Comparison | None:
    """One level at one rate, compared with the truth; None if the machine was too busy to answer any of it.

    Args:
        rate_rps: requests a second.
        duration_s: of the window.
        seed: of the arrivals.
        folder: for the report and the records.
        processes: that generate; one is the command itself, more are its workers.
        deltas: of an answer.
    """
    questions = any_questions(folder)
    generator_cores = set(range(os.cpu_count() or 1)) - {SERVER_CORE}
    with bare_server(deltas) as url:
        command = [sys.executable, "-m", "loadtest", "run", "--target", url, "--rps", f"{rate_rps}"]
        command += ["--duration", f"{duration_s}", "--warmup", "2", "--drain-timeout", "10"]
        command += ["--seed", f"{seed}", "--max-tokens", f"{deltas}", "--no-html"]
        command += ["--workers", f"{processes if processes > 1 else 0}"]
        command += ["--questions", str(questions), "--out", str(folder), "--records", str(folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, preexec_fn=_pin(generator_cores), check=False
        )
        if done.returncode:
            raise SystemExit(f"loadtest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        truth = {each["id"]: each["first"] - each["read"] for each in httpx.get(url + "/truth").json()}
    report = json.loads((folder / "report.json").read_text())
    figures = report["levels"][0]["rounds"][0]
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    window = [record for record in records if record["phase"] == "window" and not record["error"]]
    if not window:
        return None
    true = np.array([truth[f"{r['run']}/{r['level']}/{r['round']}/{r['arrival']}"] for r in window])
    reported = np.array([record["deltas"][0] - record["t_sched"] for record in window])
    cpu = [each["cpu_share"] for each in figures["generators"]]
    return Comparison(
        rate_rps=rate_rps,
        true_p50_s=float(np.percentile(true, 50)),
        true_p99_s=float(np.percentile(true, 99)),
        p50_s=figures["ttft_s"]["p50"],
        p99_s=figures["ttft_s"]["p99"],
        error_p99_s=float(np.percentile(reported - true, 99)),
        lag_p99_s=figures["send_lag_p99_s"],
        cpu_share=max(cpu),
        cpu_sum=sum(cpu),
        verdict=figures["verdict"]["kind"],
        processes=processes,
        deltas=deltas,
    )
