"""See that no process of ours outlives us, whatever Ray, vLLM and HAProxy start."""

import ctypes
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
GRACE_S = 5.0


@contextmanager
def no_process_left() -> Iterator[None]:
    """Become the parent of orphaned descendants, and end all descendants when the block ends.

    SIGTERM ends the block like Ctrl-C does.
    """
    with suppress(OSError, AttributeError):  # not on Linux: orphans are then out of reach
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        # A second Ctrl-C must not stop the clean-up.
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_descendants()
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, before)


def end_descendants() -> None:
    """SIGTERM to all descendants, SIGKILL to those that stay."""
    me = psutil.Process()
    for how in ("terminate", "kill", "kill"):
        alive = me.children(recursive=True)
        if not alive:
            return
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                getattr(process, how)()
        psutil.wait_procs(alive, timeout=GRACE_S)
