"""What a reader of a comparison has to know before believing it, as sentences."""

from collections.abc import Mapping
from typing import Any

from loadtest.experiments.parity import parity
from loadtest.figures.verdict import NO_POINT
from loadtest.report.compare import unlike_plans
from loadtest.schema import Report
from loadtest.schema.experiment import PUBLISHED_FROM_RPS

# What decides answers or the work they take, in GET /v1/environment.
SERVER = (
    "index.hash",
    "model.path",
    "engine.dtype",
    "engine.max_model_len",
    "rag.enabled",
    "rag.top_k",
    "rag.passage_order",
    "rag.system_prompt",
)


def doubts(sides: Mapping[str, Report], baseline: str) -> list[str]:
    """Everything that makes these sides hard to compare.

    Args:
        sides: a run of each.
        baseline: name of one of them.
    """
    base = sides[baseline]
    said: list[str] = []
    for name, run in sides.items():
        if name != baseline:
            said += unlike_plans(base, run, (baseline, name))
            said += unlike_servers(base, run, (baseline, name))
            said += _answers(base, run, (baseline, name))
    said += [sentence for name, run in sides.items() for sentence in _points(name, run)]
    said += _missing(sides)
    if not any(run.answers for run in sides.values()):
        said.append(
            "No sample of answers was taken: nothing here says that nobody is faster by answering worse."
        )
    if not any(level.rate_rps >= PUBLISHED_FROM_RPS for run in sides.values() for level in run.levels):
        said.append(
            f"No point at {PUBLISHED_FROM_RPS:g} RPS or more: the published changes have nothing beside them."
        )
    return said


def unlike_servers(first: Report, second: Report, names: tuple[str, str]) -> list[str]:
    """Where two servers say of themselves that they serve something else."""
    said = []
    for path in SERVER:
        a, b = (_at(run.environment.server, path) for run in (first, second))
        if a is not None and b is not None and a != b:
            said.append(f"Not the same {path}: {a!r} in {names[0]} and {b!r} in {names[1]}.")
    return said


def _answers(base: Report, run: Report, names: tuple[str, str]) -> list[str]:
    same = parity(base.answers, run.answers)
    baseline, name = names
    if same is None:
        alone = bool(base.answers) != bool(run.answers)
        return [
            f"The answers of {name} and {baseline} can't be compared: no question was asked of both."
        ] * alone
    said = []
    if same.same_passages is not None and same.same_passages < 1:
        said.append(
            f"{name} retrieves what {baseline} does for only {same.same_passages:.0%} of "
            f"{same.questions} sampled questions."
        )
    before, now = (run.answers.recall if run.answers else None for run in (base, run))
    if before is not None and now is not None and now < before:
        said.append(
            f"{name} finds the gold document less often than {baseline}: {now:.0%}, not {before:.0%}."
        )
    if same.same_answer < 1:
        said.append(
            f"{name} answers {same.same_answer:.0%} of {same.questions} sampled questions exactly as "
            f"{baseline}; up to the first difference {same.same_beginning:.0%} of an answer is the same."
        )
    return said


def _points(name: str, run: Report) -> list[str]:
    """Points that don't count, each kind in a sentence."""
    said = []
    for kind in (*NO_POINT, "errors"):
        rates = " and ".join(f"{level.rate_rps:g}" for level in run.levels if level.verdict.kind == kind)
        if rates:
            why = "requests failed" if kind == "errors" else "it says nothing of the server"
            said.append(f"{name} at {rates} RPS does not count ({kind}): {why}.")
    return said


def _missing(sides: Mapping[str, Report]) -> list[str]:
    rates = {name: {level.rate_rps for level in run.levels} for name, run in sides.items()}
    every = set().union(*rates.values())
    return [
        f"{name} has no point at {', '.join(f'{rate:g}' for rate in sorted(every - found))} RPS."
        for name, found in rates.items()
        if every - found
    ]


def _at(content: Mapping[str, Any], path: str) -> Any:
    found: Any = content
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
