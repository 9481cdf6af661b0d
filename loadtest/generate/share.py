"""One process's share of a level: a greenlet for each arrival, at its absolute time."""

import gc
import time
from collections import deque
from collections.abc import Callable
from time import perf_counter
from urllib.parse import quote

import gevent
from gevent.event import Event
from gevent.pool import Group

from loadtest.client.address import Address
from loadtest.client.exchange import Reading, exchange
from loadtest.client.record import Record
from loadtest.client.request import RequestWriter
from loadtest.client.stream import Reply, parse_reply
from loadtest.generate.usage import UsageMeter
from loadtest.plan.level import Arrivals, Level
from loadtest.plan.questions import Question
from loadtest.plan.schedule import share_of

LAG_SAMPLE_S = 0.02


class Share:
    """Runs arrivals index, index + shares, … of a level.

    Its counters are exact at any moment; records follow when the parser gets to them, which is only
    when the event loop has nothing else to do.

    Attributes:
        sent: requests begun.
        ended: exchanges ended, well or not.
        failed: exchanges that ended in a failure of the connection or another status than 200; those
            that the level's end cut off are not among them.
        window_size: arrivals of the window in this share.
        window_ended: of these, exchanges ended.
        connect_errors_in_row: since the last exchange that got a connection.
        last_read: perf_counter of the last byte read, 0 before any.
    """

    def __init__(
        self,
        run: str,
        level: Level,
        arrivals: Arrivals,
        questions: list[Question],
        index: int,
        shares: int,
        writer: RequestWriter,
        address: Address,
        timeout_s: float,
        on_record: Callable[[Record, Reading], None],
    ) -> None:
        """Prepare the share; nothing is sent before run()."""
        self._run_id, self._level, self._questions = run, level, questions
        # A header is ASCII; a run's name may be anything.
        self._id_prefix = f"{quote(run)}/{level.index}/{level.round}"
        self._times = arrivals.times_s.tolist()
        self._asked = arrivals.questions.tolist()
        self._kept = arrivals.kept(level)
        self._mine = share_of(len(self._times), index, shares)
        self._writer, self._address, self._timeout_s = writer, address, timeout_s
        self._on_record = on_record
        self._group = Group()
        self._open: dict[int, Reading] = {}
        self._unparsed: deque[tuple[int, Reading]] = deque()
        self._released = Event()
        self._has_unparsed = Event()
        self._parser: gevent.Greenlet | None = None
        self._t0 = 0.0
        self.usage = UsageMeter()
        self.sent = self.ended = self.failed = self.window_ended = self.connect_errors_in_row = 0
        self.window_size = sum(level.phase(self._times[i]) == "window" for i in self._mine)
        self.last_read = 0.0

    @property
    def in_flight(self) -> int:
        """Exchanges that are open now."""
        return len(self._open)

    def idle_s(self) -> float:
        """Seconds for which nothing was read although requests wait; 0 if none waits."""
        if not self._open:
            return 0.0
        self.last_read = max(self.last_read, *(reading.now for reading in self._open.values()))
        oldest_send = min(reading.t_send for reading in self._open.values())
        return max(0.0, perf_counter() - max(self.last_read, oldest_send))

    def run(self, start_wall_s: float) -> None:
        """Run the schedule until it ends or release() is called.

        Args:
            start_wall_s: time.time() of the level's start; converted to the monotonic clock once, here.
        """
        self._t0 = perf_counter() + (start_wall_s - time.time())
        # A collection stops the process for tens of milliseconds; nothing here makes cycles to speak of.
        gc.collect()
        gc.freeze()
        gc.disable()
        meter = gevent.spawn(self._measure_usage)
        self._parser = gevent.spawn(self._parse_when_idle)
        try:
            for i in self._mine:
                if self._released.wait(max(0.0, self._t0 + self._times[i] - perf_counter())):
                    break
                self._group.spawn(self._arrive, i)
            self._released.wait()
        finally:
            meter.kill(block=False)
            self.usage.stop()

    def release(self) -> None:
        """No more arrivals: the window's requests have ended, or it is over."""
        self._released.set()

    def cut(self) -> None:
        """End the level: what is still open is recorded as unfinished, and all is parsed."""
        self.release()
        self._group.kill()
        if self._parser is not None:
            # Two parsers would take from the same queue in their pauses.
            self._parser.kill()
        while self._unparsed:
            self._parse_next(lambda: gevent.sleep(0))
        gc.enable()
        gc.unfreeze()

    def _arrive(self, i: int) -> None:
        reading = Reading()
        reading.t_send = perf_counter()
        self._open[i] = reading
        self.sent += 1
        payload = self._writer.write(self._asked[i], self._request_id(i))
        try:
            exchange(self._address, payload, self._timeout_s, reading)
        except gevent.GreenletExit:
            reading.failure = ("unfinished", "the level ended before the answer")
        finally:
            del self._open[i]
            self._count(i, reading)
            self._unparsed.append((i, reading))
            self._has_unparsed.set()

    def _request_id(self, i: int) -> str:
        return f"{self._id_prefix}/{i}"

    def _count(self, i: int, reading: Reading) -> None:
        self.ended += 1
        self.last_read = max(self.last_read, reading.now)
        kind = reading.failure[0] if reading.failure else None
        # What the end of the level cut off is no error of the target's; the report counts it apart.
        self.failed += kind != "unfinished" and (kind is not None or reading.status != 200)
        self.connect_errors_in_row = self.connect_errors_in_row + 1 if kind == "connect" else 0
        self.window_ended += self._level.phase(self._times[i]) == "window"

    def _measure_usage(self) -> None:
        gevent.sleep(max(0.0, self._t0 + self._level.warmup_s - perf_counter()))
        self.usage.start()
        end = self._t0 + self._level.window_end_s
        due = perf_counter()
        while due < end:
            due = max(due + LAG_SAMPLE_S, perf_counter())
            gevent.sleep(due - perf_counter())
            self.usage.note_lag(perf_counter() - due)
        self.usage.stop()

    def _parse_when_idle(self) -> None:
        while True:
            self._has_unparsed.wait()
            gevent.idle()
            self._parse_next(gevent.idle)
            if not self._unparsed:
                self._has_unparsed.clear()

    def _parse_next(self, pause: Callable[[], object]) -> None:
        if not self._unparsed:
            return
        i, reading = self._unparsed[0]
        texts: list[str] | None = [] if i in self._kept else None
        record = self._record(i, reading, parse_reply(reading, pause, texts), texts)
        # Taken away only now: a parser that is killed in a pause leaves the reading for the next.
        self._unparsed.popleft()
        self._on_record(record, reading)

    def _record(self, i: int, reading: Reading, reply: Reply, texts: list[str] | None) -> Record:
        t0, t_sched = self._t0, self._times[i]
        return Record(
            run=self._run_id,
            level=self._level.index,
            round=self._level.round,
            arrival=i,
            question=self._questions[self._asked[i]].id,
            phase=self._level.phase(t_sched),
            t_sched=t_sched,
            t_send=reading.t_send - t0,
            t_end=reply.t_end - t0,
            status=reading.status,
            output_tokens=reply.output_tokens,
            prompt_tokens=reply.prompt_tokens,
            error=reply.error,
            detail=reply.detail,
            deltas=[time_s - t0 for time_s in reply.deltas],
            passages=reply.passages,
            sources=reply.sources if texts is not None else [],
            text="".join(texts) if texts is not None else None,
            # Spans of another request (of something in between that keeps answers) explain nothing here.
            spans=reply.spans if reply.spans_of == self._request_id(i) else None,
        )
