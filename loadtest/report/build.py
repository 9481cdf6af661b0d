"""A report from what a sweep brought."""

import os
import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from loadtest import __version__
from loadtest.figures.knee import knee_search
from loadtest.figures.level import round_figures
from loadtest.figures.rounds import knee_rps, level_figures
from loadtest.generate.result import LevelResult, SweepResult
from loadtest.generate.search import Search
from loadtest.plan.questions import Question
from loadtest.schema import Environment, LevelFigures, ProcessMemory, Report, RoundFigures
from loadtest.schema.answers import Answers
from loadtest.schema.knee import KneeSearch
from loadtest.schema.observed import Observed
from loadtest.settings import RunSettings


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run before its first level."""

    run: str
    started_at: datetime
    settings: RunSettings
    model: str
    server: dict[str, Any]
    warnings: tuple[str, ...] = ()
    answers: Answers | None = None
    questions: Mapping[str, Question] = field(default_factory=dict)


class ReportBuilder:
    """Builds the report of a run, again after each level; a level is reduced only once."""

    def __init__(self, facts: RunFacts, search: Search | None = None) -> None:
        """Start with no level; `search` decides the rates, if this is one."""
        self._facts, self._search = facts, search
        self._rounds: dict[float, list[RoundFigures]] = defaultdict(list)
        self._seen = 0

    def add(self, results: Sequence[LevelResult]) -> None:
        """Reduce the levels that were not seen yet; `results` are all of the sweep so far."""
        for result in results[self._seen :]:
            figures = round_figures(result, self._facts.settings.slo, self._facts.questions)
            self._rounds[result.level.rate_rps].append(figures)
            self._seen += 1

    def rounds(self, rate_rps: float) -> Sequence[RoundFigures]:
        """The rounds of a rate so far."""
        return self._rounds.get(rate_rps, [])

    def forget(self, rate_rps: float) -> None:
        """Leave out what was measured at a rate: it is measured anew."""
        self._rounds.pop(rate_rps, None)

    def report(
        self,
        incomplete_reasons: Sequence[str],
        processes: Sequence[ProcessMemory],
        observed: Observed | None = None,
    ) -> Report:
        """The report of all levels so far; complete if there is no reason against it."""
        facts = self._facts
        settings = facts.settings
        levels = [level_figures(rate, rounds) for rate, rounds in sorted(self._rounds.items())]
        return Report(
            schema_version=3,
            run=facts.run,
            started_at=facts.started_at.isoformat(timespec="seconds"),
            ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
            complete=not incomplete_reasons,
            incomplete_reasons=list(incomplete_reasons),
            plan=settings.model_dump(mode="json", exclude={"api_key"}),
            model=facts.model,
            environment=Environment(
                loadtest=__version__,
                locust=version("locust"),
                python=platform.python_version(),
                platform=platform.platform(),
                cpu_count=os.cpu_count() or 1,
                workers=settings.workers or settings.expect_workers,
                server=facts.server,
            ),
            levels=levels,
            knee_rps=knee_rps(levels, settings.slo),
            processes=list(processes),
            server=observed,
            warnings=list(facts.warnings),
            answers=facts.answers,
            knee=self._knee(levels),
        )

    def _knee(self, levels: Sequence[LevelFigures]) -> KneeSearch | None:
        if self._search is None:
            return None
        by_rate = {level.rate_rps: level for level in levels}
        return knee_search(self._search, by_rate, self._facts.settings.slo)


def reasons_of(result: SweepResult, planned: int | None) -> list[str]:
    """Why a sweep is incomplete; empty if it is complete.

    Args:
        result: of the sweep.
        planned: number of levels times rounds; None if nobody knew.
    """
    if not result.reasons:
        return []
    whole = sum(level.stopped_at_s is None for level in result.levels)
    number = f"{whole} of {planned}" if planned is not None else str(whole)
    return [*result.reasons, f"{number} level repeats were measured whole"]
