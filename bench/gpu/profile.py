"""Where the CPU time of a server's processes goes: py-spy's samples, sorted by whose code they are in."""

import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import psutil

from bench.servers import part_of

SECONDS = 6
SAMPLES_PER_S = 200
STOP_S = 30
PROFILED = ("replica", "preparing", "API server", "engine core")
WORK = {
    "detokenizer": "detokenizing",
    "app/rag/pieces": "tokenizing",
    "tokeniz": "tokenizing",
    "app/retrieval": "retrieval",
    "sentence_transformers": "retrieval",
    "transformers/models": "retrieval",
    "faiss": "retrieval",
    "app/rag": "preparing",
    "uvicorn": "HTTP",
    "httptools": "HTTP",
    "starlette": "HTTP",
    "fastapi": "HTTP",
    "vllm/entrypoints": "HTTP",
    "app/api": "HTTP",
    "app/engines": "engine's outputs",
    "vllm/v1/engine/core.py": "engine core's loop",
    "vllm/v1/core": "scheduling",
    "vllm/v1/worker": "model runner",
    "vllm/v1/executor": "model runner",
    "vllm/v1/engine": "engine's outputs",
    "vllm/v1/serial_utils": "engine's outputs",
    "zmq": "engine's outputs",
    "msgspec": "engine's outputs",
    "vllm": "vLLM, other",
    "ray/": "Ray",
    "asyncio": "event loop",
    "uvloop": "event loop",
}
"""What a frame belongs to, by the first of these in its file; the innermost frame that has one decides."""


def profile(folder: Path) -> None:
    """Sample all of the server's processes at once; leaves a file of stacks for each.

    Nothing if py-spy isn't there, or may not look.
    """
    tool = shutil.which("py-spy") or Path(psutil.__file__).parents[1] / "bin/py-spy"
    if not Path(tool).is_file():
        return
    Path(tool).chmod(0o755)
    found: Counter[str] = Counter()
    running: list[subprocess.Popen[bytes]] = []
    for process in psutil.Process().children(recursive=True):
        try:
            part = part_of(process)
        except psutil.NoSuchProcess:
            continue
        if part not in PROFILED:
            continue
        found[part] += 1
        path = folder / f"stacks-{part.replace(' ', '-')}-{found[part]}.txt"
        command = [
            str(tool),
            "record",
            "--pid",
            str(process.pid),
            "--duration",
            str(SECONDS),
            "--nonblocking",
        ]
        command += ["--rate", str(SAMPLES_PER_S), "--format", "raw", "--output", str(path)]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    until = time.monotonic() + SECONDS + STOP_S
    for each in running:
        try:
            each.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            each.kill()


def work_of(path: Path) -> dict[str, float]:
    """Shares of a core that a process spent on each kind of work, largest first.

    Args:
        path: of its stacks: `outermost;…;innermost count` a line.
    """
    samples: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        samples[_kind(stack.split(";"))] += int(count)
    return {kind: count / (SECONDS * SAMPLES_PER_S) for kind, count in samples.most_common()}


def _kind(stack: list[str]) -> str:
    for frame in reversed(stack):
        for word, kind in WORK.items():
            if word in frame:
                return kind
    return "other"


def ledger(folder: Path, rate_rps: float, tokens: int) -> list[str]:
    """A Markdown table: of each process and work, the share of a core, per request and per output token.

    Args:
        folder: with the stacks.
        rate_rps: requests a second meanwhile.
        tokens: of each answer.
    """
    lines = ["| process | work | share of a core | µs a request | µs a token |", "|---|---|---:|---:|---:|"]
    for path in sorted(folder.glob("stacks-*.txt")):
        name = path.stem.removeprefix("stacks-").rsplit("-", 1)[0].replace("-", " ")
        for kind, share in work_of(path).items():
            each = share / rate_rps * 1e6
            lines.append(f"| {name} | {kind} | {share:.1%} | {each:.0f} | {each / tokens:.1f} |")
    return lines
