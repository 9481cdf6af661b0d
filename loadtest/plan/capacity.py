"""How much CPU generating a plan takes: one that needs more generators than it has says so beforehand."""

import math

# Of `make bench-generator` (docs/benchmarks.md): about 900 requests of 64 deltas for a second of CPU.
REQUEST_CPU_S = 0.0003
DELTA_CPU_S = 0.0000125
# Above this share of a core a generator reads late; a level is called generator-limited then.
CPU_SHARE_MAX = 0.5


def cpu_share(rate_rps: float, deltas: int) -> float:
    """The CPU that so many requests a second with so many deltas each take, in cores."""
    return rate_rps * (REQUEST_CPU_S + deltas * DELTA_CPU_S)


def generators_needed(rate_rps: float, deltas: int) -> int:
    """The fewest generating processes that stay below their limit."""
    return max(1, math.ceil(cpu_share(rate_rps, deltas) / CPU_SHARE_MAX))


def capacity_warning(rate_rps: float, deltas: int, generators: int) -> str | None:
    """What to set where a plan has too few generators; None where it has enough.

    Args:
        rate_rps: the highest rate of the plan.
        deltas: of an answer, at most (max_tokens).
        generators: processes that generate the load.
    """
    needed = generators_needed(rate_rps, deltas)
    if needed <= generators:
        return None
    return (
        f"{rate_rps:g} requests a second with up to {deltas} tokens each take about "
        f"{cpu_share(rate_rps, deltas) / generators:.0%} of a core in each of {generators} generating "
        f"process{'es' if generators > 1 else ''}, over {CPU_SHARE_MAX:.0%}: its figures would not be "
        f"true. Give --workers {needed}, or GENERATORS={needed} in a cluster"
    )
