"""figures.tsv: every figure of a report as one row, for awk, a spreadsheet, or a comparison without Python.

Columns: rps, figure, median, min, max (over the rounds). Rows of the whole run have `-` as rps; texts stand
in the column `median`.
"""

from statistics import median

from loadtest.schema import Report, RoundFigures
from loadtest.schema.observed import ObservedWindow

HEADER = "rps\tfigure\tmedian\tmin\tmax"
# What has to be the same for two runs to be comparable, beside the rates.
PLAN = (
    "target",
    "endpoint",
    "max_tokens",
    "ignore_eos",
    "rag",
    "top_k",
    "duration",
    "warmup",
    "rounds",
    "arrivals",
    "seed",
    "questions",
    "popularity",
    "zipf_exponent",
)
# Only where they are set: reports from before they existed are like those without them.
LATER = ("reset_cache", "passage_order")


def figures_tsv(report: Report) -> str:
    """The rows of a report."""
    rows = [HEADER]
    facts = {
        "run": report.run,
        "model": report.model,
        "complete": report.complete,
        "knee_rps": report.knee_rps,
    }
    if report.answers is not None:
        facts |= {"sample": len(report.answers.answers), "recall": report.answers.recall}
        if report.answers.scores is not None:
            facts |= report.answers.scores.model_dump(include={"exact_match", "f1", "refused"})
    facts |= {f"plan.{name}": report.plan.get(name) for name in PLAN}
    for name in LATER:
        if report.plan.get(name):
            facts[f"plan.{name}"] = report.plan[name]
    if report.plan.get("steps"):
        facts["plan.steps"] = ",".join(f"{rate:g}:{seconds:g}" for rate, seconds in report.plan["steps"])
    if report.knee is not None:
        found = report.knee.model_dump(include={"rate_rps", "upper_rps", "broke_first", "component"})
        facts |= {f"knee.{name}": value for name, value in found.items()}
    if report.gate is not None:
        facts |= {"gate.baseline": report.gate.baseline_run, "gate.passed": report.gate.passed}
    facts |= {f"label.{name}": value for name, value in report.plan.get("label", {}).items()}
    rows += [f"-\t{name}\t{_cell(value)}\t\t" for name, value in facts.items()]
    for level in report.levels:
        rate = f"{level.rate_rps:g}"
        rows.append(f"{rate}\tverdict\t{level.verdict.kind}\t\t")
        rows += [
            f"{rate}\t{name}\t{spread.median!r}\t{spread.min!r}\t{spread.max!r}"
            for name, spread in level.summary.items()
        ]
        counts = {
            "requests": [each.counts.scheduled for each in level.rounds],
            "completed": [each.counts.completed for each in level.rounds],
            "failed": [each.counts.failed for each in level.rounds],
            "unfinished": [each.counts.unfinished for each in level.rounds],
            "unsent": [each.counts.unsent for each in level.rounds],
        }
        rows += [_row(rate, name, [float(value) for value in values]) for name, values in counts.items()]
        rows += [_row(rate, name, values) for name, values in _client_figures(level.rounds).items()]
        observed = report.server.windows if report.server else []
        windows = [each for each in observed if each.rate_rps == level.rate_rps]
        rows += [_row(rate, f"server.{name}", values) for name, values in _server_figures(windows).items()]
    return "\n".join(rows) + "\n"


def _client_figures(rounds: list[RoundFigures]) -> dict[str, list[float]]:
    """What the summary doesn't hold: waterfall's means, replicas whose cache was emptied, answers scored."""
    figures: dict[str, list[float]] = {}
    for each in rounds:
        if each.quality is not None:
            figures.setdefault("quality.n", []).append(float(each.quality.n))
        if each.waterfall is not None:
            for stage, mean in each.waterfall.mean_s.items():
                figures.setdefault(f"waterfall.{stage}", []).append(mean)
        if each.cache_reset is not None:
            figures.setdefault("cache_reset", []).append(float(each.cache_reset))
    return figures


def _server_figures(windows: list[ObservedWindow]) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {}
    for window in windows:
        named = window.model_dump(exclude={"rate_rps", "round", "requests", "stage_mean_s"})
        named |= {f"requests.{outcome}": count for outcome, count in window.requests.items()}
        named |= {f"stage_mean_s.{stage}": mean for stage, mean in window.stage_mean_s.items()}
        for name, value in named.items():
            if value is not None:
                figures.setdefault(name, []).append(float(value))
    return figures


def _row(rate: str, name: str, values: list[float]) -> str:
    return f"{rate}\t{name}\t{median(values)!r}\t{min(values)!r}\t{max(values)!r}"


def _cell(value: object) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\t", " ").replace("\n", " ")
