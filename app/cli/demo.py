"""``rag-llm demo``: the whole product on this machine in a few minutes."""

import json
import os
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
from app.demo import CORPUS, QUESTIONS
from app.demo.model import provide_demo_model
from app.errors import RagLlmError
from app.settings import Architecture, Settings

REPORT_TIMEOUT_S = 30


class DemoError(RagLlmError):
    """A step of the demo failed."""


def demo(
    architecture: Annotated[Architecture | None, typer.Option("--architecture", "-a")] = None,
    rps: Annotated[str | None, typer.Option(help="Rates of the sweep, requests per second.")] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds each rate is measured.")] = None,
    warmup: Annotated[float | None, typer.Option(help="Seconds of each rate before that.")] = None,
    questions: Annotated[int | None, typer.Option(help="Shipped questions that are asked first.")] = None,
    out: Annotated[str | None, typer.Option(help="Folder of the report.")] = None,
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="Put model and index in place, no more.")
    ] = False,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Prepare the demo model and index, serve, ask, sweep, report, stop."""
    own = {"rps": rps, "duration_s": duration, "warmup_s": warmup, "questions": questions, "out": out}
    settings = gather(config, preset, assignments, {"architecture": architecture, "demo": own})
    with no_process_left():
        prepare(settings)
        if prepare_only:
            return
        with service(settings) as background:
            ask_some(settings, background.url)
            sweep(settings, background)


def prepare(settings: Settings) -> None:
    """Put the demo model and the index of the demo corpus in place, unless they are there."""
    with step("demo model"):
        provide_demo_model(Path(settings.model.path))
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


def ask_some(settings: Settings, url: str) -> None:
    """Ask questions spread over the shipped ones; show passages and answers."""
    count = settings.demo.questions
    shipped = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    keys = settings.server.api_keys
    headers = {"authorization": f"Bearer {keys[0]}"} if keys else {}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for question in shipped[:: max(1, len(shipped) // count)][:count] if count else []:
            messages.print(f"\n[bold]{question['question']}[/] [dim](expected: {question['answer']})[/]")
            show_answer(client, question["question"], max_tokens=32)


def sweep(settings: Settings, service: BackgroundService) -> None:
    """``loadtest run`` against the service.

    Raises:
        DemoError: it ended with an error; the report says what was measured.
    """
    command = [sys.executable, "-m", "loadtest", "run", "--target", service.url]
    demo = settings.demo
    command += ["--rps", demo.rps, "--duration", str(demo.duration_s), "--warmup", str(demo.warmup_s)]
    command += [
        "--questions",
        os.path.relpath(QUESTIONS),
        "--out",
        demo.out,
        "--watch-pid",
        str(service.process.pid),
    ]
    command += ["--max-tokens", str(settings.sampling.max_tokens)]
    # A key on the command line would be for every user of the machine to see.
    key = {"LOADTEST_API_KEY": settings.server.api_keys[0]} if settings.server.api_keys else {}
    load = subprocess.Popen(command, env=os.environ | key, start_new_session=True)
    try:
        status = load.wait()
    except KeyboardInterrupt:
        # It writes the report of what it has measured so far.
        load.terminate()
        load.wait(REPORT_TIMEOUT_S)
        raise
    if status:
        raise DemoError(f"the sweep ended with status {status}; its report in {demo.out} says why")
    results.print()
