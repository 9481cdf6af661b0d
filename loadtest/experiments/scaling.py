"""Runs at several replica counts: throughput and TTFT of each, and how long each change took."""

from collections.abc import Sequence

from loadtest.errors import ReportError
from loadtest.experiments.doubts import unlike_servers
from loadtest.experiments.intervals import interval
from loadtest.figures.rounds import values_of
from loadtest.figures.verdict import NO_POINT
from loadtest.report.compare import unlike_plans
from loadtest.schema import LevelFigures, Report
from loadtest.schema.experiment import Scaling, ScalingChange, ScalingPoint

LAGS = ("accepted_s", "scheduled_s", "pulled_s", "started_s", "loaded_s", "first_token_s")


def scaling(runs: Sequence[Report]) -> Scaling:
    """Join runs that carry a label `replicas`; a run whose rate changes in steps has no points.

    Raises:
        ReportError: a run says neither, or two runs have the same number of replicas.
    """
    counted: dict[int, Report] = {}
    for run in runs:
        count = label_number(run, "replicas")
        if run.plan.get("steps"):
            continue
        if not count:
            raise ReportError(f"The run {run.run} has no label `replicas`, like --label replicas=2.")
        if count in counted:
            raise ReportError(
                f"The runs {counted[int(count)].run} and {run.run} both have {count:g} replicas."
            )
        counted[int(count)] = run
    counted = dict(sorted(counted.items()))
    rates = sorted({level.rate_rps for run in counted.values() for level in run.levels})
    said: list[str] = []
    points = [point for rate in rates for point in _points(counted, rate, said)]
    return Scaling(points=points, changes=[*_changes(counted)], remarks=[*_unlike(counted), *said])


def label_number(run: Report, name: str) -> float | None:
    """A label as a number; None if it is missing, empty or something else."""
    try:
        return float(run.plan.get("label", {}).get(name))
    except (TypeError, ValueError):
        return None


def _points(counted: dict[int, Report], rate: float, said: list[str]) -> list[ScalingPoint]:
    found = {
        count: level
        for count, run in counted.items()
        for level in run.levels
        if level.rate_rps == rate and level.rounds
    }
    counts = [count for count, level in found.items() if level.verdict.kind not in NO_POINT]
    reference = min(counts, default=None)
    capacity = None
    if reference is not None and len(counts) > 1:
        if found[reference].verdict.kind == "saturated":
            capacity = _tps(found[reference]) / reference
            kept_up = [str(count) for count in counts if found[count].verdict.kind == "valid"]
            if kept_up:
                said.append(
                    f"At {rate:g} RPS {' and '.join(kept_up)} replicas keep up with all that is offered: "
                    "they could do more, so their efficiency is the least it can be."
                )
        else:
            said.append(
                f"At {rate:g} RPS {reference} replica{'s' * (reference > 1)} keep{'s' * (reference == 1)} up "
                "already: TPS is what is offered, and says nothing of efficiency. Give a higher rate."
            )
    return [
        _point(count, counted[count], level, capacity if count in counts else None)
        for count, level in found.items()
    ]


def _point(count: int, run: Report, level: LevelFigures, capacity: float | None) -> ScalingPoint:
    tps, achieved = interval(values_of(level, "tps")), interval(values_of(level, "achieved_rps"))
    assert tps is not None, "a level has a round"
    assert achieved is not None, "a level has a round"
    return ScalingPoint(
        replicas=count,
        run=run.run,
        rate_rps=level.rate_rps,
        verdict=level.verdict.kind,
        tps=tps,
        achieved_rps=achieved,
        ttft_p50_s=interval(values_of(level, "ttft_s.p50")),
        ttft_p99_s=interval(values_of(level, "ttft_s.p99")),
        efficiency=tps.value / count / capacity if capacity else None,
    )


def _tps(level: LevelFigures) -> float:
    return level.summary["tps"].median


def _changes(counted: dict[int, Report]) -> list[ScalingChange]:
    """The changes before each run, in the order in which they were made."""
    changes = []
    for count, run in sorted(counted.items(), key=lambda each: each[1].started_at):
        before = label_number(run, "replicas_before")
        if before is not None:
            lags = {name: label_number(run, name) for name in LAGS}
            changes.append(ScalingChange(replicas_before=int(before), replicas=count, **lags))
    return changes


def _unlike(counted: dict[int, Report]) -> list[str]:
    """What but the number of replicas differs, and where the number was another one."""
    said: list[str] = []
    runs = list(counted.values())
    for run in runs[1:]:
        names = (runs[0].run, run.run)
        said += unlike_plans(runs[0], run, names)
        said += unlike_servers(runs[0], run, names)
    for count, run in counted.items():
        seen = {window.replicas for window in run.server.windows} if run.server else set()
        if seen - {count}:
            numbers = " and ".join(map(str, sorted(seen)))
            said.append(f"The run {run.run} should have had {count} replicas; {numbers} answered to metrics.")
    return said
