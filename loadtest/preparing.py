"""Before the load: everything that can be wrong is found here, before Locust is even imported."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loadtest.client.request import RequestShape, shape_of
from loadtest.errors import SettingsError
from loadtest.generate import probe
from loadtest.memory import missing_pids
from loadtest.plan.questions import Question, read_questions
from loadtest.report.build import RunFacts
from loadtest.settings import RunSettings


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run whose target has answered.

    Attributes:
        facts: of the report.
        questions: that can be asked.
        shape: of the requests.
        api_key: bearer token, if any.
        folder: of the report.
    """

    facts: RunFacts
    questions: list[Question]
    shape: RequestShape
    api_key: str | None
    folder: Path


def prepare(settings: RunSettings) -> Prepared:
    """Read the questions and ask the target once.

    Raises:
        LoadtestError: a setting, the questions file or the target is wrong.
    """
    missing = missing_pids(settings.watch_pid)
    if missing:
        raise SettingsError(f"watch_pid = {missing[0]} is wrong: there is no such process.")
    questions = read_questions(settings.questions)
    api_key = settings.api_key.get_secret_value() if settings.api_key else None
    model = probe.ask_model(settings.target, api_key, settings.model)
    shape = shape_of(settings, model)
    probe.ask_once(shape, questions[0], api_key)
    server = probe.ask_environment(settings.target, api_key)
    now = datetime.now(UTC)
    run = settings.run or f"{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
    return Prepared(
        facts=RunFacts(run, now, settings, model, server),
        questions=questions,
        shape=shape,
        api_key=api_key,
        folder=settings.out or Path("var/reports") / run,
    )
