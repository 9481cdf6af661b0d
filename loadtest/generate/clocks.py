"""How far the generators' clocks are from the coordinator's: they may run on other machines.

A level begins at an instant that every generator converts to its own monotonic clock by means of its wall
clock. Wall clocks of two machines differ by milliseconds at best, so each is measured before each level,
like NTP does it: asked and answered over a round trip, the answer is taken to be from its middle. Of some
round trips the shortest is believed, and it is wrong by half its length at most.
"""

from dataclasses import dataclass

from loadtest.generate.messages import Clock

ROUND_TRIPS = 5


@dataclass(frozen=True, slots=True)
class Offset:
    """A generator's clock - the coordinator's, and the length of the round trip that told it."""

    offset_s: float
    round_trip_s: float


class Clocks:
    """The best measurement of each generator."""

    def __init__(self) -> None:
        """Nothing was measured."""
        self._best: dict[str, Offset] = {}
        self._answers: dict[str, int] = {}

    def forget(self) -> None:
        """Measure anew: clocks drift."""
        self._best, self._answers = {}, {}

    def note(self, clock: Clock, now_perf_s: float, now_wall_s: float) -> None:
        """Take an answer that came at this time of the coordinator's two clocks."""
        client, round_trip_s = clock["client"], now_perf_s - clock["asked_s"]
        self._answers[client] = self._answers.get(client, 0) + 1
        found = Offset(clock["wall_s"] - (now_wall_s - round_trip_s / 2), round_trip_s)
        best = self._best.get(client)
        if best is None or found.round_trip_s < best.round_trip_s:
            self._best[client] = found

    def answers(self, client: str) -> int:
        """Answers of a generator so far."""
        return self._answers.get(client, 0)

    def offset_s(self, client: str) -> float:
        """What has to be added to the coordinator's time; 0 if it was not measured."""
        best = self._best.get(client)
        return best.offset_s if best is not None else 0.0
