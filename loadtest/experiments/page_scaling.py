"""What the page of a scaling experiment shows."""

from typing import Any

from loadtest.experiments.plots_scaling import scaling_plots
from loadtest.experiments.settings_table import settings_table
from loadtest.report.bars import BarCard, bar_card
from loadtest.report.headline import headline as run_headline
from loadtest.report.start_bars import PARTS, lag_stack, start_bars
from loadtest.report.terms import terms
from loadtest.report.timelines import server_plot
from loadtest.report.wording import share
from loadtest.schema.experiment import Experiment, Scaling, ScalingPoint

WORDS_SHOWN = (
    "arrivals", "ttft", "tps", "efficiency", "interval", "window", "valid", "saturated", "generator-limited",
    "errors-verdict", "incomplete",
)  # fmt: skip


def scaling_content(experiment: Experiment) -> dict[str, Any]:
    """The variables of scaling.html.j2."""
    scaling = experiment.scaling or Scaling(points=[], changes=[], remarks=[])
    timed = [(run, server_plot(run)) for run in experiment.runs]
    return {
        "scaling": scaling,
        "headline": _headline(experiment, scaling),
        "lede": _lede(scaling),
        "plots": scaling_plots(scaling.points),
        "lags": _lags(scaling),
        "timed": [
            {"run": run, "plot": plot, "starts": start_bars(run.server.starts if run.server else [])}
            for run, plot in timed
            if plot is not None
        ],
        "settings": settings_table({run.run: run for run in experiment.runs}),
        "runs": {run.run: run for run in experiment.runs},
        "words": [*terms(*WORDS_SHOWN), *((part.word, part.about) for part in PARTS.values())],
    }


def _headline(experiment: Experiment, scaling: Scaling) -> str:
    best = _best(scaling)
    if best is None:
        stepped = [run for run in experiment.runs if run.plan.get("steps")]
        if stepped and not scaling.points:
            return run_headline(stepped[0])
        return "What more replicas bring can't be said at these rates."
    known = [
        each for each in scaling.points if each.rate_rps == best.rate_rps and each.efficiency is not None
    ]
    first = min(known, key=lambda point: point.replicas)
    times = best.tps.value / first.tps.value
    least = "at least " if best.verdict == "valid" else ""
    return (
        f"{best.replicas} replicas give {least}{times:.1f} times the tokens of {first.replicas} "
        f"at {best.rate_rps:g} requests a second."
    )


def _best(scaling: Scaling) -> ScalingPoint | None:
    """The largest count at the highest rate, of those whose efficiency is told and which are no reference."""
    smallest = min((point.replicas for point in scaling.points if point.efficiency is not None), default=0)
    known = [point for point in scaling.points if point.efficiency is not None and point.replicas > smallest]
    return max(known, key=lambda point: (point.replicas, point.rate_rps), default=None)


def _lede(scaling: Scaling) -> list[str]:
    said = []
    best = _best(scaling)
    if best is not None:
        least = "at least " if best.verdict == "valid" else ""
        said.append(f"That is {least}{share(best.efficiency)} of linear.")
    known = [change for change in scaling.changes if change.first_token_s is not None]
    if known:
        change = max(known, key=lambda each: each.first_token_s or 0.0)
        ends = {name: getattr(change, f"{name}_s") for name in PARTS}
        parts = lag_stack("", {f"{name}_s": value for name, value in ends.items()}).parts
        longest = max(parts, key=lambda name: parts[name])
        about = PARTS[longest].about
        said.append(
            f"The change from {change.replicas_before} to {change.replicas} replicas brought its first token "
            f"after {change.first_token_s:.1f} s; the longest part took {parts[longest]:.1f} s: "
            f"{about[0].lower()}{about[1:]}"
        )
    return said


def _lags(scaling: Scaling) -> BarCard | None:
    stacks = [
        lag_stack(
            f"{change.replicas_before} → {change.replicas}",
            change.model_dump(exclude={"replicas_before", "replicas"}),
        )
        for change in scaling.changes
    ]
    return bar_card("From the decision to the first token", stacks, PARTS, shares=False) if stacks else None
