"""figures.tsv of an experiment: one row a figure, as of a run, for awk or a spreadsheet.

Columns: rps, figure, median, low, high (the bootstrap interval over rounds). The figures of a side are
`<side>.<figure>`, with `.change` and `.published` (shares of 1) behind; those of a replica count are
`replicas-<N>.<figure>`. Rows of the whole experiment have `-` as rps; texts stand in the column `median`.
"""

from collections.abc import Iterator

from loadtest.schema.experiment import Comparison, Experiment, Interval, Scaling

HEADER = "rps\tfigure\tmedian\tlow\thigh"


def experiment_tsv(experiment: Experiment) -> str:
    """The rows of an experiment."""
    facts = {
        "run": experiment.name,
        "kind": experiment.kind,
        "complete": str(experiment.complete).lower(),
        "model": experiment.runs[0].model,
        "runs": ",".join(run.run for run in experiment.runs),
    }
    rows = [HEADER, *(_text("-", name, value) for name, value in facts.items())]
    if experiment.comparison is not None:
        rows += _comparison(experiment.comparison)
    if experiment.scaling is not None:
        rows += _scaling(experiment.scaling)
    return "\n".join(rows) + "\n"


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield _text("-", "baseline", comparison.baseline)
    for side in comparison.sides:
        for name in ("recall", "exact_match", "same_passages", "same_answer", "same_beginning"):
            value = getattr(side, name)
            if value is not None:
                yield _text("-", f"{side.name}.{name}", repr(value))
    for level in comparison.levels:
        yield _text(f"{level.rate_rps:g}", f"{level.side}.verdict", level.verdict)
        if level.quality is not None:
            for score, value in level.quality.model_dump(exclude={"failed"}).items():
                if value is not None:
                    yield _text(f"{level.rate_rps:g}", f"{level.side}.quality.{score}", repr(value))
        for each in level.figures:
            name = f"{level.side}.{each.figure}"
            yield _row(level.rate_rps, name, each.now)
            if each.change is not None:
                yield _row(level.rate_rps, f"{name}.change", each.change)
            if each.published is not None:
                yield _text(f"{level.rate_rps:g}", f"{name}.published", repr(each.published))


def _scaling(scaling: Scaling) -> Iterator[str]:
    for change in scaling.changes:
        for name, value in change.model_dump(exclude={"replicas"}).items():
            if value is not None:
                yield _text("-", f"replicas-{change.replicas}.{name}", repr(value))
    for point in scaling.points:
        side = f"replicas-{point.replicas}"
        yield _text(f"{point.rate_rps:g}", f"{side}.verdict", point.verdict)
        for name in ("tps", "achieved_rps", "ttft_p50_s", "ttft_p99_s"):
            interval = getattr(point, name)
            if interval is not None:
                yield _row(point.rate_rps, f"{side}.{name}", interval)
        if point.efficiency is not None:
            yield _text(f"{point.rate_rps:g}", f"{side}.efficiency", repr(point.efficiency))


def _row(rate_rps: float, name: str, interval: Interval) -> str:
    ends = ["" if end is None else repr(end) for end in (interval.low, interval.high)]
    return "\t".join([f"{rate_rps:g}", name, repr(interval.value), *ends])


def _text(rate: str, name: str, value: str) -> str:
    text = value.replace("\t", " ").replace("\n", " ")
    return f"{rate}\t{name}\t{text}\t\t"
