"""The search of the knee: which rate to try next, from what the tried ones said.

The first rate is doubled while it holds, or halved while it does not, until the knee lies between two
rates; then the gap is bisected until it is small enough. Only a rate that says something about the server
decides: one at which the generator was the limit is tried once again, and ends the search if it is of no
use a second time.
"""

from dataclasses import dataclass
from typing import Literal

# More digits than a rate can be told apart by.
DIGITS = 4

Why = Literal["start", "bracket", "bisect", "again"]
Ending = Literal["found", "points", "useless"]


@dataclass(slots=True)
class Tried:
    """One rate of the search; `holds` is None while it says nothing about the server."""

    rate_rps: float
    why: Why
    holds: bool | None = None


class Search:
    """Decides the rates.

    Attributes:
        tried: all rates so far, the one that runs now included.
        lower_rps: the highest rate that holds, None as long as none does.
        upper_rps: the lowest rate that does not, None as long as every one does.
        ending: why the search is over: the knee is `found` closely enough, it had all its `points`, or a
            rate was `useless` twice; None while it goes on.
    """

    def __init__(self, start_rps: float, resolution: float, most_points: int) -> None:
        """Begin at a rate.

        Args:
            start_rps: the first rate.
            resolution: the search is over when upper / lower <= 1 + resolution.
            most_points: it is over after so many rates as well.
        """
        self._next: tuple[float, Why] = (start_rps, "start")
        self._resolution, self._most_points = resolution, most_points
        self.tried: list[Tried] = []
        self.lower_rps: float | None = None
        self.upper_rps: float | None = None
        self.ending: Ending | None = None

    def next(self) -> Tried | None:
        """The rate to try now; None if the search is over."""
        if self.ending is None and len(self.tried) == self._most_points:
            self.ending = "points"
        if self.ending is not None:
            return None
        self.tried.append(Tried(*self._next))
        return self.tried[-1]

    def note(self, holds: bool | None) -> None:
        """What the rate that next() gave last has said; None: nothing about the server."""
        point = self.tried[-1]
        point.holds = holds
        if holds is None:
            self._next = (point.rate_rps, "again")
            if point.why == "again":
                self.ending = "useless"
            return
        if holds:
            self.lower_rps = point.rate_rps
        else:
            self.upper_rps = point.rate_rps
        if self.lower_rps is None or self.upper_rps is None:
            self._next = (point.rate_rps * 2 if holds else point.rate_rps / 2, "bracket")
        elif self.upper_rps / self.lower_rps <= 1 + self._resolution:
            self.ending = "found"
        else:
            middle = (self.lower_rps + self.upper_rps) / 2
            self._next = (float(f"{middle:.{DIGITS}g}"), "bisect")
