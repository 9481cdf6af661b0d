"""Made-up but plausible runs: what a server of a given speed and a given rate would look like in a report.

Nothing is measured: figures follow from rate and speed by a rule of thumb, with noise from a seed, so that
pages and comparisons can be tried on reports of any size.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from loadtest.figures.rounds import knee_rps, level_figures
from loadtest.layering import load_settings
from loadtest.schema import (
    Counts,
    Distribution,
    Environment,
    GeneratorFigures,
    Report,
    RoundFigures,
    Second,
    Verdict,
    VerdictKind,
)
from loadtest.schema.answers import Answer, Answers
from loadtest.schema.quality import Scores
from loadtest.schema.waterfall import STAGES, Stage, Waterfall
from loadtest.settings import RunSettings

TOKENS = 64
SHARES: dict[Stage, float] = {
    "admit": 0.01,
    "retrieve_queue": 0.05,
    "embed": 0.12,
    "search": 0.03,
    "prompt": 0.02,
    "engine_queue": 0.15,
    "prefill": 0.5,
    "first_delta": 0.04,
    "transport": 0.07,
}
"""Of the unhurried time to the first delta."""


@dataclass(frozen=True)
class Speed:
    """A server: what it can take, and what it takes when it is alone."""

    architecture: str
    capacity_rps: float
    ttft_s: float
    tpot_s: float
    engine: str = "vllm"
    recall: float = 0.9
    exact_match: float = 0.85


def made_run(
    run: str,
    speed: Speed,
    rates: tuple[float, ...] = (8, 16, 24, 32),
    rounds: int = 3,
    labels: dict[str, str] | None = None,
    verdicts: dict[float, VerdictKind] | None = None,
    reasons: tuple[str, ...] = (),
    window_s: float = 60.0,
    replicas: int = 1,
    **plan: Any,
) -> Report:
    """A report of this server; `verdicts` overrides those that follow from its speed."""
    options = {"target": "http://rag-llm:8000", "rps": ",".join(f"{rate:g}" for rate in rates)}
    options |= {"questions": "questions.jsonl", "duration": str(window_s), "warmup": "5"}
    settings = load_settings(
        RunSettings,
        {**options, "rounds": str(rounds), "slo": "ttft_s=1,e2e_s=10", "label": labels or {}},
    )
    rng = np.random.default_rng(sum(map(ord, run)))
    levels = [
        level_figures(
            rate,
            [
                made_round(speed, rate, number, window_s, rng, (verdicts or {}).get(rate))
                for number in range(1, rounds + 1)
            ],
        )
        for rate in rates
    ]
    return Report(
        schema_version=3,
        run=run,
        started_at="2026-11-20T10:00:00+00:00",
        ended_at="2026-11-20T10:20:00+00:00",
        complete=not reasons,
        incomplete_reasons=list(reasons),
        plan=settings.model_dump(mode="json", exclude={"api_key"}) | plan,
        model="demo",
        environment=Environment(
            loadtest="0.1.0",
            locust="2.47.0",
            python="3.13.1",
            platform="Linux-6.1-x86_64",
            cpu_count=8,
            workers=2,
            server={
                "architecture": speed.architecture,
                "engine": {"name": speed.engine, "version": "0.32.0"},
                "replicas": replicas,
                "extensions": ["timings", "reset_prefix_cache"],
            },
        ),
        levels=levels,
        knee_rps=knee_rps(levels, settings.slo),
        processes=[],
        answers=made_answers(speed.recall),
    )


def made_round(
    speed: Speed,
    rate: float,
    number: int,
    window_s: float,
    rng: np.random.Generator,
    kind: VerdictKind | None = None,
) -> RoundFigures:
    """One repeat: below capacity it queues a little, above it a backlog grows."""
    load = rate / speed.capacity_rps
    wobble = float(rng.normal(1, 0.03))
    backlog_s = max(0.0, load - 1) * window_s
    queue_s = 0.6 * speed.ttft_s * min(load, 0.95) ** 2 / (1 - min(load, 0.95))
    ttft_s = (speed.ttft_s + queue_s) * wobble + backlog_s / 2
    decode_s = speed.tpot_s * (TOKENS - 1) * (0.6 + 0.8 * min(load, 1.0)) * wobble
    e2e_s, end_s, lag_s = ttft_s + decode_s + 0.002, 0.002, 0.0008
    achieved = min(rate, speed.capacity_rps) * float(rng.normal(1, 0.004))
    scheduled = int(rate * window_s)
    failed = scheduled // 50 if kind == "errors" else 0
    kind = kind or ("saturated" if load >= 1 else "valid")
    within = 0.995 if kind == "valid" and ttft_s < 0.7 else max(0.0, 0.9 - backlog_s / 20)
    return RoundFigures(
        round=number,
        started_at=f"2026-11-20T10:{number:02d}:00+00:00",
        window_s=window_s,
        drain_s=backlog_s + e2e_s,
        counts=Counts(
            scheduled=scheduled,
            sent=scheduled,
            completed=scheduled - failed,
            failed=failed,
            unfinished=0,
            unsent=0,
            usage_missing=0,
        ),
        errors={"http_503": failed} if failed else {},
        error_examples={"http_503": "the queue is full"} if failed else {},
        offered_rps=rate,
        achieved_rps=min(achieved, rate),
        in_flight_start=int(rate * e2e_s),
        in_flight_end=int(rate * e2e_s + backlog_s * speed.capacity_rps),
        in_flight_max=int(rate * e2e_s * 1.5 + backlog_s * speed.capacity_rps) + 2,
        ttft_s=_distribution(scheduled - failed, ttft_s),
        ttft_send_s=_distribution(scheduled - failed, ttft_s - lag_s),
        tpot_s=_distribution(scheduled - failed, decode_s / (TOKENS - 1), 0.2),
        itl_s=_distribution((scheduled - failed) * (TOKENS - 1), decode_s / (TOKENS - 1), 0.4),
        e2e_latency_s=_distribution(scheduled - failed, e2e_s),
        latency_avg_s=e2e_s,
        latency_total_s=window_s + backlog_s + e2e_s,
        tps=min(achieved, rate) * TOKENS,
        output_tokens_mean=float(TOKENS),
        prompt_tokens_mean=412.5,
        goodput_rps=rate * within,
        goodput_share=within,
        send_lag_p50_s=lag_s / 2,
        send_lag_p99_s=0.012 if kind == "generator-limited" else 2 * lag_s,
        generators=[
            GeneratorFigures(
                worker=0,
                host="loader",
                pid=11,
                cpu_share=0.71 if kind == "generator-limited" else 0.2,
                throttled_periods=0,
                nice=0,
                loop_lag_p99_s=0.001,
            )
        ],
        verdict=Verdict(kind=kind, reasons=_why(kind, rate), notes=[]),
        timeline=_timeline(rate, achieved, ttft_s, e2e_s, window_s, rng),
        waterfall=_waterfall(speed, scheduled - failed, lag_s, ttft_s, decode_s, end_s),
        cache_reset=1,
        quality=Scores(
            n=50,
            exact_match=speed.exact_match,
            f1=speed.exact_match + 0.02,
            refused=0.05,
            recall=speed.recall,
        ),
    )


def made_answers(recall: float, worded: str = "") -> Answers:
    """Ten questions; the gold document is found by `recall` of them."""
    answers = [
        Answer(
            question=f"q{number:03d}",
            text=f"The gate stands at bridge {number}, {worded}as the register of {1900 + number} says.",
            passages=[f"en/{'gate' if number < recall * 10 else 'fence'}-{number}.md#0", "en/other.md#4"],
            gold_rank=1 if number < recall * 10 else None,
        )
        for number in range(10)
    ]
    return Answers(answers=answers, with_gold=10, recall=recall)


def _why(kind: VerdictKind, rate: float) -> list[str]:
    return {
        "valid": [],
        "saturated": [f"requests in flight grew at {rate:g} RPS: the server did not keep up"],
        "generator-limited": ["generator 0 used 71% of a core (at most 50%)"],
        "errors": [f"2% of the requests at {rate:g} RPS failed"],
        "incomplete": ["the run was stopped in this level"],
    }[kind]


def _distribution(count: int, mean: float, width: float = 0.5) -> Distribution:
    p50, p90, p95, p99, most = (mean * (1 + width * step) for step in (-0.08, 0.7, 1.1, 1.9, 3.0))
    return Distribution(count=count, mean=mean, p50=p50, p90=p90, p95=p95, p99=p99, max=most)


def _waterfall(
    speed: Speed, requests: int, lag_s: float, ttft_s: float, decode_s: float, end_s: float
) -> Waterfall:
    """What queueing adds stands in front of the engine."""
    alone_s = min(speed.ttft_s, ttft_s - lag_s)
    mean: dict[Stage, float] = {stage: alone_s * share for stage, share in SHARES.items()}
    mean |= {"send_lag": lag_s, "decode": decode_s, "end": end_s}
    mean["engine_queue"] += ttft_s - lag_s - alone_s * sum(SHARES.values())
    mean = {stage: mean[stage] for stage in STAGES}
    return Waterfall(
        requests=requests - 1,
        unjoined=1,
        mean_s=mean,
        p99_s={stage: value * 2.5 for stage, value in mean.items()},
        slowest_s={stage: value * (2.2 if "queue" in stage else 1.3) for stage, value in mean.items()},
        server_decode_mean_s=decode_s * 0.998,
    )


def _timeline(
    rate: float, achieved: float, ttft_s: float, e2e_s: float, window_s: float, rng: np.random.Generator
) -> list[Second]:
    in_flight, seconds = 0.0, []
    for second in range(int(window_s) + 10):
        arrivals = int(rng.poisson(rate)) if second < window_s + 5 else 0
        completions = min(int(rng.poisson(achieved)) if second > e2e_s else 0, int(in_flight) + arrivals)
        in_flight += arrivals - completions
        seconds.append(
            Second(
                t_s=float(second),
                arrivals=arrivals,
                completions=completions,
                failures=0,
                in_flight=int(in_flight),
                tokens=float(completions * TOKENS),
                ttft_p50_s=ttft_s * float(rng.uniform(0.7, 1.3)) if arrivals else None,
            )
        )
    return seconds
