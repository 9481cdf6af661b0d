"""`loadtest quality`: ask every question in every mode, score, print and keep, whatever happens meanwhile."""

import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import FrameType, TracebackType

from gevent.pool import Pool
from rich.console import Console

from loadtest.bar import counted
from loadtest.errors import SettingsError, TargetError
from loadtest.generate import probe
from loadtest.generate.sample import spread_evenly
from loadtest.plan.questions import Question, read_questions, require_answers
from loadtest.quality.ask import ask_question, left_out, possible_modes
from loadtest.quality.figures import group_scores
from loadtest.quality.require import judge, wrong_requirement
from loadtest.quality.server import QualityServer
from loadtest.quality_settings import QualitySettings
from loadtest.report.quality_file import save_quality
from loadtest.report.quality_table import print_quality
from loadtest.schema.quality import Quality, ScoredAnswer
from loadtest.setting_types import Mode


def check(settings: QualitySettings, console: Console) -> tuple[Quality, int]:
    """Check a target and keep what came of it.

    Args:
        settings: of the check.
        console: for its progress and its table.

    Returns:
        The check, and the number of the signal that stopped it (or 0).

    Raises:
        LoadtestError: a setting, the questions file or the target is wrong, found before the first question.
    """
    for text in settings.require:
        if wrong := wrong_requirement(text):
            raise SettingsError(f"require = {text!r} is wrong: {wrong}.")
        if text.partition(".")[0] not in settings.modes:
            raise SettingsError(
                f"require = {text!r} is wrong: its mode is none of modes = {','.join(settings.modes)}."
            )
    questions = read_questions(settings.questions)
    chosen = spread_evenly(questions, settings.count or len(questions))
    require_answers(chosen, settings.questions)
    api_key = settings.api_key.get_secret_value() if settings.api_key else None
    model = probe.ask_model(settings.target, api_key, settings.model)
    environment = probe.ask_environment(settings.target, api_key)
    server = QualityServer(
        settings.target,
        model,
        environment,
        api_key=api_key,
        max_tokens=settings.max_tokens,
        timeout_s=settings.timeout,
    )
    modes, remarks = possible_modes(settings.modes, server)
    if not modes:
        raise TargetError(f"{settings.target} can be asked in none of these modes. {' '.join(remarks)}")
    system = settings.system_prompt or server.system_prompt
    begun = datetime.now(UTC)

    def ask(question: Question) -> list[ScoredAnswer]:
        return ask_question(server, question, modes, system, settings.passages)

    with StopSignals() as signals:
        answers, reasons = _ask_all(ask, chosen, settings.concurrency, modes, console, signals)
    server.close()
    architecture = environment.get("architecture")
    figures = group_scores(answers)
    quality = Quality(
        schema_version=1,
        kind="quality",
        name=settings.name or str(architecture or settings.target),
        target=settings.target,
        model=model,
        architecture=str(architecture) if architecture else None,
        started_at=begun.isoformat(timespec="seconds"),
        ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
        complete=not reasons,
        incomplete_reasons=reasons,
        plan=settings.model_dump(mode="json", exclude={"api_key"}),
        questions_sha256=sha256(settings.questions.read_bytes()).hexdigest(),
        asked=len({answer.question for answer in answers}),
        top_k=(settings.passages or server.top_k) if server.retrieves else None,
        system_prompt=system,
        server=environment,
        remarks=[*remarks, *left_out(modes, chosen, answers)],
        figures=figures,
        requirements=judge(settings.require, figures),
        answers=answers,
    )
    folder = settings.out or Path("var/reports") / f"quality-{begun:%Y%m%d-%H%M%S}"
    print_quality(quality, console)
    console.print(f"Report: {save_quality(quality, folder)}", highlight=False, soft_wrap=True)
    return quality, signals.received


def _ask_all(
    ask: Callable[[Question], list[ScoredAnswer]],
    questions: Sequence[Question],
    concurrency: int,
    modes: Sequence[Mode],
    console: Console,
    signals: "StopSignals",
) -> tuple[list[ScoredAnswer], list[str]]:
    """All answers in the order of the questions, and why some are missing."""

    def caught(question: Question) -> list[ScoredAnswer] | TargetError:
        # A greenlet that raises prints its traceback.
        try:
            return ask(question)
        except TargetError as error:
            return error

    answers: list[ScoredAnswer] = []
    reasons: list[str] = []
    pool = Pool(concurrency)
    asked = 0
    try:
        with counted(console, f"questions, each in {len(modes)} modes", len(questions)) as done:
            for said in pool.imap(caught, questions, maxsize=concurrency):
                if isinstance(said, TargetError):
                    reasons.append(str(said).rstrip("."))
                    break
                answers += said
                asked += 1
                done(asked)
    except KeyboardInterrupt:
        reasons.append(f"stopped by {signal.Signals(signals.received).name}")
    finally:
        pool.kill()
    if reasons:
        reasons.append(f"{asked} of {len(questions)} questions were asked")
    return answers, reasons


class StopSignals:
    """SIGINT and SIGTERM end the questions; what was answered is kept. A second signal ends the process."""

    def __init__(self) -> None:
        """Signals are taken inside the `with` block."""
        self.received = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "StopSignals":
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _take(self, number: int, _: FrameType | None) -> None:
        if self.received:
            raise SystemExit(128 + number)
        self.received = number
        raise KeyboardInterrupt
