"""Made-up runs of each kind that a page shows: a searched knee, a gate, and a step under autoscaling."""

from loadtest.schema import Report
from loadtest.schema.gate import Gate, GateFigure
from loadtest.schema.knee import KneeSearch, KneeStep
from loadtest.schema.levels import Second
from loadtest.schema.observed import Observed, ReplicaStart, ServerSample
from tests.loadtest.made_runs import Speed, made_run

RVC = Speed("rvc", capacity_rps=40, ttft_s=0.12, tpot_s=0.012)


def knee_run() -> Report:
    """A search that began at 8, doubled to 64 and bisected to [36, 40)."""
    slo = {"ttft_p99_s": 0.5, "tpot_p99_s": 0.05}
    tried: list[tuple[float, str, bool | None]] = [
        (8, "start", True),
        (16, "bracket", True),
        (32, "bracket", True),
        (64, "bracket", False),
        (48, "bisect", False),
        (40, "bisect", None),
        (40, "again", False),
        (36, "bisect", True),
    ]
    report = made_run("knee-1", RVC, tuple(sorted({rate for rate, _, _ in tried})), rounds=1, slo=slo)
    steps = [
        KneeStep.model_validate(
            {
                "rate_rps": rate,
                "why": why,
                "meets": meets,
                "broken": {"ttft_p99_s": 0.02 * rate} if meets is False else {},
            }
        )
        for rate, why, meets in tried
    ]
    knee = KneeSearch(
        slo=slo,
        steps=steps,
        rate_rps=36,
        upper_rps=40,
        broke_first="ttft_p99_s",
        component="queue",
        sentence="Holds 36 requests a second inside the service levels; at 40 the TTFT's p99 is 0.80 s "
        "instead of 0.50 s, and it is the queue that grew.",
    )
    return report.model_copy(update={"knee": knee, "knee_rps": 36.0})


def gated_run(passed: bool = True) -> Report:
    """A run against a baseline; if it did not pass, its TTFT at 16 RPS is the reason."""
    figures = [
        GateFigure(
            rate_rps=rate,
            figure=figure,
            baseline=baseline,
            now=baseline * (1 + change),
            change=change,
            change_low=change - 0.02,
            change_high=change + 0.02,
            allowed=0.05,
            worse=not passed and figure == "ttft_s.p99" and rate == 16,
        )
        for rate in (8.0, 16.0)
        for figure, baseline, change in (
            ("ttft_s.p50", 0.13, -0.01),
            ("ttft_s.p99", 0.3, 0.01 if passed or rate == 8 else 0.21),
            ("tpot_s.p50", 0.009, 0.004),
            ("latency_avg_s", 0.8, 0.0),
            ("tps", rate * 64, 0.001),
            ("goodput_share", 0.998, 0.0),
            ("failed", 0.0, 0.0),
        )
    ]
    sentences = [] if passed else ["At 16 RPS ttft_s.p99 is 21% worse than in night-1; noise allows 5%."]
    gate = Gate(baseline_run="night-1", passed=passed, figures=figures, sentences=sentences)
    return made_run("gated-1", RVC, (8, 16), rounds=3).model_copy(update={"gate": gate})


def autoscaling_run() -> Report:
    """A rate of 2 for 30 s, 8 for 90 s and 2 for 60 s, at which a second and a third replica came."""
    steps = [[2.0, 30.0], [8.0, 90.0], [2.0, 60.0]]
    small = Speed("rvc", capacity_rps=7, ttft_s=0.2, tpot_s=0.02)
    report = made_run("auto-1", small, (5.0,), rounds=1, window_s=180, warmup=0, steps=steps)
    rate_of = [rate for rate, length in steps for _ in range(int(length))]
    in_flight, seconds, samples = 0.0, [], []
    for second in range(190):
        rate = rate_of[second] if second < 180 else 0.0
        replicas = 1 + (second > 75) + (second > 82) - (second > 170)
        in_flight = max(0.0, in_flight + rate - 3.5 * replicas)
        seconds.append(
            Second(
                t_s=float(second),
                arrivals=int(rate),
                completions=int(min(rate, 3.5 * replicas)),
                failures=0,
                in_flight=int(in_flight + rate / 2),
                tokens=64.0 * min(rate, 3.5 * replicas),
                ttft_p50_s=0.2 + in_flight / (3.5 * replicas) if rate else None,
            )
        )
        if second % 2 == 0:
            samples.append(
                ServerSample(
                    t_s=second + 0.3,
                    replicas=1 + (second > 60) + (second > 66) - (second > 170),
                    ready=replicas,
                    pods=1 + (second > 45) + (second > 50) - (second > 172),
                    ongoing=in_flight + rate / 2,
                    waiting=max(0.0, in_flight - 4),
                )
            )
    starts = [
        ReplicaStart(
            replica=f"rag-llm-worker-{name}:9400",
            created_s=at_s,
            scheduled_s=at_s + 0.4,
            pulled_s=at_s + 2.1,
            started_s=at_s + 3.0,
            loaded_s=at_s + 30.0,
            first_token_s=at_s + 31.2 if name == "b" else None,
        )
        for name, at_s in (("b", 45.2), ("c", 51.9))
    ]
    server = Observed(
        release="rag-llm",
        namespace="rag",
        ray_services={},
        pods=[],
        windows=[],
        warnings=["the pod rag-llm-worker-b came during the run"],
        samples=samples,
        starts=starts,
    )
    (level,) = report.levels
    timed = level.model_copy(update={"rounds": [level.rounds[0].model_copy(update={"timeline": seconds})]})
    return report.model_copy(update={"levels": [timed], "server": server})
