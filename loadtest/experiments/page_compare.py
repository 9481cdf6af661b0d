"""What the page of a comparison shows."""

from itertools import groupby
from typing import Any

from loadtest.experiments.compare import level_at
from loadtest.experiments.compare_words import decisive_rate, headline, lede
from loadtest.experiments.plots_compare import compare_plots
from loadtest.experiments.settings_table import settings_table
from loadtest.figures.verdict import NO_POINT
from loadtest.report.bars import BarCard, waterfall_cards
from loadtest.report.frame import change
from loadtest.report.palette import looks
from loadtest.report.picture import Key
from loadtest.report.terms import terms
from loadtest.report.wording import milliseconds, number, seconds
from loadtest.schema import Report
from loadtest.schema.experiment import Compared, ComparedLevel, Comparison, Experiment, Figure

FIGURES: dict[Figure, str] = {
    "ttft_s": "ttft",
    "latency_avg_s": "latency_avg",
    "latency_total_s": "latency_total",
    "tps": "tps",
}
HEADS = {
    "ttft_s": "TTFT mean ms",
    "latency_avg_s": "Latency avg s",
    "latency_total_s": "Latency total s",
    "tps": "TPS",
}
WORDS_SHOWN = (
    "arrivals", "ttft", "latency_avg", "latency_total", "tps", "interval", "change", "published", "scored",
    "exact_match", "f1", "refused", "recall", "same_passages", "same_answer", "same_beginning", "window",
    "valid", "saturated", "generator-limited", "errors-verdict", "incomplete",
)  # fmt: skip


def compare_content(experiment: Experiment, comparison: Comparison) -> dict[str, Any]:
    """The variables of compare.html.j2."""
    runs = {side.name: run for side in comparison.sides for run in experiment.runs if run.run == side.run}
    names = [side.name for side in comparison.sides]
    look = looks(names)
    decisive = decisive_rate(comparison)
    bases = {level.rate_rps: level for level in comparison.levels if level.side == comparison.baseline}
    return {
        "comparison": comparison,
        "headline": headline(comparison),
        "lede": lede(comparison, decisive),
        "keys": [Key(name, *look[name]) for name in names],
        "look": look,
        "plots": compare_plots(comparison),
        "figures": FIGURES,
        "heads": HEADS,
        "rates": [
            (rate, [_row(level, bases.get(rate)) for level in levels])
            for rate, levels in groupby(comparison.levels, key=lambda level: level.rate_rps)
        ],
        "scored": [
            (rate, list(levels))
            for rate, levels in groupby(comparison.levels, key=lambda level: level.rate_rps)
        ]
        if any(level.quality for level in comparison.levels)
        else [],
        "decisive": decisive,
        "waterfalls": _waterfalls(runs, comparison),
        "settings": settings_table(runs),
        "runs": runs,
        "words": terms(*WORDS_SHOWN),
    }


def _row(level: ComparedLevel, base: ComparedLevel | None) -> dict[str, Any]:
    """A side at a rate: the texts of its cells."""
    usable = level.verdict not in NO_POINT and base is not None and base.verdict not in NO_POINT
    named = {each.figure: each for each in level.figures}
    return {
        "level": level,
        "unusable": level.verdict in NO_POINT,
        "cells": [_cell(named.get(figure), figure, usable) for figure in FIGURES],
    }


def _cell(each: Compared | None, figure: Figure, usable: bool) -> dict[str, str]:
    if each is None:
        return {"now": "—", "tip": "", "change": "", "range": "", "published": "", "kind": ""}
    low, high = each.now.low, each.now.high
    changed = each.change
    kind = ""
    if changed is not None and usable:
        ends = [value for value in (changed.low, changed.high) if value is not None] or [changed.value]
        better = 1 if figure == "tps" else -1
        if all(end * better > 0 for end in ends):
            kind = "better"
        elif all(end * better < 0 for end in ends):
            kind = "worse"
    known_range = changed is not None and changed.low is not None
    return {
        "now": _text(figure, each.now.value),
        "tip": f"{_text(figure, low)} to {_text(figure, high)}"
        if low is not None and high is not None
        else "one round",
        "change": ""
        if changed is None
        else change(changed.value)
        if usable
        else f"({change(changed.value)})",
        "range": f"{change(changed.low)} to {change(changed.high)}" if changed and known_range else "",
        "published": "" if each.published is None else change(each.published),
        "kind": kind,
    }


def _text(figure: Figure, value: float) -> str:
    if figure == "ttft_s":
        return milliseconds(value)
    return number(value, 1) if figure == "tps" else seconds(value)


def _waterfalls(runs: dict[str, Report], comparison: Comparison) -> list[tuple[float, list[BarCard]]]:
    """For each rate the sides below each other; rates without any are left out."""
    found = []
    for rate in sorted({level.rate_rps for level in comparison.levels}):
        levels = [(name, level_at(run, rate)) for name, run in runs.items()]
        cards = waterfall_cards([(name, level) for name, level in levels if level is not None])
        found += [(rate, cards)] if cards else []
    return found
