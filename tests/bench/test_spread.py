"""How several measurements are written."""

from bench.spread import spread


def test_median_with_smallest_and_largest() -> None:
    assert spread([3.0, 1.0, 20_000.4], 1) == "3.0 (1.0 … 20,000.4)"
    assert spread([1234.5], 0) == "1,234"
    assert spread([], 2) == "—"
