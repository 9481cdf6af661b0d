"""Sides on the same questions, arrivals and model: the four figures of each, and the changes."""

from collections.abc import Mapping, Sequence

from loadtest.errors import ReportError
from loadtest.experiments.doubts import doubts
from loadtest.experiments.intervals import change, interval
from loadtest.experiments.parity import parity
from loadtest.experiments.worse_answers import worse_answers
from loadtest.figures.pairs import paired_rounds, same_arrivals
from loadtest.figures.rounds import level_scores, values_of
from loadtest.schema import LevelFigures, Report
from loadtest.schema.experiment import (
    PUBLISHED,
    PUBLISHED_FROM_RPS,
    Compared,
    ComparedLevel,
    Comparison,
    Figure,
    Side,
)

BASELINE = "baseline"
# Where a round keeps each of the four figures.
WHERE: dict[Figure, str] = {
    "ttft_s": "ttft_s.mean",
    "latency_avg_s": "latency_avg_s",
    "latency_total_s": "latency_total_s",
    "tps": "tps",
}


def compare(runs: Sequence[Report], baseline: str | None = None) -> Comparison:
    """Compare runs of different sides.

    Args:
        runs: one of each side.
        baseline: name of the side that the others are compared with; by
            default, and if that is missing, `baseline` or else the first.

    Raises:
        ReportError: two runs of one side.
    """
    sides: dict[str, Report] = {}
    for run in runs:
        name = side_name(run)
        if name in sides:
            raise ReportError(
                f"The runs {sides[name].run} and {run.run} are both of side {name}: give one of them, or "
                "tell them apart by their label `side`."
            )
        sides[name] = run
    chosen = baseline or (BASELINE if BASELINE in sides else next(iter(sides)))
    remarks = []
    if chosen not in sides:
        # The baseline's own run may have failed: what the others say remains worth reading.
        chosen = next(iter(sides))
        remarks.append(f"There is no run of side {baseline}: the others are compared with {chosen} instead.")
    rates = sorted({level.rate_rps for run in runs for level in run.levels})
    levels = [each for rate in rates for each in _levels(sides, chosen, rate)]
    return Comparison(
        baseline=chosen,
        sides=[_side(name, run, sides[chosen]) for name, run in sides.items()],
        levels=levels,
        remarks=[*remarks, *worse_answers(levels, chosen), *doubts(sides, chosen)],
    )


def side_name(run: Report) -> str:
    """The label `side` of a run, else its architecture, else the run's name."""
    label = run.plan.get("label", {}).get("side")
    return str(label or run.environment.server.get("architecture") or run.run)


def _side(name: str, run: Report, baseline: Report) -> Side:
    server = run.environment.server
    engine = server.get("engine", {})
    same = parity(baseline.answers, run.answers)
    replicas = server.get("replicas")
    return Side(
        name=name,
        run=run.run,
        architecture=str(server.get("architecture", "unknown")),
        engine=f"{engine.get('name', 'unknown')} {engine.get('version', '')}".rstrip(),
        replicas=replicas if isinstance(replicas, int) else None,
        recall=run.answers.recall if run.answers else None,
        exact_match=run.answers.scores.exact_match if run.answers and run.answers.scores else None,
        same_passages=same.same_passages if same else None,
        same_answer=same.same_answer if same else None,
        same_beginning=same.same_beginning if same else None,
    )


def _levels(sides: Mapping[str, Report], baseline: str, rate: float) -> list[ComparedLevel]:
    base = level_at(sides[baseline], rate)
    found = []
    for name, run in sides.items():
        level = level_at(run, rate)
        if level is not None:
            published = (
                run.environment.server.get("architecture") == "rvc"
                and baseline == BASELINE
                and rate >= PUBLISHED_FROM_RPS
            )
            found.append(
                ComparedLevel(
                    side=name,
                    rate_rps=rate,
                    verdict=level.verdict.kind,
                    reasons=level.verdict.reasons,
                    figures=_figures(
                        level,
                        None if name == baseline else base,
                        published,
                        same=same_arrivals(sides[baseline], run),
                    ),
                    quality=level_scores(level),
                )
            )
    return found


def _figures(
    level: LevelFigures, base: LevelFigures | None, published: bool, *, same: bool
) -> list[Compared]:
    figures = []
    for figure, place in WHERE.items():
        values, before = values_of(level, place), values_of(base, place)
        paired = same and base is not None and paired_rounds(base, level, before, values)
        now = interval(values)
        if now is not None:
            figures.append(
                Compared(
                    figure=figure,
                    now=now,
                    change=change(before, values, paired=paired),
                    published=PUBLISHED[figure] if published else None,
                )
            )
    return figures


def level_at(run: Report, rate: float) -> LevelFigures | None:
    """The level of a rate, if the run has it."""
    return next((level for level in run.levels if level.rate_rps == rate), None)
