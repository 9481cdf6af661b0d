"""A level over its rounds: medians with their spread, whether it holds its service levels, and the knee."""

from collections.abc import Mapping, Sequence
from statistics import median

from loadtest.figures.verdict import noise, worst
from loadtest.schema import Distribution, LevelFigures, RoundFigures, Spread
from loadtest.schema.quality import Scores

PLAIN = (
    "offered_rps",
    "achieved_rps",
    "latency_avg_s",
    "latency_total_s",
    "tps",
    "goodput_rps",
    "goodput_share",
    "send_lag_p99_s",
)
SPREAD_OUT = ("ttft_s", "ttft_send_s", "tpot_s", "itl_s", "itl_max_s", "e2e_latency_s")
PERCENTILES = ("mean", "p50", "p90", "p95", "p99")
SCORES = ("quality.exact_match", "quality.f1", "quality.refused", "quality.recall")


def level_figures(rate_rps: float, rounds: Sequence[RoundFigures]) -> LevelFigures:
    """Join the rounds of a rate."""
    summary = {}
    for name in PLAIN:
        values = [getattr(each, name) for each in rounds if getattr(each, name) is not None]
        if values:
            summary[name] = _spread(values)
    for name in SPREAD_OUT:
        parts: list[Distribution] = [
            getattr(each, name) for each in rounds if getattr(each, name) is not None
        ]
        for percentile in PERCENTILES if parts else ():
            summary[f"{name}.{percentile}"] = _spread([getattr(part, percentile) for part in parts])
    for name in SCORES:
        values = [value for each in rounds if (value := value_of(each, name)) is not None]
        if values:
            summary[name] = _spread(values)
    return LevelFigures(
        rate_rps=rate_rps,
        rounds=list(rounds),
        summary=summary,
        verdict=worst([each.verdict for each in rounds]),
    )


def knee_rps(levels: Sequence[LevelFigures], slo: Mapping[str, float]) -> float | None:
    """The highest rate whose rounds all hold; None if there is none, or no service level to meet."""
    if not slo:
        return None
    return max((level.rate_rps for level in levels if all(map(holds, level.rounds))), default=None)


def holds(figures: RoundFigures) -> bool:
    """Whether a round is valid, meets every service level, and its requests in flight do not grow."""
    growth = figures.in_flight_end - figures.in_flight_start
    return (
        figures.verdict.kind == "valid"
        and all(each.met for each in figures.service_levels.values())
        and growth <= noise(figures.in_flight_start, figures.in_flight_end)
    )


def values_of(level: LevelFigures | None, figure: str) -> list[float]:
    """A figure in each round that has it."""
    values = [value_of(each, figure) for each in level.rounds] if level is not None else []
    return [value for value in values if value is not None]


def value_of(figures: RoundFigures, figure: str) -> float | None:
    """A figure of a round by its name in the summary: `ttft_s.p99` is a part of a distribution."""
    name, _, part = figure.partition(".")
    found = getattr(figures, name)
    value = getattr(found, part) if part and found is not None else found
    return None if value is None else float(value)


def level_scores(level: LevelFigures) -> Scores | None:
    """The scores of the answers of all rounds together; None if none was scored."""
    found = [each.quality for each in level.rounds if each.quality is not None]
    answers = sum(each.n for each in found)
    if not answers:
        return None

    def mean(name: str) -> float | None:
        known = [(getattr(each, name), each.n) for each in found if getattr(each, name) is not None]
        return sum(value * n for value, n in known) / sum(n for _, n in known) if known else None

    return Scores(
        n=answers,
        exact_match=mean("exact_match") or 0.0,
        f1=mean("f1") or 0.0,
        refused=mean("refused") or 0.0,
        recall=mean("recall"),
    )


def _spread(values: list[float]) -> Spread:
    return Spread(median=median(values), min=min(values), max=max(values))
