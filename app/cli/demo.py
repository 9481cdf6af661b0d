"""``rag-llm demo``: the whole product on this machine in a few minutes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.ask import show_answer
from app.cli.background import BackgroundService
from app.cli.console import messages, results, step
from app.cli.index import build_index
from app.cli.options import Assignments, Config, Preset, gather
from app.cli.processes import no_process_left
from app.demo import CORPUS, GIBBERISH, QUESTIONS
from app.errors import RagLlmError
from app.settings import Architecture, Settings

REPORT_TIMEOUT_S = 30


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
        with service(settings) as background:
            ask_some(settings, background.url, questions)
            sweep(settings, background, rps, duration, warmup, out)


def prepare(settings: Settings) -> None:
    """Make the demo model and the index of the demo corpus, unless they exist."""
    with step("demo model"):
        from app.demo.model import make_demo_model

        make_demo_model(Path(settings.model.path))
    messages.print(f"[yellow]The answers are {GIBBERISH}. Passages, timings and the API are real.[/]")
    messages.print(f"index: {build_index(CORPUS, None, settings)}")


@contextmanager
def service(settings: Settings) -> Iterator[BackgroundService]:
    """The service, ready; stopped at the end."""
    background = BackgroundService(settings, Path("var/demo"))
    try:
        with step(f"start {settings.architecture.value} ({settings.model.served_name})"):
            background.wait_ready()
        yield background
    finally:
        with step("stop the service"):
            background.stop()


def ask_some(settings: Settings, url: str, count: int) -> None:
    """Ask questions spread over the shipped ones; show passages and answers."""
    shipped = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    keys = settings.server.api_keys
    headers = {"authorization": f"Bearer {keys[0]}"} if keys else {}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for question in shipped[:: max(1, len(shipped) // count)][:count] if count else []:
            messages.print(f"\n[bold]{question['question']}[/] [dim](expected: {question['answer']})[/]")
            show_answer(client, question["question"], max_tokens=32)


def sweep(
    settings: Settings, service: BackgroundService, rps: str, duration: float, warmup: float, out: Path
) -> None:
    """``loadtest run`` against the service.

    Raises:
        DemoError: it ended with an error; the report says what was measured.
    """
    command = [sys.executable, "-m", "loadtest", "run", "--target", service.url]
    command += ["--rps", rps, "--duration", str(duration), "--warmup", str(warmup)]
    command += ["--questions", str(QUESTIONS), "--out", str(out), "--watch-pid", str(service.process.pid)]
    command += ["--max-tokens", str(settings.sampling.max_tokens), "--label", f"answers={GIBBERISH}"]
    if settings.server.api_keys:
        command += ["--api-key", settings.server.api_keys[0]]
    load = subprocess.Popen(command, start_new_session=True)
    try:
        status = load.wait()
    except KeyboardInterrupt:
        # It writes the report of what it has measured so far.
        load.terminate()
        load.wait(REPORT_TIMEOUT_S)
        raise
    if status:
        raise DemoError(f"the sweep ended with status {status}; its report in {out} says why")
    results.print()
