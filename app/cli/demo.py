"""``rag-llm demo``: the whole product on this machine in a few minutes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.ask import show_answer
from app.cli.console import messages, results, step
from app.cli.index import build_index
from app.cli.options import Assignments, Config, Preset, gather
from app.cli.processes import no_process_left
from app.demo import CORPUS, QUESTIONS
from app.errors import RagLlmError
from app.settings import Architecture, Settings

START_TIMEOUT_S = 240
STOP_TIMEOUT_S = 30


class DemoError(RagLlmError):
    """A step of the demo failed."""


def demo(
    architecture: Annotated[Architecture | None, typer.Option("--architecture", "-a")] = None,
    rps: Annotated[str, typer.Option(help="Rates of the sweep, requests per second.")] = "2,4,8",
    duration: Annotated[float, typer.Option(help="Seconds each rate is measured.")] = 15,
    warmup: Annotated[float, typer.Option(help="Seconds of each rate before that.")] = 3,
    questions: Annotated[int, typer.Option(help="How many shipped questions are asked first.")] = 3,
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("var/reports"),
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="Make model and index, no more.")
    ] = False,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Prepare the demo model and index, serve, ask, sweep, report, stop."""
    settings = gather(config, preset, assignments, {"architecture": architecture})
    with no_process_left():
        prepare(settings)
        if prepare_only:
            return
        # The settings in force, whatever they came from, go to the service as one file.
        arguments = settings.model_dump(mode="json")
        with service(settings, arguments) as process:
            ask_some(settings, questions)
            sweep(settings, process, rps, duration, warmup, out)


def prepare(settings: Settings) -> None:
    """Make the demo model and the index of the demo corpus, unless they exist."""
    with step("demo model"):
        from app.demo.model import NOTICE, make_demo_model

        make_demo_model(Path(settings.model.path))
    messages.print(f"[yellow]{NOTICE}[/]")
    messages.print(f"index: {build_index(CORPUS, None, settings)}")


@contextmanager
def service(settings: Settings, values: dict[str, object]) -> Iterator[subprocess.Popen[bytes]]:
    """``rag-llm serve`` as a process, ready; stopped at the end.

    Raises:
        DemoError: it died, or was not ready in time; names its log.
    """
    folder = Path("var")
    settings_file, log = folder / "demo-settings.yaml", folder / "demo-service.log"
    settings_file.write_text(json.dumps(values), "utf-8")  # JSON is YAML
    with log.open("wb") as output:
        # A session of its own: Ctrl-C reaches only us, and we stop things in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--config", str(settings_file)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        with step(f"start {settings.architecture.value} ({settings.model.served_name})"):
            wait_ready(settings, process, log)
        yield process
    finally:
        with step("stop the service"):
            stop(process)


def wait_ready(settings: Settings, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when /health answers 200."""
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise DemoError(f"the service ended ({process.returncode}); the end of {log}:\n{_tail(log)}")
        try:
            if httpx.get(f"{_address(settings)}/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise DemoError(f"the service was not ready in {START_TIMEOUT_S} s; the end of {log}:\n{_tail(log)}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL for one that doesn't listen."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ask_some(settings: Settings, count: int) -> None:
    """Ask questions spread over the shipped ones; show passages and answers."""
    shipped = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    keys = settings.server.api_keys
    headers = {"authorization": f"Bearer {keys[0]}"} if keys else {}
    with httpx.Client(base_url=_address(settings), headers=headers, timeout=60) as client:
        for question in shipped[:: max(1, len(shipped) // count)][:count] if count else []:
            messages.print(f"\n[bold]{question['question']}[/] [dim](expected: {question['answer']})[/]")
            show_answer(client, question["question"], max_tokens=32)


def sweep(
    settings: Settings, process: subprocess.Popen[bytes], rps: str, duration: float, warmup: float, out: Path
) -> None:
    """``loadtest run`` against the service.

    Raises:
        DemoError: it ended with an error; the report says what was measured.
    """
    from app.demo.model import NOTICE

    command = [sys.executable, "-m", "loadtest", "run", "--target", _address(settings)]
    command += ["--rps", rps, "--duration", str(duration), "--warmup", str(warmup)]
    command += ["--questions", str(QUESTIONS), "--out", str(out), "--watch-pid", str(process.pid)]
    command += ["--max-tokens", str(settings.sampling.max_tokens), "--label", f"note={NOTICE}"]
    if settings.server.api_keys:
        command += ["--api-key", settings.server.api_keys[0]]
    load = subprocess.Popen(command, start_new_session=True)
    try:
        status = load.wait()
    except KeyboardInterrupt:
        # It writes the report of what it has measured so far.
        load.terminate()
        load.wait(STOP_TIMEOUT_S)
        raise
    if status:
        raise DemoError(f"the sweep ended with status {status}; its report in {out} says why")
    results.print()


def _address(settings: Settings) -> str:
    return f"http://{settings.server.host}:{settings.server.port}"


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
