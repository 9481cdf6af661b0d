"""A run against a baseline: which figures are worse by more than noise explains.

A figure is worse if the whole bootstrap interval of its change lies beyond what is allowed. Runs of one plan
are compared round by round, as a round has the same arrivals in both, and the tolerance is allowed. Where
the rounds are no pairs it is half the range of the baseline's own rounds, if that is more. A run of one round
has no interval, and no range: SINGLE_ROUND is allowed then.
"""

from collections.abc import Sequence
from statistics import median

from loadtest.figures.bootstrap import change_interval, difference_interval
from loadtest.figures.pairs import paired_rounds, same_arrivals
from loadtest.figures.rounds import value_of
from loadtest.figures.verdict import ACHIEVED_SHARE_MIN, FEW_REQUESTS, NO_POINT
from loadtest.schema import LevelFigures, Report, RoundFigures
from loadtest.schema.gate import Gate, GateFigure

# Figure of a round, as in the levels' summary, and its name in a sentence.
FIGURES = {
    "ttft_s.p50": "TTFT p50",
    "ttft_s.p99": "TTFT p99",
    "tpot_s.p50": "TPOT p50",
    "latency_avg_s": "Latency avg",
    "tps": "TPS",
    "goodput_share": "the goodput share",
    "failed": "the share of failed requests",
}
MORE_IS_BETTER = frozenset({"tps", "goodput_share"})
# Shares are compared by their difference: one that was 0 has no relative change.
SHARES = frozenset({"goodput_share", "failed"})
SINGLE_ROUND = 0.2


def gate(baseline: Report, now: Report, tolerance: float, remarks: Sequence[str] = ()) -> Gate:
    """Compare a run with its baseline, rate by rate.

    Args:
        baseline: the earlier run.
        now: the run that is judged.
        tolerance: share by which a figure may be worse, at least.
        remarks: what else makes the two hard to compare.
    """
    figures: list[GateFigure] = []
    doubts: list[str] = []
    measured = {level.rate_rps: level for level in now.levels}
    same = same_arrivals(baseline, now)
    for before in baseline.levels:
        after = measured.get(before.rate_rps)
        if after is None:
            remarks = [*remarks, f"{before.rate_rps:g} RPS of the baseline was not measured."]
        elif useless := _useless(baseline.run, before, after):
            doubts += useless
        else:
            found, limits = _compared(before, after, tolerance, same)
            figures += found
            remarks = [*remarks, *limits]
    if not now.complete:
        doubts.insert(0, f"This run is incomplete: {'; '.join(now.incomplete_reasons)}.")
    if not figures:
        doubts.append(f"There is nothing to compare with {baseline.run}.")
    if not baseline.complete:
        remarks = [*remarks, f"The baseline is incomplete: {'; '.join(baseline.incomplete_reasons)}."]
    worse = [_told(figure) for figure in figures if figure.worse]
    return Gate(
        baseline_run=baseline.run,
        passed=not worse and not doubts,
        figures=figures,
        sentences=[*worse, *doubts, *dict.fromkeys(remarks)],
    )


def _useless(run: str, before: LevelFigures, now: LevelFigures) -> list[str]:
    """Why a rate allows no judgement."""
    return [
        f"{level.rate_rps:g} RPS says nothing about the server: {whose} is {level.verdict.kind} "
        f"({'; '.join(level.verdict.reasons)})."
        for whose, level in (("it", now), (f"its point in {run}", before))
        if level.verdict.kind in NO_POINT
    ]


def _compared(
    before: LevelFigures, now: LevelFigures, tolerance: float, same: bool
) -> tuple[list[GateFigure], list[str]]:
    """The figures of a rate that both runs have, and what limits what they say."""
    figures, limits = [], []
    single = min(len(before.rounds), len(now.rounds)) < 2
    if single:
        limits.append(
            f"With one round a change of up to {SINGLE_ROUND:.0%} may be noise: more rounds on both sides "
            "would tell more."
        )
    if before.verdict.kind == "saturated":
        limits.append(
            f"At {now.rate_rps:g} RPS the baseline is saturated, where times grow with the length of the "
            "window: only its TPS is judged."
        )
    for name in ("tps",) if before.verdict.kind == "saturated" else FIGURES:
        base, values = _values(before, name), _values(now, name)
        if not base or not values or (name not in SHARES and median(base) == 0):
            continue
        if name.endswith(".p99") and (fewest := _fewest(before, now)) < FEW_REQUESTS:
            limits.append(
                f"At {now.rate_rps:g} RPS {FIGURES[name]} is not judged: {fewest} answers in a round are "
                f"fewer than {FEW_REQUESTS}."
            )
            continue
        paired = same and paired_rounds(before, now, base, values)
        figures.append(_judged(now.rate_rps, name, base, values, tolerance, single, paired))
    return figures, limits


def _judged(
    rate_rps: float,
    name: str,
    base: list[float],
    values: list[float],
    tolerance: float,
    single: bool,
    paired: bool,
) -> GateFigure:
    share = name in SHARES
    change, low, high = (difference_interval if share else change_interval)(base, values, paired=paired)
    low, high = (change if low is None else low), (change if high is None else high)
    # Between pairs the interval of the change is the noise: the rounds' own differences are not in it.
    own_noise = 0.0 if paired else (max(base) - min(base)) / 2 / (1.0 if share else median(base))
    floor = max(tolerance, SINGLE_ROUND) if single else tolerance
    if name == "failed":
        # As for a verdict: a server that fails more than that is no slower server.
        floor = min(tolerance, 1 - ACHIEVED_SHARE_MIN)
    allowed = max(floor, own_noise)
    return GateFigure(
        rate_rps=rate_rps,
        figure=name,
        baseline=median(base),
        now=median(values),
        change=change,
        change_low=low,
        change_high=high,
        allowed=allowed,
        worse=high < -allowed if name in MORE_IS_BETTER else low > allowed,
    )


def _values(level: LevelFigures, name: str) -> list[float]:
    """A figure in each round that has it."""
    values = [_value(each, name) for each in level.rounds]
    return [value for value in values if value is not None]


def _value(figures: RoundFigures, name: str) -> float | None:
    if name == "failed":
        counts = figures.counts
        missing = counts.failed + counts.unfinished + counts.unsent
        return missing / counts.scheduled if counts.scheduled else None
    return value_of(figures, name)


def _fewest(*levels: LevelFigures) -> int:
    counts = [each.ttft_s.count if each.ttft_s else 0 for level in levels for each in level.rounds]
    return min(counts, default=0)


def _told(figure: GateFigure) -> str:
    unit = " points" if figure.figure in SHARES else "%"
    interval = ""
    if figure.change_low != figure.change_high:
        interval = f", interval {figure.change_low * 100:+.1f} to {figure.change_high * 100:+.1f}"
    return (
        f"At {figure.rate_rps:g} RPS {FIGURES[figure.figure]} is worse: {figure.now:.4g} after "
        f"{figure.baseline:.4g} ({figure.change * 100:+.1f}{unit}{interval}; allowed "
        f"{figure.allowed * 100:.1f})."
    )
