"""An experiment from its runs."""

from collections.abc import Sequence

from loadtest.errors import ReportError
from loadtest.experiments.compare import compare
from loadtest.experiments.scaling import scaling
from loadtest.schema import Report
from loadtest.schema.experiment import Experiment, Kind


def build(
    kind: Kind,
    name: str,
    runs: Sequence[Report],
    baseline: str | None = None,
    incomplete_reasons: Sequence[str] = (),
) -> Experiment:
    """Join runs.

    Args:
        kind: what they are compared by.
        name: of the experiment.
        runs: at least one, in the order in which they are shown.
        baseline: of a comparison: name of the side that the others are compared with.
        incomplete_reasons: what is missing beside incomplete runs.

    Raises:
        ReportError: there is no run, or the runs don't make such an experiment.
    """
    if not runs:
        raise ReportError(
            f"The experiment {name} has no run that can be read: {'; '.join(incomplete_reasons)}."
        )
    reasons = [*incomplete_reasons]
    reasons += [f"{run.run}: {'; '.join(run.incomplete_reasons)}" for run in runs if not run.complete]
    return Experiment(
        schema_version=1,
        kind=kind,
        name=name,
        started_at=min(run.started_at for run in runs),
        ended_at=max(run.ended_at for run in runs),
        complete=not reasons,
        incomplete_reasons=reasons,
        runs=[_thinned(run) for run in runs],
        comparison=compare(runs, baseline) if kind == "compare" else None,
        scaling=scaling(runs) if kind == "scaling" else None,
    )


def _thinned(run: Report) -> Report:
    """Without what was noted every second, nearly all of its size; of a run in steps it is the result."""
    if run.plan.get("steps"):
        return run
    levels = [
        level.model_copy(
            update={"rounds": [each.model_copy(update={"timeline": []}) for each in level.rounds]}
        )
        for level in run.levels
    ]
    server = run.server.model_copy(update={"samples": []}) if run.server else None
    return run.model_copy(update={"levels": levels, "server": server})
