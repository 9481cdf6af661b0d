"""What a server uses of the CPU, second by second, while a load test runs."""

import threading
import time
from datetime import datetime
from types import TracebackType

from bench.servers import cpu_seconds, shares_of
from loadtest.schema import RoundFigures

EVERY_S = 0.5


class CpuWatch:
    """Looks at this command's descendants from beginning to end."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, dict[str, float]]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="cpu watch", daemon=True)

    def __enter__(self) -> "CpuWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(EVERY_S):
            self._seen.append((time.time(), cpu_seconds()))

    def shares(self, figures: RoundFigures, warm_up_s: float) -> dict[str, float]:
        """Shares of a core in the window of a round, by what the processes are.

        Args:
            figures: of the round.
            warm_up_s: from its start to its window.
        """
        begin_s = datetime.fromisoformat(figures.started_at).timestamp() + warm_up_s
        inside = [each for each in self._seen if begin_s <= each[0] <= begin_s + figures.window_s]
        if len(inside) < 2:
            return {}
        (first_s, before), (last_s, after) = inside[0], inside[-1]
        shares = shares_of(before, after, last_s - first_s)
        return {name: round(share, 3) for name, share in shares.items()}
