"""Ctrl-C and SIGTERM end what runs in order, so that what there is of it is kept."""

import signal
from collections.abc import Callable
from types import TracebackType

import gevent


class StopSignals:
    """SIGINT and SIGTERM call `stop` with a reason. A second signal ends the process at once."""

    def __init__(self, stop: Callable[[str], object]) -> None:
        """Signals are taken inside the `with` block."""
        self._stop = stop
        self._handlers: list[gevent.signal_handler] = []
        self.received = 0

    def __enter__(self) -> "StopSignals":
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers.append(gevent.signal_handler(number, self._take, number))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        for handler in self._handlers:
            handler.cancel()

    def _take(self, number: int) -> None:
        if self.received:
            raise SystemExit(128 + number)
        self.received = number
        self._stop(f"stopped by {signal.Signals(number).name}")
