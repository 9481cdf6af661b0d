"""What is there when a service starts is left out of garbage collection."""

import subprocess
import sys

SCRIPT = """
import gc
from app.pauses import THRESHOLDS, freeze_heap
there = [[] for _ in range(50_000)]
freeze_heap()
assert gc.get_freeze_count() > 50_000
assert gc.get_threshold() == THRESHOLDS
assert len(gc.get_objects()) < 5_000
cycle = []
cycle.append(cycle)
del cycle
assert gc.collect() == 1
"""


def test_the_heap_is_frozen_and_new_cycles_are_still_found() -> None:
    # In a process of its own: it counts for all that comes after.
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
