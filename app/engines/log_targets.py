"""Buffering log handlers, kept connected while a library configures this process's logging.

``logging.config.dictConfig`` closes every handler that the process has. A file handler opens its file again
with the next record; a ``MemoryHandler`` loses its target for good, and then keeps all records in memory.
vLLM calls ``dictConfig`` (0.24 when it is imported, 0.32 for every engine); Ray Serve logs a replica through
a ``MemoryHandler`` and reads the log's path from its target, so that a restarted controller would take a
healthy replica for a broken one and stop it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import MemoryHandler


@contextmanager
def log_targets_kept() -> Iterator[None]:
    """Give each buffering handler of each logger its target back when the block ends, however it ends."""
    targets = [(handler, handler.target) for handler in _buffering_handlers()]
    try:
        yield
    finally:
        for handler, target in targets:
            handler.setTarget(target)


def _buffering_handlers() -> list[MemoryHandler]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    handlers = [handler for logger in loggers for handler in getattr(logger, "handlers", ())]
    return [handler for handler in handlers if isinstance(handler, MemoryHandler)]
