"""report.html of a run: one file without any request to elsewhere, plots first, readable on a phone."""

from pathlib import Path
from typing import Any

from loadtest.figures.rounds import level_scores
from loadtest.figures.slo import slo_text
from loadtest.report.bars import WORDS, waterfall_cards
from loadtest.report.facts import facts
from loadtest.report.file import replace_file
from loadtest.report.frame import render
from loadtest.report.gate_rows import gate_rows
from loadtest.report.headline import headline, lede, tiles
from loadtest.report.knee_plot import knee_plot, step_text
from loadtest.report.plots import rate_plots, spread_text
from loadtest.report.server_table import COLUMNS, pod_text, stages_text, window_cells
from loadtest.report.start_bars import start_bars
from loadtest.report.terms import terms
from loadtest.report.timelines import server_plot, timeline_plot
from loadtest.schema import Counts, LevelFigures, Report, RoundFigures, ServiceLevel
from loadtest.schema.waterfall import STAGES

NAME = "report.html"
# More timelines than these would make a page large: then one round of each level is shown.
TIMELINES = 6
ANSWER_LENGTH = 600
SERVER_ABOUT = {
    "RPS": "Arrivals a second that the plan asks for.",
    "Replicas": "Metrics ports that answered before and after the window.",
    "Ended": "Requests that ended between the two scrapes, by outcome.",
    "Output\ntok/s": "Output tokens / time between the two scrapes.",
    "Request\nmean ms": "Mean time of a request in the server.",
    "Running\npeak": "Most requests that the engines worked on at a sampled moment.",
    "Waiting\npeak": "Most requests that waited in the engines at a sampled moment.",
    "KV cache\npeak": "Largest sampled share of its KV cache that an engine had in use.",
    "Prefix\nhits": "Prompt tokens found in the prefix cache / prompt tokens.",
}
WORDS_SHOWN = (
    "arrivals", "ttft", "latency_avg", "latency_total", "tpot", "itl", "itl_max", "tps", "goodput", "window",
    "percentile", "send_lag", "loop_lag", "slo", "knee", "valid", "saturated", "generator-limited",
    "errors-verdict", "incomplete",
)  # fmt: skip


def save_page(report: Report, folder: Path) -> Path:
    """Write FOLDER/report.html; returns its path."""
    return replace_file(folder / NAME, render_page(report).encode())


def render_page(report: Report) -> str:
    """The page as HTML; everything that comes from outside is escaped."""
    slo = report.plan.get("slo", {})
    rounds = [(level, each) for level in report.levels for each in level.rounds]
    joined = [each.waterfall for _, each in rounds if each.waterfall]
    return render(
        "run.html.j2",
        {
            "title": f"Load test of {report.model}, {report.started_at}",
            "report": report,
            "headline": headline(report),
            "lede": lede(report),
            "tiles": tiles(report),
            "plots": rate_plots(report),
            "server_plot": server_plot(report),
            "starts": start_bars(report.server.starts if report.server else []),
            "knee_plot": knee_plot(report.knee) if report.knee and report.knee.steps else None,
            "step_text": step_text,
            "gate_rows": gate_rows(report.gate) if report.gate else [],
            "waterfalls": waterfall_cards([(f"{level.rate_rps:g} RPS", level) for level in report.levels]),
            "stages": _stages(report),
            "joined": f"{sum(each.requests for each in joined):,}",
            "answered": f"{sum(each.requests + each.unjoined for each in joined):,}",
            "stage_names": list(STAGES),
            "stage_texts": [(WORDS[stage], text) for stage, text in STAGES.items()],
            "rows": [_row(level) for level in report.levels],
            "timelines": _timelines(report),
            "timelines_left_out": len(rounds) > TIMELINES,
            "percentile_rows": [_percentiles(level, each) for level, each in rounds if each.ttft_s],
            "slo": ", ".join(slo_text(name, limit) for name, limit in slo.items()),
            "spread_text": spread_text,
            "facts": facts(report),
            "answer_length": ANSWER_LENGTH,
            "counts_about": {name: field.description for name, field in Counts.model_fields.items()},
            "slo_columns": [(name, slo_text(name, limit)) for name, limit in slo.items()],
            "slo_rows": _service_levels(report),
            "scored": [(level, scores) for level in report.levels if (scores := level_scores(level))],
            "server_columns": [(name.replace("\n", " "), SERVER_ABOUT[name]) for name in COLUMNS],
            "server_rows": [
                (window_cells(each), stages_text(each))
                for each in (report.server.windows if report.server else [])
            ],
            "server_pods": [
                (each.name, pod_text(each)) for each in (report.server.pods if report.server else [])
            ],
            "words": [*terms(*WORDS_SHOWN), *_score_words(report), *_stage_words(report)],
        },
    )


def _row(level: LevelFigures) -> dict[str, Any]:
    errors: dict[str, int] = {}
    for each in level.rounds:
        for kind, count in each.errors.items():
            errors[kind] = errors.get(kind, 0) + count
    examples = {kind: text for each in level.rounds for kind, text in each.error_examples.items()}
    return {"level": level, "figures": level.summary, "errors": errors, "examples": examples}


def _percentiles(level: LevelFigures, figures: RoundFigures) -> dict[str, Any]:
    named = {
        "ttft": figures.ttft_s,
        "ttft_send": figures.ttft_send_s,
        "tpot": figures.tpot_s,
        "itl": figures.itl_s,
        "itl_max": figures.itl_max_s,
        "e2e": figures.e2e_latency_s,
    }
    return {"level": level, "round": figures, "named": {key: value for key, value in named.items() if value}}


def _timelines(report: Report) -> list[Any]:
    warmup_s = float(report.plan["warmup"])
    shown = [(level, each) for level in report.levels for each in level.rounds if each.timeline]
    if len(shown) > TIMELINES:
        shown = [(level, each) for level, each in shown if each is _telling(level)]
    return [timeline_plot(each, level.rate_rps, warmup_s) for level, each in shown]


def _service_levels(report: Report) -> list[tuple[LevelFigures, dict[str, ServiceLevel]]]:
    """How each level stands, by its round that is furthest from meeting; levels without are left out."""
    found = []
    for level in report.levels:
        names = dict.fromkeys(name for each in level.rounds for name in each.service_levels)
        standings = {
            name: min(
                (each.service_levels[name] for each in level.rounds if name in each.service_levels),
                key=lambda standing: (standing.met, standing.share),
            )
            for name in names
        }
        found += [(level, standings)] if standings else []
    return found


def _telling(level: LevelFigures) -> RoundFigures:
    """The first round that made the level's verdict."""
    return next((each for each in level.rounds if each.verdict.kind == level.verdict.kind), level.rounds[0])


def _stages(report: Report) -> list[tuple[LevelFigures, list[RoundFigures]]]:
    """The levels that have a waterfall, with their rounds that have one."""
    found = [(level, [each for each in level.rounds if each.waterfall]) for level in report.levels]
    return [(level, rounds) for level, rounds in found if rounds]


def _score_words(report: Report) -> list[tuple[str, str]]:
    scored = any(level_scores(level) for level in report.levels)
    return terms("scored", "exact_match", "f1", "refused", "recall") if scored else []


def _stage_words(report: Report) -> list[tuple[str, str]]:
    if not _stages(report):
        return []
    return [(WORDS[stage], text[0].upper() + text[1:] + ".") for stage, text in STAGES.items()]
