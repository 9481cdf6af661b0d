"""The servers that benchmarks compare: ours, and plain ``vllm serve`` with the same engine arguments."""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from app.cli.background import BackgroundService, answers
from app.cli.processes import end_descendants
from app.settings import Settings

UNIPROC = "vllm.v1.executor.uniproc_executor.UniProcExecutor"
START_S = 300
STOP_S = 30
PARTS = {
    "EngineCore": "engine core",
    "ServeReplica": "replica",
    "haproxy": "HAProxy",
    "APIServer": "API server",
    "vllm-rs": "API server",
    "api_server": "API server",
    "vllm.entrypoints": "API server",
    "preparing_child": "preparing",
    "loadtest": "load test",
    "ray": "Ray's own",
}
"""What a process is, by a word of its command line; the first that is in it counts."""
LEAST = 0.005
"""Of a core; less isn't listed."""


@contextmanager
def ours(settings: Settings, folder: Path, more: Mapping[str, str] | None = None) -> Iterator[str]:
    """Our service; gives its address.

    Args:
        settings: all of them.
        folder: for its log.
        more: variables of its environment.
    """
    service = BackgroundService(settings, folder, more)
    try:
        service.wait_ready()
        yield service.url
    finally:
        service.stop()


@contextmanager
def plain(
    settings: Settings, folder: Path, options: Sequence[str] = (), more: Mapping[str, str] | None = None
) -> Iterator[str]:
    """``vllm serve`` with the engine arguments of the settings; gives its address.

    Args:
        settings: sections model, engine and server.
        folder: for its log.
        options: more of its command line.
        more: variables of its environment.
    """
    import torch

    cpu = not torch.cuda.is_available()
    level = os.environ.get("VLLM_LOGGING_LEVEL", "WARNING")
    environment = {"VLLM_LOGGING_LEVEL": level, "VLLM_NO_USAGE_STATS": "1", "VLLM_SERVER_DEV_MODE": "1"}
    command = _command(settings, cpu=cpu)
    if cpu:
        # Its default executor for CPUs has a worker process spin beside the engine core, and on two cores
        # that is what one would measure.
        command += ["--enforce-eager", "--distributed-executor-backend", UNIPROC]
        environment |= {
            "OMP_NUM_THREADS": str(settings.engine.threads),
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "VLLM_CPU_KVCACHE_SPACE": str(settings.engine.cpu_kv_cache_gib),
        }
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            env=os.environ | environment | dict(more or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://{settings.server.host}:{settings.server.port}"
        until = time.monotonic() + START_S
        while not answers(url):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"vllm serve did not start; see {log}")
            time.sleep(0.5)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        end_descendants()


def _command(settings: Settings, *, cpu: bool) -> list[str]:
    engine, model, server = settings.engine, settings.model, settings.server
    # On the CPU the command `vllm` asks for a package of that name, which the CPU build is not; this is
    # what it runs.
    module = (
        ["vllm.entrypoints.openai.api_server", "--model"] if cpu else ["vllm.entrypoints.cli.main", "serve"]
    )
    limits = {
        "--max-model-len": engine.max_model_len,
        "--max-num-seqs": engine.max_num_seqs,
        "--max-num-batched-tokens": engine.max_num_batched_tokens,
        "--gpu-memory-utilization": None if cpu else engine.gpu_memory_utilization,
        "--kv-cache-dtype": engine.kv_cache_dtype,
        "--served-model-name": model.served_name,
        "--dtype": model.dtype,
        "--host": server.host,
        "--port": server.port,
    }
    command = [sys.executable, "-m", *module, model.path, "--enable-prefix-caching"]
    command += ["--disable-uvicorn-access-log"]
    for option, value in limits.items():
        command += [option, str(value)] if value is not None else []
    return command


def part_of(process: psutil.Process) -> str:
    """What a process is.

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    line = " ".join(process.cmdline())
    return next((label for word, label in PARTS.items() if word in line), "other")


def cpu_seconds() -> dict[str, float]:
    """CPU time of this command's descendants so far, by what they are."""
    used: defaultdict[str, float] = defaultdict(float)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used[part_of(process)] += times.user + times.system
    return dict(used)


def shares_of(before: Mapping[str, float], after: Mapping[str, float], elapsed_s: float) -> dict[str, float]:
    """Shares of a core between two readings of ``cpu_seconds``: 1.0 is one whole core."""
    spent = {part: (used - before.get(part, 0.0)) / elapsed_s for part, used in after.items()}
    return {part: share for part, share in sorted(spent.items()) if share >= LEAST}


class CpuShares:
    """What shares of a core the descendants of this command use, from its making on."""

    def __init__(self) -> None:
        self._before, self._began_s = cpu_seconds(), time.monotonic()

    def shares(self) -> dict[str, float]:
        """Until now, by what they are: 1.0 is one whole core."""
        return shares_of(self._before, cpu_seconds(), time.monotonic() - self._began_s)
