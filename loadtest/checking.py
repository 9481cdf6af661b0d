"""`loadtest quality`: ask every question in every mode, score, print and keep, whatever happens meanwhile."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from rich.console import Console

from loadtest.bar import counted
from loadtest.errors import SettingsError, TargetError
from loadtest.generate import probe
from loadtest.plan.questions import Question, read_questions, require_answers
from loadtest.plan.spread import spread_evenly
from loadtest.quality.ask import ask_question, left_out, possible_modes
from loadtest.quality.figures import group_scores
from loadtest.quality.interview import Interview
from loadtest.quality.require import judge, wrong_requirement
from loadtest.quality.server import QualityServer
from loadtest.quality_settings import QualitySettings
from loadtest.report.quality_file import save_quality
from loadtest.report.quality_table import print_quality
from loadtest.schema.quality import Quality, ScoredAnswer
from loadtest.stop_signals import StopSignals


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

    interview = Interview(ask, chosen)
    with (
        counted(console, f"questions, each in {len(modes)} modes", len(chosen)) as done,
        StopSignals(interview.stop) as signals,
    ):
        interview.run(settings.concurrency, done)
    server.close()
    architecture = environment.get("architecture")
    answers = interview.answers()
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
        complete=not interview.reasons,
        incomplete_reasons=interview.reasons,
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
