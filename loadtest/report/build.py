"""A report from what a sweep brought."""

import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from loadtest import __version__
from loadtest.figures.level import round_figures
from loadtest.figures.rounds import knee_rps, level_figures
from loadtest.generate.result import LevelResult, SweepResult
from loadtest.schema import Environment, ProcessMemory, Report, RoundFigures
from loadtest.schema.answers import Answers
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


class ReportBuilder:
    """Builds the report of a run, again after each level; a level is reduced only once."""

    def __init__(self, facts: RunFacts) -> None:
        """Start with no level."""
        self._facts = facts
        self._rounds: dict[float, list[RoundFigures]] = defaultdict(list)
        self._seen = 0

    def add(self, results: Sequence[LevelResult]) -> None:
        """Reduce the levels that were not seen yet; `results` are all of the sweep so far."""
        for result in results[self._seen :]:
            figures = round_figures(result, self._facts.settings.slo)
            self._rounds[result.level.rate_rps].append(figures)
            self._seen += 1

    def report(
        self,
        incomplete_reasons: Sequence[str],
        processes: Sequence[ProcessMemory],
        observed: Observed | None = None,
    ) -> Report:
        """The report of all levels so far; complete if there is no reason against it."""
        facts = self._facts
        settings = facts.settings
        levels = [level_figures(rate, rounds) for rate, rounds in self._rounds.items()]
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
        )


def reasons_of(result: SweepResult, planned: int) -> list[str]:
    """Why a sweep is incomplete; empty if it is complete.

    Args:
        result: of the sweep.
        planned: number of levels times rounds.
    """
    if not result.reasons:
        return []
    whole = sum(level.stopped_at_s is None for level in result.levels)
    return [*result.reasons, f"{whole} of {planned} level repeats were measured whole"]
