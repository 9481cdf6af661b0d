"""Which processes a test's own process has started. Any of them may end while it is looked at."""

from contextlib import suppress

import psutil


def descendants(pid: int, name: str) -> list[psutil.Process]:
    """Living descendants whose command line contains a name."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if name in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
