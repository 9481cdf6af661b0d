"""The page's plots, as SVG text to be set into HTML."""

import io
from collections.abc import Callable, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtest.schema import LevelFigures, Report, RoundFigures

INK, GRID = "#334155", "#e2e8f0"
BLUE, ORANGE, GREEN, GREY = "#2563eb", "#ea580c", "#16a34a", "#94a3b8"
# Text stays text: small, selectable, and in the page's font.
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.labelcolor": INK,
}


def rate_plots(report: Report) -> dict[str, str]:
    """The plots against the rate, {title: SVG}; empty if no level has figures."""
    levels = [level for level in report.levels if "ttft_s.p50" in level.summary]
    if not levels:
        return {}
    slo = report.plan.get("slo", {})

    def ttft(axes: Axes) -> None:
        _line(axes, levels, "ttft_s.p50", "p50", BLUE)
        _line(axes, levels, "ttft_s.p99", "p99", ORANGE)
        _limit(axes, slo.get("ttft_s"))

    def latency(axes: Axes) -> None:
        _line(axes, levels, "e2e_latency_s.p50", "p50", BLUE)
        _line(axes, levels, "e2e_latency_s.p99", "p99", ORANGE)
        _line(axes, levels, "latency_avg_s", "mean", GREY)
        _limit(axes, slo.get("e2e_s"))

    def goodput(axes: Axes) -> None:
        rates = [level.summary["offered_rps"].median for level in levels]
        axes.plot(rates, rates, color=GREY, linestyle="--", linewidth=1, label="offered")
        _line(axes, levels, "achieved_rps", "achieved", BLUE)
        _line(axes, levels, "goodput_rps", "goodput", GREEN)

    return {
        "TTFT": _against_rate("TTFT", "seconds", ttft),
        "Latency": _against_rate("Latency", "seconds", latency),
        "Throughput": _against_rate(
            "Throughput", "output tokens / s", lambda axes: _line(axes, levels, "tps", "TPS", BLUE)
        ),
        "Goodput": _against_rate("Goodput", "requests / s", goodput),
    }


def timeline_plot(figures: RoundFigures, rate_rps: float, warmup_s: float) -> str:
    """One round second by second: requests above, TTFT below."""
    seconds = figures.timeline
    times = [second.t_s + 0.5 for second in seconds]

    def draw(figure: Figure) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        for axes in (upper, lower):
            axes.axvspan(warmup_s, warmup_s + figures.window_s, color=BLUE, alpha=0.06, linewidth=0)
        upper.step(times, [each.arrivals for each in seconds], where="mid", color=GREY, label="arrivals / s")
        upper.step(
            times, [each.completions for each in seconds], where="mid", color=GREEN, label="completions / s"
        )
        upper.plot(times, [each.in_flight for each in seconds], color=BLUE, label="in flight")
        if any(each.failures for each in seconds):
            upper.step(
                times, [each.failures for each in seconds], where="mid", color=ORANGE, label="failures / s"
            )
        upper.set_ylim(bottom=0)
        upper.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=8, handlelength=1.2)
        lower.plot(
            [second.t_s + 0.5 for second in seconds if second.ttft_p50_s is not None],
            [second.ttft_p50_s for second in seconds if second.ttft_p50_s is not None],
            color=BLUE,
            marker=".",
            markersize=3,
        )
        lower.set_ylim(bottom=0)
        lower.set_ylabel("TTFT p50 (s)")
        lower.set_xlabel("seconds from the start of the level; the window is shaded")

    return _svg(draw, f"Timeline at {rate_rps:g} requests a second, round {figures.round}", (7.2, 3.6))


def _against_rate(title: str, unit: str, content: Callable[[Axes], None]) -> str:
    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        content(axes)
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        axes.set_xlabel("offered requests / s")
        axes.set_ylabel(unit)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        if len(axes.get_legend_handles_labels()[0]) > 1:
            axes.legend(fontsize=8)

    return _svg(draw, f"{title} against the offered rate", (4.6, 3.2))


def _line(axes: Axes, levels: Sequence[LevelFigures], name: str, label: str, color: str) -> None:
    points = [(level, level.summary[name]) for level in levels if name in level.summary]
    rates = [level.summary["offered_rps"].median for level, _ in points]
    medians = [spread.median for _, spread in points]
    axes.plot(rates, medians, color=color, label=label, linewidth=1.6)
    axes.fill_between(
        rates,
        [spread.min for _, spread in points],
        [spread.max for _, spread in points],
        color=color,
        alpha=0.15,
        linewidth=0,
    )
    for valid, fill in ((True, color), (False, "white")):
        # A hollow point is one that may not be used.
        chosen = [
            (rate, median)
            for rate, median, (level, _) in zip(rates, medians, points, strict=True)
            if (level.verdict.kind == "valid") is valid
        ]
        if chosen:
            axes.plot(
                *zip(*chosen, strict=True), "o", color=color, markerfacecolor=fill, markersize=5, zorder=3
            )


def _limit(axes: Axes, limit_s: float | None) -> None:
    if limit_s is not None:
        axes.axhline(limit_s, color=GREEN, linestyle=":", linewidth=1.2, label=f"SLO {limit_s:g} s")


def _svg(draw: Callable[[Figure], None], title: str, size: tuple[float, float]) -> str:
    # Salted by the title, so that the ids of several plots on one page differ and stay the same.
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": title}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Title": title, "Date": None})
    text = target.getvalue()
    # The XML head names a DTD by URL, and the metadata block names vocabularies: a page needs neither.
    text = text[text.index("<svg") :]
    begin, end = text.find("<metadata>"), text.find("</metadata>")
    return text[:begin] + text[end + len("</metadata>") :] if begin >= 0 else text
