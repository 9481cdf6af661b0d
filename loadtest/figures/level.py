"""The figures of one round of a level, from its records."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import numpy as np

from loadtest.figures.quality import window_scores
from loadtest.figures.slo import meets, service_levels
from loadtest.figures.timeline import in_flight_at, in_flight_max, timeline
from loadtest.figures.tokens import tokens_between
from loadtest.figures.verdict import judge
from loadtest.figures.waterfall import waterfall
from loadtest.generate.result import LevelResult
from loadtest.plan.level import arrivals_of
from loadtest.plan.questions import Question
from loadtest.schema import Counts, Distribution, GeneratorFigures, RoundFigures


def distribution(values: Iterable[float | None]) -> Distribution | None:
    """Mean and percentiles of the values that exist; None if there is none."""
    array = np.array([value for value in values if value is not None], dtype=np.float64)
    if not array.size:
        return None
    p50, p90, p95, p99 = np.percentile(array, [50, 90, 95, 99])
    return Distribution(
        count=array.size, mean=array.mean(), p50=p50, p90=p90, p95=p95, p99=p99, max=array.max()
    )


def round_figures(
    result: LevelResult, slo: Mapping[str, float], questions: Mapping[str, Question] | None = None
) -> RoundFigures:
    """Reduce one round of a level.

    Args:
        result: of the round.
        slo: service levels.
        questions: by id, for the scores of answers that were kept.
    """
    level, records = result.level, result.records
    begin_s = level.warmup_s
    end_s = level.window_end_s
    if result.stopped_at_s is not None:
        end_s = max(begin_s, min(end_s, result.stopped_at_s))
    window_s = end_s - begin_s
    # A window of no length has no rates: 0 stands for them, and the verdict is `incomplete`.
    span_s = window_s or 1.0

    window = [record for record in records if begin_s <= record.t_sched < end_s]
    good = [record for record in window if record.error is None]
    errors = Counter(record.error for record in window if record.error is not None)
    times = arrivals_of(level, 1).times_s
    scheduled = int(((times >= begin_s) & (times < end_s)).sum())
    counts = Counts(
        scheduled=scheduled,
        sent=len(window),
        completed=len(good),
        failed=len(window) - len(good) - errors["unfinished"],
        unfinished=errors["unfinished"],
        unsent=max(0, scheduled - len(window)),
        usage_missing=sum(record.output_tokens is None for record in good),
    )
    completed_inside = sum(record.error is None and begin_s <= record.t_end < end_s for record in records)
    start, end = in_flight_at(records, begin_s), in_flight_at(records, end_s)
    lag = distribution(record.send_lag_s for record in window)
    reset = result.cache_reset
    e2e = distribution(record.e2e_latency_s for record in good)
    inside_slo = sum(meets(record, slo) for record in window)
    generators = [
        GeneratorFigures(
            worker=usage.worker,
            host=usage.host,
            pid=usage.pid,
            cpu_share=usage.cpu_share,
            throttled_periods=usage.throttled_periods,
            nice=usage.nice,
            loop_lag_p99_s=usage.loop_lag_p99_s,
            clock_offset_s=usage.clock_offset_s,
        )
        for usage in result.usages
    ]
    verdict = judge(
        counts,
        dict(errors),
        completed_inside,
        start,
        end,
        lag.p99 if lag else None,
        generators,
        stopped=result.stopped_at_s is not None,
        warmup_is_short=e2e is not None and e2e.p50 > level.warmup_s,
    )
    if reset and reset.note:
        verdict.notes.append(reset.note)
    return RoundFigures(
        round=level.round,
        started_at=datetime.fromtimestamp(result.start_wall_s, UTC).isoformat(timespec="milliseconds"),
        window_s=window_s,
        drain_s=result.drain_s,
        counts=counts,
        errors={str(kind): count for kind, count in errors.items()},
        error_examples={record.error: record.detail for record in window if record.error is not None},
        offered_rps=scheduled / span_s,
        achieved_rps=completed_inside / span_s,
        in_flight_start=start,
        in_flight_end=end,
        in_flight_max=in_flight_max(records),
        ttft_s=distribution(record.ttft_s for record in good),
        ttft_send_s=distribution(record.ttft_send_s for record in good),
        tpot_s=distribution(record.tpot_s for record in good),
        itl_s=distribution(gap for record in good for gap in np.diff(record.deltas).tolist()),
        itl_max_s=distribution(record.itl_max_s for record in good),
        e2e_latency_s=e2e,
        latency_avg_s=e2e.mean if e2e else None,
        latency_total_s=(
            max(record.t_end for record in window) - min(record.t_sched for record in window)
            if window
            else None
        ),
        tps=tokens_between(records, begin_s, end_s) / span_s,
        output_tokens_mean=_mean(record.tokens for record in good),
        prompt_tokens_mean=_mean(record.prompt_tokens for record in good),
        goodput_rps=inside_slo / span_s,
        goodput_share=inside_slo / scheduled if scheduled else 0.0,
        service_levels=service_levels(good, scheduled, slo),
        send_lag_p50_s=lag.p50 if lag else None,
        send_lag_p99_s=lag.p99 if lag else None,
        generators=generators,
        verdict=verdict,
        timeline=timeline(records, max((record.t_end for record in records), default=0.0)),
        waterfall=waterfall(good),
        cache_reset=reset.emptied if reset else None,
        quality=window_scores(window, questions or {}),
    )


def _mean(values: Iterable[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
