"""Made-up experiments: sides and replica counts of invented speeds, joined as real runs would be."""

from loadtest.experiments.build import build
from loadtest.schema import Report, VerdictKind
from loadtest.schema.experiment import Experiment
from tests.loadtest.made_kinds import autoscaling_run
from tests.loadtest.made_runs import Speed, made_answers, made_run

RATES = (8.0, 16.0, 24.0, 32.0)
SPEEDS = {
    "baseline": Speed("baseline", capacity_rps=9, ttft_s=0.9, tpot_s=0.03, engine="transformers"),
    "baseline-improved": Speed("baseline", capacity_rps=14, ttft_s=0.5, tpot_s=0.025, engine="transformers"),
    "rac": Speed("rac", capacity_rps=20, ttft_s=0.35, tpot_s=0.02),
    "rsc": Speed("rsc", capacity_rps=26, ttft_s=0.3, tpot_s=0.022, engine="transformers", recall=0.8),
    "rvc": Speed("rvc", capacity_rps=40, ttft_s=0.15, tpot_s=0.012),
}


UNUSABLE: dict[str, dict[float, VerdictKind]] = {"rsc": {32.0: "generator-limited"}, "rac": {32.0: "errors"}}


def side_runs(rates: tuple[float, ...] = RATES, rounds: int = 3) -> list[Report]:
    """A run of each side; two points don't count, and rvc words its answers in its own way."""
    runs = [
        made_run(
            f"cmp-{side}",
            speed,
            rates,
            rounds,
            labels={"side": side},
            verdicts=UNUSABLE.get(side),
        )
        for side, speed in SPEEDS.items()
    ]
    runs[-1] = runs[-1].model_copy(update={"answers": made_answers(0.9, worded="just ")})
    return runs


def comparison(rates: tuple[float, ...] = RATES, rounds: int = 3) -> Experiment:
    """Five sides at four rates in three rounds."""
    return build("compare", "architectures", side_runs(rates, rounds))


def counted_runs() -> list[Report]:
    """1, 2 and 4 replicas at 24 and 32 RPS, with what each change took; the last one was not seen whole."""
    lags = {
        2: {"accepted_s": 0.3, "scheduled_s": 1.4, "pulled_s": 2.2, "started_s": 3.1, "loaded_s": 31.5},
        4: {"accepted_s": 0.2, "scheduled_s": 1.1, "pulled_s": 44.0, "started_s": 45.1, "loaded_s": 78.2},
    }
    lags[2]["first_token_s"] = 32.4
    runs = []
    for before, count in ((0, 1), (1, 2), (2, 4)):
        labels = {"replicas": str(count)}
        if before:
            labels |= {"replicas_before": str(before)}
            labels |= {name: str(value) for name, value in lags[count].items()}
        speed = Speed("rvc", capacity_rps=11 * count**0.93, ttft_s=0.15, tpot_s=0.012)
        runs.append(made_run(f"scale-{count}", speed, (24, 32), labels=labels, replicas=count))
    return runs


def scaling_experiment() -> Experiment:
    """Three replica counts."""
    return build("scaling", "replicas", counted_runs())


def autoscaling_experiment() -> Experiment:
    """A run whose rate changes in steps, while replicas come and go."""
    return build("scaling", "autoscaling", [autoscaling_run()])
