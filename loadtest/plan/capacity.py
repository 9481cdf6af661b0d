"""How much CPU generating a plan takes: one that needs more generators than it has says so beforehand."""

import math

# Of `make bench-generator` (docs/benchmarks.md): a process that generates nothing, a request, a delta.
IDLE_CPU_SHARE = 0.05
REQUEST_CPU_S = 0.00028
DELTA_CPU_S = 0.0000118
# Above this share of a core a generator reads late; a level is called generator-limited then.
CPU_SHARE_MAX = 0.5


def cpu_share(rate_rps: float, deltas: int) -> float:
    """The CPU of one process that generates so many requests a second with so many deltas each, in cores."""
    return IDLE_CPU_SHARE + rate_rps * (REQUEST_CPU_S + deltas * DELTA_CPU_S)


def generators_needed(rate_rps: float, deltas: int) -> int:
    """The fewest generating processes that stay below their limit."""
    work = cpu_share(rate_rps, deltas) - IDLE_CPU_SHARE
    return max(1, math.ceil(work / (CPU_SHARE_MAX - IDLE_CPU_SHARE)))


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
        f"{cpu_share(rate_rps / generators, deltas):.0%} of a core in each of {generators} generating "
        f"process{'es' if generators > 1 else ''}, over {CPU_SHARE_MAX:.0%}: its figures would not be "
        f"true. Give --workers {needed}, or GENERATORS={needed} in a cluster"
    )
