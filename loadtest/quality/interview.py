"""All questions of a check, one after the other or some at a time, and what is there when it is stopped."""

from collections.abc import Callable, Sequence

import gevent

from loadtest.errors import TargetError
from loadtest.plan.questions import Question
from loadtest.schema.quality import ScoredAnswer


class Interview:
    """All questions asked once, so many at a time, until a reason to stop.

    Attributes:
        reasons: why some questions were not asked.
    """

    def __init__(self, ask: Callable[[Question], list[ScoredAnswer]], questions: Sequence[Question]) -> None:
        """Nothing is asked yet."""
        self._ask, self._questions = ask, questions
        self._rest = iter(enumerate(questions))
        self._found: dict[int, list[ScoredAnswer]] = {}
        self._asking: list[gevent.Greenlet] = []
        self.reasons: list[str] = []

    def stop(self, reason: str) -> None:
        """Ask no more, and wait for nothing."""
        self.reasons.append(reason)
        gevent.killall(self._asking, block=False)

    def run(self, concurrency: int, done: Callable[[int], None]) -> None:
        """Ask; returns when all is answered or stop() was called."""
        self._asking = [gevent.spawn(self._ask_one_by_one, done) for _ in range(concurrency)]
        gevent.joinall(self._asking)
        if self.reasons:
            self.reasons.append(f"{len(self._found)} of {len(self._questions)} questions were asked")

    def answers(self) -> list[ScoredAnswer]:
        """In the order of the questions."""
        return [answer for index in sorted(self._found) for answer in self._found[index]]

    def _ask_one_by_one(self, done: Callable[[int], None]) -> None:
        for index, question in self._rest:
            if self.reasons:
                return
            try:
                self._found[index] = self._ask(question)
            except TargetError as error:
                self.reasons.append(str(error).rstrip("."))
                return
            done(len(self._found))
