"""Plots over time: a round second by second, and the server beside the load."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil
from statistics import median

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from loadtest.report.frame import times
from loadtest.report.picture import Key, Picture, value_axis
from loadtest.report.svg import PAINT, Column, Drawing, line, svg
from loadtest.report.wording import number
from loadtest.schema import Report, RoundFigures, Second
from loadtest.schema.observed import ServerSample

# More moments than these can't be told apart in a drawing, and would only make the page large.
MOMENTS, WIDE_MOMENTS = 60, 150


def timeline_plot(figures: RoundFigures, rate_rps: float, warmup_s: float) -> Picture:
    """One round: requests above, TTFT below; the window is shaded."""
    seconds = _thin(figures.timeline, MOMENTS)
    failures = any(each.failures for each in seconds)

    def draw(drawing: Drawing) -> None:
        upper, lower = drawing.figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        drawing.axes = [upper, lower]
        end = max(seconds[-1].t_s + (seconds[1].t_s - seconds[0].t_s if len(seconds) > 1 else 1), 1.0)
        for axes in (upper, lower):
            axes.set_xlim(0, end)
            axes.axvspan(warmup_s, warmup_s + figures.window_s, color=PAINT["c5"], alpha=0.07, linewidth=0)
        _steps(upper, seconds, [each.arrivals for each in seconds], "c1")
        _steps(upper, seconds, [each.completions for each in seconds], "c4")
        _steps(upper, seconds, [each.in_flight for each in seconds], "c5")
        if failures:
            _steps(upper, seconds, [each.failures for each in seconds], "c6")
        value_axis_from_0(upper, [value for each in seconds for value in (each.arrivals, each.in_flight)])
        unit = _ttft(lower, seconds)
        lower.set_ylabel(unit)
        lower.set_xlabel("seconds")
        drawing.columns = [_moment(each, failures) for each in seconds]

    title = f"Timeline at {rate_rps:g} requests a second, round {figures.round}"
    keys = [
        Key("arrivals / s", "c1", "line"),
        Key("completions / s", "c4", "line"),
        Key("in flight", "c5", "line"),
    ]
    keys += [Key("failures / s", "c6", "line")] * failures
    keys.append(Key("TTFT p50 (below)", "c2", "line"))
    return Picture(f"{rate_rps:g} RPS", f"round {figures.round}", svg(draw, title, (5.4, 3.0)), keys)


def server_plot(report: Report) -> Picture | None:
    """Offered rate, replicas, requests and TTFT of the first round over time, on one time axis.

    None if the server was not sampled, or the run has no timeline to set beside it.
    """
    samples = list(report.server.samples) if report.server else []
    seconds = _whole_run(report)
    if not samples or not seconds:
        return None
    samples = samples[:: ceil(len(samples) / WIDE_MOMENTS)]
    moments = _thin(seconds, WIDE_MOMENTS)
    starts = report.server.starts if report.server else []

    def draw(drawing: Drawing) -> None:
        panels = drawing.figure.subplots(4, 1, sharex=True, height_ratios=[1, 1, 1.2, 1.2])
        drawing.axes = list(panels)
        load, replicas, queue, first = panels
        load.set_xlim(0, max(seconds[-1].t_s + 1, samples[-1].t_s))
        _steps(load, moments, [each.arrivals for each in moments], "c1", area=True)
        value_axis_from_0(load, [each.arrivals for each in moments])
        at = [sample.t_s for sample in samples]
        replicas.step(at, [sample.pods for sample in samples], where="post", color=PAINT["c1"], linewidth=1.2)
        replicas.step(at, [sample.ready for sample in samples], where="post", color=PAINT["c5"], linewidth=2)
        value_axis_from_0(replicas, [max(sample.pods, sample.ready) for sample in samples])
        replicas.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        for name, color in (("ongoing", "c5"), ("waiting", "c2")):
            known = [
                (sample.t_s, getattr(sample, name)) for sample in samples if getattr(sample, name) is not None
            ]
            if known:
                queue.plot(*zip(*known, strict=True), color=PAINT[color], linewidth=1.5)
        value_axis_from_0(queue, [sample.ongoing or 0 for sample in samples])
        unit = _ttft(first, moments)
        first.set_xlabel("seconds from the start of the first level")
        for axes, name in zip(panels, ("arrivals / s", "replicas", "requests", f"TTFT, {unit}"), strict=True):
            axes.set_ylabel(name)
            for start in starts:
                if start.first_token_s is not None:
                    axes.axvline(
                        start.first_token_s, color=PAINT["good"], linewidth=0.9, linestyle=(0, (3, 3))
                    )
        drawing.figure.align_ylabels(panels)
        drawing.columns = [_beside(each, samples) for each in moments]

    keys = [
        Key("replicas ready", "c5", "line"),
        Key("pods", "c1", "line"),
        Key("requests in the server", "c5", "line"),
        Key("of these waiting", "c2", "line"),
        Key("a new replica's first token", "good", "dashed"),
    ]
    picture = svg(draw, "Load, replicas, requests and TTFT over time", (8.6, 5.6), "wide")
    return Picture("The server over time", "", picture, keys[: 5 if starts else 4])


def value_axis_from_0(axes: Axes, values: Sequence[float]) -> None:
    """A linear axis for counts."""
    axes.set_ylim(0, max(values, default=1) * 1.12 or 1)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _steps(
    axes: Axes, seconds: Sequence[Second], values: Sequence[float], color: str, area: bool = False
) -> None:
    at = [each.t_s for each in seconds]
    axes.step(at, values, where="post", color=PAINT[color], linewidth=1.4)
    if area:
        axes.fill_between(at, values, step="post", color=PAINT[color], alpha=0.2, linewidth=0)


def _ttft(axes: Axes, seconds: Sequence[Second]) -> str:
    """Draws TTFT p50; its unit."""
    known = [(each.t_s, each.ttft_p50_s) for each in seconds if each.ttft_p50_s is not None]
    if not known:
        return ""
    axes.plot(*zip(*known, strict=True), color=PAINT["c2"], linewidth=1.5)
    return value_axis(axes, [value for _, value in known], "s").partition(",")[0]


def _moment(second: Second, failures: bool) -> Column:
    rows = [
        ("c1", "arrivals", f"{second.arrivals:g} / s", ""),
        ("c4", "completions", f"{second.completions:g} / s", ""),
        ("c5", "in flight", f"{second.in_flight}", ""),
        ("c2", "TTFT p50", times(second.ttft_p50_s), ""),
    ]
    rows += [("c6", "failures", f"{second.failures:g} / s", "")] * failures
    return Column(second.t_s, line(f"{second.t_s:g} s", rows))


def _beside(second: Second, samples: Sequence[ServerSample]) -> Column:
    sample = min(samples, key=lambda each: abs(each.t_s - second.t_s))
    rows = [
        ("c1", "arrivals", f"{second.arrivals:g} / s", ""),
        ("c5", "ready", f"{sample.ready}", f"of {sample.pods} pods"),
        ("c5", "in the server", number(sample.ongoing, 0), ""),
        ("c2", "waiting", number(sample.waiting, 0), ""),
        ("c2", "TTFT p50", times(second.ttft_p50_s), ""),
    ]
    return Column(second.t_s, line(f"{second.t_s:g} s", rows))


def _whole_run(report: Report) -> list[Second]:
    """The timelines of all levels, from the start of the first one."""
    rounds = sorted(
        (each for level in report.levels for each in level.rounds), key=lambda each: each.started_at
    )
    if not rounds:
        return []
    start = datetime.fromisoformat(rounds[0].started_at)
    return [
        second.model_copy(
            update={"t_s": second.t_s + (datetime.fromisoformat(each.started_at) - start).total_seconds()}
        )
        for each in rounds
        for second in each.timeline
    ]


def _thin(seconds: Sequence[Second], most: int) -> list[Second]:
    """At most so many moments: means of as many seconds each, and the last number in flight."""
    size = ceil(len(seconds) / most)
    return [_mean(group) for group in _groups(seconds, size)] if size > 1 else list(seconds)


def _groups(seconds: Sequence[Second], size: int) -> Iterator[Sequence[Second]]:
    edges = [*range(0, len(seconds), size), len(seconds)]
    return (seconds[a:b] for a, b in pairwise(edges))


def _mean(group: Sequence[Second]) -> Second:
    known = [each.ttft_p50_s for each in group if each.ttft_p50_s is not None]

    def mean(values: Sequence[float]) -> float:
        return round(sum(values) / len(group), 2)

    return group[-1].model_copy(
        update={
            "t_s": group[0].t_s,
            "arrivals": mean([each.arrivals for each in group]),
            "completions": mean([each.completions for each in group]),
            "failures": mean([each.failures for each in group]),
            "ttft_p50_s": median(known) if known else None,
        }
    )
