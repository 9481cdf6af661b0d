"""Keeps Python's garbage collector from stopping a process that streams."""

import gc

THRESHOLDS = (20_000, 50, 100)
"""New objects, then collections, before the next older generation is looked through; Python's own are 2,000
(700 before 3.12), 10 and 10. Only what is in cycles waits for this, and requests leave little of that."""


def freeze_heap() -> None:
    """Leave all that there is now out of collections to come; call it when everything is loaded.

    Libraries leave over a million objects, and looking through them stops every stream for 70 to 170 ms,
    again and again under load (seen in a profile of a replica at 96 requests a second).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
