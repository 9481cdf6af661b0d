"""Before the load: everything that can be wrong is found here, before Locust is even imported."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtest.bar import counted
from loadtest.client.request import RequestShape, shape_of
from loadtest.errors import SettingsError, TargetError
from loadtest.figures.quality import sample_scores
from loadtest.generate import prefix_cache, probe
from loadtest.generate.sample import ask_sample
from loadtest.memory import missing_pids
from loadtest.plan.capacity import capacity_warning
from loadtest.plan.questions import Question, read_questions, require_answers
from loadtest.plan.spread import spread_evenly
from loadtest.report.build import RunFacts
from loadtest.schema.answers import Answers
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
        reset_caches: empties the prefix caches of the target; None if that was not asked for.
    """

    facts: RunFacts
    questions: list[Question]
    shape: RequestShape
    api_key: str | None
    folder: Path
    reset_caches: Callable[[], prefix_cache.CacheReset] | None


def prepare(settings: RunSettings, console: Console) -> Prepared:
    """Read the questions, ask the target once, and take the sample of answers if one is wanted.

    Args:
        settings: of the run.
        console: for warnings and the sample's progress.

    Raises:
        LoadtestError: a setting, the questions file or the target is wrong.
    """
    missing = missing_pids(settings.watch_pid)
    if missing:
        raise SettingsError(f"watch_pid = {missing[0]} is wrong: there is no such process.")
    questions = read_questions(settings.questions)
    if settings.quality:
        require_answers(questions, settings.questions)
    api_key = settings.api_key.get_secret_value() if settings.api_key else None
    model = probe.ask_model(settings.target, api_key, settings.model)
    server = probe.ask_environment(settings.target, api_key)
    shape = shape_of(settings, model, probe.extensions(server))
    probe.ask_once(shape, questions[0], api_key)
    reset_caches = _cache_reset(settings, server, api_key) if settings.reset_cache else None
    now = datetime.now(UTC)
    run = settings.run or f"{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
    generators = settings.workers or settings.expect_workers or 1
    warning = capacity_warning(settings.peak_rps, settings.max_tokens, generators)
    if warning:
        console.print(f"[yellow]Warning:[/yellow] {warning}.", highlight=False, soft_wrap=True)
    return Prepared(
        facts=RunFacts(
            run,
            now,
            settings,
            model,
            server,
            warnings=(warning,) if warning else (),
            answers=_sample(settings.sample, shape, questions, api_key, console) if settings.sample else None,
            questions={question.id: question for question in questions},
        ),
        questions=questions,
        shape=shape,
        api_key=api_key,
        folder=settings.out or Path("var/reports") / run,
        reset_caches=reset_caches,
    )


def _cache_reset(
    settings: RunSettings, server: dict[str, Any], api_key: str | None
) -> Callable[[], prefix_cache.CacheReset]:
    if prefix_cache.EXTENSION not in probe.extensions(server):
        if prefix_cache.offers_vllm_reset(settings.target, api_key):
            return partial(prefix_cache.reset_vllm_cache, settings.target, api_key)
        raise TargetError(
            f"{settings.target} doesn't offer to empty its prefix cache, as reset_cache wants: set "
            "server.allow_cache_reset there (for `vllm serve`: VLLM_SERVER_DEV_MODE=1), or leave "
            "--reset-cache away."
        )
    replicas = server.get("replicas")
    count = replicas if isinstance(replicas, int) and replicas > 0 else 1
    return partial(prefix_cache.reset_prefix_caches, settings.target, api_key, count)


def _sample(
    count: int, shape: RequestShape, questions: list[Question], api_key: str | None, console: Console
) -> Answers:
    """Ask with the progress shown; scored as far as the questions have answers."""
    chosen = spread_evenly(questions, count)
    with counted(console, "sample of answers", len(chosen)) as on_answer:
        answers = ask_sample(shape, chosen, api_key, on_answer)
    return answers.model_copy(update={"scores": sample_scores(answers, chosen)})
