"""A plan that needs more generators than it has says so before its load."""

import pytest

from loadtest.plan.capacity import CPU_SHARE_MAX, capacity_warning, cpu_share, generators_needed


@pytest.mark.parametrize("rate_rps", [10.0, 700.0, 5000.0])
@pytest.mark.parametrize("deltas", [1, 64, 512])
def test_the_fewest_generators_that_suffice_are_named(rate_rps: float, deltas: int) -> None:
    needed = generators_needed(rate_rps, deltas)
    assert cpu_share(rate_rps / needed, deltas) <= CPU_SHARE_MAX
    assert needed == 1 or cpu_share(rate_rps / (needed - 1), deltas) > CPU_SHARE_MAX
    assert capacity_warning(rate_rps, deltas, needed) is None
    if needed > 1:
        assert f"--workers {needed}" in str(capacity_warning(rate_rps, deltas, needed - 1))


def test_a_process_generates_what_it_was_measured_to() -> None:
    """400 requests a second of 64 deltas: 44% of a core, measured; half a core is the limit."""
    assert cpu_share(400, 64) == pytest.approx(0.44, abs=0.04)
    assert generators_needed(400, 64) == 1
    assert generators_needed(1000, 64) == 3
