"""Records and level results made by hand."""

from loadtest.client.record import Record
from loadtest.generate.result import LevelResult
from loadtest.generate.usage import GeneratorUsage
from loadtest.plan.level import Level


def level(rate_rps: float = 1.0, warmup_s: float = 2.0, window_s: float = 4.0) -> Level:
    """Constant arrivals: one a second from 0 on, unless told otherwise."""
    return Level(
        index=0,
        round=1,
        rate_rps=rate_rps,
        warmup_s=warmup_s,
        window_s=window_s,
        drain_timeout_s=10.0,
        law="constant",
        seed=1,
        popularity="uniform",
        zipf_exponent=1.0,
    )


def record(
    t_sched: float,
    deltas: list[float] | None = None,
    t_end: float | None = None,
    tokens: int | None = None,
    error: str | None = None,
    lag_s: float = 0.001,
) -> Record:
    """One arrival of `level()`; its end is the last delta unless told otherwise."""
    deltas = deltas or []
    return Record(
        run="r",
        level=0,
        round=1,
        arrival=int(t_sched),
        question="q",
        phase=level().phase(t_sched),
        t_sched=t_sched,
        t_send=t_sched + lag_s,
        t_end=t_end if t_end is not None else (deltas[-1] if deltas else t_sched + 1),
        status=200,
        output_tokens=tokens,
        error=error,
        deltas=deltas,
    )


def result(
    records: list[Record], of: Level | None = None, stopped_at_s: float | None = None, cpu_share: float = 0.1
) -> LevelResult:
    usage = GeneratorUsage(worker=0, pid=1, host="h", cpu_share=cpu_share, throttled_periods=0, nice=0)
    return LevelResult(
        level=of or level(),
        records=records,
        usages=[usage],
        stopped_at_s=stopped_at_s,
        drain_s=0.5,
        start_wall_s=0.0,
    )
