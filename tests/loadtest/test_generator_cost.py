"""What generating costs is found again in made-up runs."""

import pytest

from bench.generator_cost import fit_cost
from bench.truth import Comparison


def run(processes: int, rate_rps: float, deltas: int) -> Comparison:
    used = processes * 0.04 + rate_rps * (300e-6 + deltas * 11e-6)
    return Comparison(
        rate_rps=rate_rps,
        true_p50_s=0.05,
        true_p99_s=0.05,
        p50_s=0.05,
        p99_s=0.05,
        error_p99_s=0,
        lag_p99_s=0,
        cpu_share=used / processes,
        cpu_sum=used,
        verdict="valid",
        processes=processes,
        deltas=deltas,
    )


def test_the_cost_is_found_again() -> None:
    cost = fit_cost([run(1, 100, 64), run(2, 300, 64), run(4, 300, 64), run(1, 400, 4), run(1, 50, 256)])
    assert cost is not None
    assert (cost.idle_share, cost.request_s, cost.delta_s) == pytest.approx((0.04, 300e-6, 11e-6))
    assert cost.error_share == pytest.approx(0, abs=1e-9)


def test_answers_of_one_length_do_not_tell_a_requests_cost_from_a_deltas() -> None:
    assert fit_cost([run(1, rate, 64) for rate in (50, 100, 200, 400)]) is None
    assert fit_cost([]) is None
