"""The crosscheck's reading of vLLM's result: the same streams give the load test's own figures."""

from typing import Any

import numpy as np
import pytest

from bench.crosscheck_figures import of_loadtest, of_vllm
from loadtest.client.record import Record
from loadtest.figures.level import round_figures
from loadtest.generate.result import LevelResult
from loadtest.generate.usage import GeneratorUsage
from loadtest.plan.level import Level, arrivals_of

LEVEL = Level(
    index=0,
    round=1,
    rate_rps=40,
    warmup_s=1,
    window_s=4,
    drain_timeout_s=1,
    law="poisson",
    seed=5,
    popularity="uniform",
    zipf_exponent=1,
)
TOKENS = 16
STARTED_AT_S = 7000.0


def streams() -> tuple[list[Record], dict[str, Any], list[float]]:
    """The same requests as records and as vLLM would save them, whose clock began elsewhere."""
    rng = np.random.default_rng(1)
    records: list[Record] = []
    saved: dict[str, Any] = {
        name: [] for name in ("start_times", "ttfts", "itls", "latencies", "output_lens", "errors")
    }
    times = arrivals_of(LEVEL, 3).times_s.tolist()
    for number, time_s in enumerate(times):
        lag_s = 0.0 if number == 3 else float(rng.uniform(0, 0.002))
        sent = time_s + lag_s
        role, begin = sent + 0.01, sent + float(rng.uniform(0.02, 0.05))
        deltas = [begin + 0.01 * step for step in range(TOKENS)]
        records.append(
            Record(
                run="r",
                level=0,
                round=1,
                arrival=number,
                question="q",
                phase=LEVEL.phase(time_s),
                t_sched=time_s,
                t_send=sent,
                t_end=deltas[-1],
                status=200,
                output_tokens=TOKENS,
                deltas=deltas,
            )
        )
        saved["start_times"].append(STARTED_AT_S + sent)
        saved["ttfts"].append(role - sent)
        saved["itls"].append(np.diff([role, *deltas]).tolist())
        saved["latencies"].append(deltas[-1] - sent)
        saved["output_lens"].append(TOKENS)
        saved["errors"].append("")
    saved |= {"output_throughput": 1.0, "cpu_share": 0.3}
    return records, saved, times


def test_the_same_streams_give_the_same_figures() -> None:
    records, saved, times = streams()
    usage = GeneratorUsage(
        worker=0, pid=1, host="h", cpu_share=0.3, throttled_periods=0, nice=0, loop_lag_p99_s=0.0
    )
    ours = of_loadtest(round_figures(LevelResult(LEVEL, records, [usage], None, 0.1, 0.0), {}))
    theirs = of_vllm(saved, times, LEVEL.warmup_s, LEVEL.window_end_s)
    for name in ("tps", "ttft_s", "tpot_s", "lag_p99_s", "cpu_share"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-6), name


def test_requests_that_failed_are_counted_and_left_out() -> None:
    _, saved, times = streams()
    before = of_vllm(saved, times, LEVEL.warmup_s, LEVEL.window_end_s)
    number = next(i for i, time_s in enumerate(times) if time_s > LEVEL.warmup_s + 1)
    saved["errors"][number] = "refused"
    saved["ttfts"][number], saved["itls"][number], saved["latencies"][number] = 0.0, [], 0.0
    saved["output_lens"][number] = 0
    after = of_vllm(saved, times, LEVEL.warmup_s, LEVEL.window_end_s)
    assert (before.failed, after.failed) == (0, 1)
    assert after.tps == pytest.approx(before.tps - TOKENS / LEVEL.window_s)
