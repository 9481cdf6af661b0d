"""Whether a point may be used: valid, saturated, generator-limited, errors or incomplete.

A point is valid if achieved / offered >= 0.99, the p99 send lag is at most 5 ms, no generator process
used more than half a core, and none was throttled. The send lag shows how late requests were sent; reads
can be late too, so the lag of the event loop, sampled all the time, has the same limit.

The order of judgement: an interrupted level is incomplete; where the generator was the limit nothing is
said about the server; then errors; then saturation.

Saturation and small samples. Over a window, arrivals - completions is exactly the growth of the requests
in flight, L (errors aside). Of a queue in equilibrium that growth is noise around 0, for L is about a
Poisson count (exactly so if requests don't disturb each other: the M/G/infinity queue) with a variance of
L, and the growth is the difference of two such counts, with a variance of L at the start + L at the end.
So a deficit over 1% counts as saturation only if L also grew by more than three standard deviations,
3 * sqrt(L at the start + L at the end). Of an overloaded server L grows by (offered - capacity) * window,
which passes that bound as the window gets longer. The counter-example is a warm-up shorter than a request:
L is still filling then, and the reason says so.
"""

import math

from loadtest.plan.capacity import CPU_SHARE_MAX
from loadtest.schema import Counts, GeneratorFigures, Verdict, VerdictKind

ACHIEVED_SHARE_MIN = 0.99
SEND_LAG_P99_MAX_S = 0.005
NOISE_DEVIATIONS = 3.0
# Kinds by which a server says, or shows, that it is overloaded.
OVERLOAD_KINDS = frozenset({"http_429", "http_503", "timeout", "unfinished"})
# Too few requests for a p99 that means something: it is the largest value or nearly so.
FEW_REQUESTS = 100

SEVERITY: tuple[VerdictKind, ...] = ("valid", "saturated", "errors", "generator-limited", "incomplete")
# Points of these kinds say nothing of the server.
NO_POINT: tuple[VerdictKind, ...] = ("generator-limited", "incomplete")


def judge(
    counts: Counts,
    errors: dict[str, int],
    achieved_in_window: int,
    in_flight_start: int,
    in_flight_end: int,
    send_lag_p99_s: float | None,
    generators: list[GeneratorFigures],
    stopped: bool,
    warmup_is_short: bool = False,
) -> Verdict:
    """The verdict on one round of a level.

    Args:
        counts: of the window.
        errors: of the window by kind.
        achieved_in_window: complete answers that ended inside the window.
        in_flight_start: requests in flight when the window began.
        in_flight_end: when it ended.
        send_lag_p99_s: None if nothing was sent.
        generators: what the generators used.
        stopped: the level was interrupted.
        warmup_is_short: the warm-up is shorter than the median latency.
    """
    notes = _notes(counts, errors)
    if stopped or not counts.scheduled:
        reason = "the level was interrupted" if stopped else "no arrival fell into the window"
        return Verdict(kind="incomplete", reasons=[reason], notes=notes)
    limits = _generator_limits(counts, errors, send_lag_p99_s, generators)
    if limits:
        return Verdict(kind="generator-limited", reasons=limits, notes=notes)
    overload = sum(count for kind, count in errors.items() if kind in OVERLOAD_KINDS)
    other = sum(errors.values()) - overload
    tolerated = (1 - ACHIEVED_SHARE_MIN) * counts.scheduled
    if other > tolerated:
        return Verdict(kind="errors", reasons=[f"{other} of {counts.scheduled} requests failed"], notes=notes)
    reasons = []
    if overload > tolerated:
        reasons.append(f"{overload} of {counts.scheduled} requests were refused or not answered in time")
    deficit = counts.scheduled - achieved_in_window
    growth = in_flight_end - in_flight_start
    if deficit > tolerated and growth > noise(in_flight_start, in_flight_end):
        reasons.append(
            f"achieved / offered is {achieved_in_window / counts.scheduled:.3f} and the requests in flight "
            f"grew from {in_flight_start} to {in_flight_end}"
        )
        if warmup_is_short:
            reasons.append("the warm-up is shorter than the median latency: repeat it with a longer one")
    elif deficit > tolerated and not reasons:
        notes.append(
            f"achieved / offered is {achieved_in_window / counts.scheduled:.3f}, within the noise of the "
            f"window's edges (in flight {in_flight_start} at its start, {in_flight_end} at its end)"
        )
    return Verdict(kind="saturated" if reasons else "valid", reasons=reasons, notes=notes)


def noise(in_flight_start: int, in_flight_end: int) -> float:
    """Growth of the requests in flight that a queue in equilibrium may show by chance."""
    return NOISE_DEVIATIONS * math.sqrt(max(1, in_flight_start + in_flight_end))


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict on a level of several rounds."""
    kind = max((verdict.kind for verdict in verdicts), key=SEVERITY.index, default="incomplete")
    reasons = dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)
    notes = dict.fromkeys(note for verdict in verdicts for note in verdict.notes)
    return Verdict(kind=kind, reasons=list(reasons), notes=list(notes))


def _generator_limits(
    counts: Counts, errors: dict[str, int], send_lag_p99_s: float | None, generators: list[GeneratorFigures]
) -> list[str]:
    limits = []
    if errors.get("generator"):
        limits.append(f"{errors['generator']} arrivals found no free socket: raise the limit of open files")
    if counts.unsent:
        limits.append(f"{counts.unsent} of {counts.scheduled} arrivals were not sent")
    if send_lag_p99_s is not None and send_lag_p99_s > SEND_LAG_P99_MAX_S:
        limits.append(f"p99 send lag {send_lag_p99_s * 1000:.1f} ms is over {SEND_LAG_P99_MAX_S * 1000:g} ms")
    for generator in generators:
        if generator.cpu_share is not None and generator.cpu_share > CPU_SHARE_MAX:
            limits.append(
                f"generator {generator.worker} used {generator.cpu_share:.0%} of a core, "
                f"over {CPU_SHARE_MAX:.0%}"
            )
        if generator.loop_lag_p99_s is not None and generator.loop_lag_p99_s > SEND_LAG_P99_MAX_S:
            limits.append(
                f"generator {generator.worker} woke up {generator.loop_lag_p99_s * 1000:.1f} ms late at p99, "
                f"over {SEND_LAG_P99_MAX_S * 1000:g} ms"
            )
        if generator.throttled_periods:
            limits.append(
                f"generator {generator.worker} was throttled in {generator.throttled_periods} CFS periods"
            )
    return limits


def _notes(counts: Counts, errors: dict[str, int]) -> list[str]:
    notes = []
    if errors:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(errors.items()))
        notes.append(f"errors: {kinds}")
    if counts.usage_missing:
        notes.append(
            f"{counts.usage_missing} answers had no usage count: their deltas were counted as tokens"
        )
    if 0 < counts.completed < FEW_REQUESTS:
        notes.append(f"only {counts.completed} complete answers: p99 is close to the largest value")
    return notes
