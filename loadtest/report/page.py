"""report.html: one file without any request to elsewhere, readable on a phone and in print."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from loadtest.report.file import replace_file
from loadtest.report.plots import rate_plots, timeline_plot
from loadtest.report.server_table import COLUMNS, pod_text, stages_text, window_cells
from loadtest.report.wording import milliseconds, number, seconds
from loadtest.schema import LevelFigures, Report, RoundFigures

NAME = "report.html"

DEFINITIONS = (
    ("Arrivals", "Sent at absolute times drawn before the run, whether or not earlier ones were answered."),
    ("TTFT", "From the scheduled arrival to the first content delta: the generator's lateness is in it."),
    ("Latency avg", "Mean time from the scheduled arrival to the end of the stream."),
    ("Latency total", "Makespan: from the first arrival of the window to the end of its last request."),
    ("TPOT", "(last delta - first delta) / (output tokens - 1), for each request."),
    ("ITL", "Gaps between content deltas, of all requests together."),
    ("TPS", "Output tokens that arrived inside the window / window, by the server's usage counts."),
    ("Goodput", "Requests that met every SLO / window. Errors, timeouts and unfinished ones are misses."),
    ("Window", "The arrivals after the warm-up. The load goes on until their answers have ended."),
    ("Percentiles", "From raw values of complete answers, by linear interpolation."),
    ("Send lag", "Time of sending - scheduled time: how late the generator was."),
    (
        "Loop lag",
        "How late the generator's event loop woke up, sampled 50 times a second: reads are as late.",
    ),
    ("valid", "Achieved / offered ≥ 0.99, p99 send and loop lag ≤ 5 ms, generator CPU ≤ 50%, unthrottled."),
    ("saturated", "The server did not keep up: its requests in flight grew by more than chance explains."),
    ("generator-limited", "The generator did not keep up: the point says nothing about the server."),
    ("Knee", "Highest valid rate with 99% of the requests inside the SLOs and no growth in flight."),
)


def save_page(report: Report, folder: Path) -> Path:
    """Write FOLDER/report.html; returns its path."""
    return replace_file(folder / NAME, render_page(report).encode())


def render_page(report: Report) -> str:
    """The page as HTML; everything that comes from outside is escaped."""
    environment = Environment(
        loader=PackageLoader("loadtest.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"ms": milliseconds, "s": seconds, "number": number}
    warmup_s = float(report.plan["warmup"])
    return environment.get_template("page.html.j2").render(
        report=report,
        # Only our own SVG is trusted; its texts are escaped by matplotlib.
        plots={title: Markup(svg) for title, svg in rate_plots(report).items()},
        timelines=[
            (level, each, Markup(timeline_plot(each, level.rate_rps, warmup_s)))
            for level in report.levels
            for each in level.rounds
            if each.timeline
        ],
        rows=[_row(level) for level in report.levels],
        percentile_rows=[
            _percentiles(level, each) for level in report.levels for each in level.rounds if each.ttft_s
        ],
        definitions=DEFINITIONS,
        headline=_headline(report),
        slo=", ".join(f"{name} ≤ {limit:g}" for name, limit in report.plan.get("slo", {}).items()),
        facts=_facts(report),
        server_columns=[name.replace("\n", " ") for name in COLUMNS],
        server_rows=[
            (window_cells(each), stages_text(each))
            for each in (report.server.windows if report.server else [])
        ],
        server_pods=[(each.name, pod_text(each)) for each in (report.server.pods if report.server else [])],
    )


def _headline(report: Report) -> str:
    """The result in one sentence."""
    if not report.levels:
        return "Nothing was measured."
    if report.knee_rps is not None:
        return f"Holds {report.knee_rps:g} requests a second inside the service levels."
    valid = [level for level in report.levels if level.verdict.kind == "valid"]
    if not valid:
        return "No level gave a valid point: the reasons stand below."
    best = max(valid, key=lambda level: level.rate_rps)
    ttft = best.summary.get("ttft_s.p50")
    end = f", TTFT p50 {milliseconds(ttft.median)} ms" if ttft else ""
    held = f"Highest valid rate: {best.rate_rps:g} requests a second{end}"
    return held + (", but not inside the service levels." if report.plan.get("slo") else ".")


def _row(level: LevelFigures) -> dict[str, Any]:
    figures = {name: spread.median for name, spread in level.summary.items()}
    errors: dict[str, int] = {}
    for each in level.rounds:
        for kind, count in each.errors.items():
            errors[kind] = errors.get(kind, 0) + count
    examples = {kind: text for each in level.rounds for kind, text in each.error_examples.items()}
    return {"level": level, "figures": figures, "errors": errors, "examples": examples}


def _percentiles(level: LevelFigures, figures: RoundFigures) -> dict[str, Any]:
    named = {
        "TTFT": figures.ttft_s,
        "TTFT from sending": figures.ttft_send_s,
        "TPOT": figures.tpot_s,
        "ITL": figures.itl_s,
        "Latency": figures.e2e_latency_s,
    }
    return {"level": level, "round": figures, "named": {key: value for key, value in named.items() if value}}


def _facts(report: Report) -> dict[str, dict[str, str]]:
    """What was run where, as tables of names and values."""
    environment = report.environment.model_dump(exclude={"server"})
    facts = {
        "Plan": {key: _text(value) for key, value in report.plan.items() if value not in (None, [], {})},
        "Load generator": {key: _text(value) for key, value in environment.items()},
        "Server": _flat(report.environment.server),
    }
    return {title: rows for title, rows in facts.items() if rows}


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, str]:
    rows: dict[str, str] = {}
    for key, entry in value.items():
        if isinstance(entry, dict):
            rows |= _flat(entry, f"{prefix}{key}.")
        else:
            rows[f"{prefix}{key}"] = _text(entry)
    return rows


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(_text(entry) for entry in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
