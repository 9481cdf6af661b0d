"""The two tools of the cross-check, each as a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from bench.crosscheck_figures import Measured, of_loadtest, of_vllm
from loadtest.plan.level import arrivals_of, level_at
from loadtest.plan.questions import read_questions
from loadtest.report.file import load_report
from loadtest.settings import RunSettings

FOLDER = Path("var/bench/crosscheck")
# How long the load is held after the window: longer than a request takes.
HOLD_S = 4.0


def by_loadtest(run: RunSettings) -> Measured:
    """One level by `loadtest run`, in a process of its own."""
    out = FOLDER / "loadtest"
    command = [sys.executable, "-m", "loadtest", "run", "--target", run.target, "--rps", f"{run.rps[0]}"]
    command += ["--duration", f"{run.duration}", "--warmup", f"{run.warmup}", "--seed", f"{run.seed}"]
    command += ["--questions", str(run.questions), "--max-tokens", f"{run.max_tokens}", "--ignore-eos"]
    command += ["--no-html", "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return of_loadtest(load_report(out / "report.json").levels[0].rounds[0])


def by_vllm(run: RunSettings, model: str) -> Measured:
    """The same arrivals by vLLM's client, in a process of its own."""
    level = level_at(run, 0, run.rps[0], 1)
    arrivals = arrivals_of(level, len(questions := read_questions(run.questions)))
    times = arrivals.times_s[arrivals.times_s < level.window_end_s + HOLD_S].tolist()
    requests, out = FOLDER / "requests.jsonl", FOLDER / "vllm.json"
    with requests.open("w", encoding="utf-8") as file:
        for time_s, question in zip(times, arrivals.questions.tolist(), strict=False):
            line = {"prompt": questions[question].text, "timestamp": time_s, "tokens": run.max_tokens}
            file.write(json.dumps(line) + "\n")
    body = {"temperature": 0, "seed": run.seed, "timings": True}
    command = [sys.executable, "-m", "bench.vllm_client", "--url", run.target, "--model", model]
    command += ["--requests", str(requests), "--body", json.dumps(body), "--nice", f"{run.nice}"]
    command += ["--out", str(out)]
    with (FOLDER / "vllm.log").open("wb") as log:
        subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT)
    return of_vllm(json.loads(out.read_text("utf-8")), times, level.warmup_s, level.window_end_s)
