"""What a run says, in a sentence, and the figures that carry it."""

from dataclasses import dataclass

from loadtest.report.wording import milliseconds, number, share
from loadtest.schema import LevelFigures, Report


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of its own; `term` is the key of its explanation."""

    term: str
    name: str
    value: str
    unit: str
    note: str = ""


def headline(report: Report) -> str:
    """The result in one sentence."""
    if report.gate is not None:
        worse = sum(figure.worse for figure in report.gate.figures)
        against = f"than {report.gate.baseline_run}"
        if report.gate.passed:
            return f"Not worse {against}."
        return (
            f"Worse {against} in {worse} of {len(report.gate.figures)} figures."
            if worse
            else (f"Whether it is worse {against} can't be said.")
        )
    if not report.levels:
        return "Nothing was measured."
    if report.plan.get("steps"):
        return _steps(report)
    if report.knee_rps is not None:
        return f"Holds {_rate(report.knee_rps)} inside the service levels."
    valid = _valid(report)
    if report.knee is not None and valid:
        return "No rate that was tried met the service levels."
    if not valid:
        return "No level gave a valid point."
    best = max(valid, key=lambda level: level.rate_rps)
    ttft = best.summary.get("ttft_s.p50")
    end = f", TTFT p50 {milliseconds(ttft.median)} ms" if ttft else ""
    held = f"Highest valid rate: {_rate(best.rate_rps)}{end}"
    return held + (", but not inside the service levels." if report.plan.get("slo") else ".")


def lede(report: Report) -> list[str]:
    """The sentences under it: what a search or a gate says, or why there is nothing better to say."""
    said = [report.knee.sentence] if report.knee else []
    said += report.gate.sentences if report.gate else []
    if report.levels and not _valid(report) and not said:
        said += [
            f"{level.rate_rps:g} RPS ({level.verdict.kind}): {reason}."
            for level in report.levels
            for reason in level.verdict.reasons[:1]
        ][:4]
    return said


def tiles(report: Report) -> list[Tile]:
    """Of the level that the headline is about; none if no level is valid."""
    valid = _valid(report)
    if not valid:
        return []
    best = max(valid, key=lambda level: level.rate_rps)
    if report.knee_rps is not None:
        best = next((level for level in valid if level.rate_rps == report.knee_rps), best)
    summary = best.summary

    def median(name: str) -> float | None:
        return summary[name].median if name in summary else None

    return [
        Tile("rate", "Rate", f"{best.rate_rps:g}", "RPS", _which(report)),
        Tile(
            "ttft",
            "TTFT p50",
            milliseconds(median("ttft_s.p50")),
            "ms",
            f"p99 {milliseconds(median('ttft_s.p99'))} ms",
        ),
        Tile(
            "tpot",
            "TPOT p50",
            milliseconds(median("tpot_s.p50")),
            "ms",
            f"p99 {milliseconds(median('tpot_s.p99'))} ms",
        ),
        Tile("tps", "TPS", number(median("tps"), 0), "tok/s"),
        Tile(
            "goodput",
            "Goodput",
            share(median("goodput_share"), 1),
            "",
            f"{number(median('goodput_rps'), 2)} RPS",
        ),
    ]


def _which(report: Report) -> str:
    if report.plan.get("steps"):
        return "mean of the steps"
    return "highest valid" if report.knee_rps is None else "the knee"


def _steps(report: Report) -> str:
    rates = [rate for rate, _ in report.plan["steps"]]
    over = f"under {min(rates):g} to {_rate(max(rates))}"
    ready = [sample.ready for sample in report.server.samples] if report.server else []
    if not ready:
        return f"Measured {over}."
    if max(ready) == min(ready):
        return f"{ready[0]} ready replica{'s' * (ready[0] != 1)} throughout, {over}."
    return f"From {ready[0]} to {max(ready)} ready replicas {over}."


def _valid(report: Report) -> list[LevelFigures]:
    return [level for level in report.levels if level.verdict.kind == "valid"]


def _rate(rate_rps: float) -> str:
    return f"{rate_rps:g} request{'s' * (rate_rps != 1)} a second"
