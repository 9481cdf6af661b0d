"""One generating process: takes the master's messages, runs its share of each level, reports back."""

import os
import time
from dataclasses import asdict
from typing import Any

import gevent
from gevent.queue import Queue
from locust.env import Environment
from locust.runners import Runner, WorkerRunner

from loadtest.client.address import Address, resolve
from loadtest.client.exchange import Reading
from loadtest.client.record import Record
from loadtest.client.request import RequestShape, RequestWriter
from loadtest.errors import LoadtestError
from loadtest.generate import messages
from loadtest.generate.share import Share
from loadtest.generate.usage import (
    GeneratorUsage,
    raise_file_limit,
    raise_priority,
    this_process,
)
from loadtest.plan.level import Level, arrivals_of
from loadtest.plan.questions import Question

REPORT_INTERVAL_S = 0.5
# A batch is packed without a pause: more records would hold up the reading of streams.
RECORDS_IN_A_BATCH = 16


class Generator:
    """The generator behind a Locust runner.

    Attributes:
        orders: levels to run, taken by the resident Locust user (`user.py`).
    """

    def __init__(self, environment: Environment, runner: Runner, api_key: str | None) -> None:
        """Register for the master's messages and say hello."""
        self.orders: Queue[messages.LevelOrder] = Queue()
        self._environment, self._runner, self._api_key = environment, runner, api_key
        self._plan: messages.Plan | None = None
        self._writer: RequestWriter | None = None
        self._address: Address | None = None
        self._share: Share | None = None
        self._index, self._key = 0, ""
        self._records: list[Record] = []
        for name, listener in (
            (messages.PLAN, self._on_plan),
            (messages.ASK_CLOCK, self._on_ask_clock),
            (messages.LEVEL, self._on_level),
            (messages.RELEASE, self._on_release),
            (messages.CUT, self._on_cut),
        ):
            runner.register_message(name, listener)
        pid, host = this_process()
        self._send(messages.HELLO, messages.Hello(client=self._client_id, pid=pid, host=host))

    @property
    def _client_id(self) -> str:
        return str(getattr(self._runner, "client_id", "local"))

    @property
    def _remote(self) -> bool:
        return isinstance(self._runner, WorkerRunner)

    def run_level(self, order: messages.LevelOrder) -> None:
        """Run this process's share of one level; returns after release()."""
        share = self._share
        if share is None:
            return
        gevent.spawn(self._report_regularly, share)
        share.run(order["start_wall_s"])

    def _on_plan(self, msg: Any, **_: Any) -> None:
        self._plan = msg.data
        raise_priority(msg.data["nice"])
        raise_file_limit()

    def _on_ask_clock(self, msg: Any, **_: Any) -> None:
        clock = messages.Clock(client=self._client_id, asked_s=msg.data, wall_s=time.time())
        self._send(messages.CLOCK, clock)

    def _on_level(self, msg: Any, **_: Any) -> None:
        order: messages.LevelOrder = msg.data
        level = Level.model_validate(order["level"])
        self._index, self._key = order["index"], messages.level_key(level.index, level.round)
        self._records.clear()
        try:
            self._share = self._new_share(level, order)
        except LoadtestError as error:
            self._send_finished(None, str(error))
            return
        self.orders.put(order)

    def _new_share(self, level: Level, order: messages.LevelOrder) -> Share:
        assert self._plan is not None, "the plan is sent before the first level"
        shape = RequestShape.model_validate(self._plan["shape"])
        questions = [Question(*each) for each in self._plan["questions"]]
        if self._writer is None or self._address is None:
            self._address = resolve(shape.target)
            self._writer = RequestWriter(
                shape, questions, self._address.netloc, self._address.base_path, self._api_key
            )
        return Share(
            run=self._plan["run"],
            level=level,
            arrivals=arrivals_of(level, len(questions)),
            questions=questions,
            index=order["index"],
            shares=order["shares"],
            writer=self._writer,
            address=self._address,
            timeout_s=shape.timeout_s,
            on_record=self._on_record,
        )

    def _on_release(self, **_: Any) -> None:
        if self._share is not None:
            self._share.release()

    def _on_cut(self, **_: Any) -> None:
        # The listener must return at once: cutting waits for greenlets, and messages would wait for it.
        gevent.spawn(self._cut)

    def _cut(self) -> None:
        share, self._share = self._share, None
        if share is None:
            return
        share.cut()
        self._report(share)
        self._send_finished(share, None)

    def _on_record(self, record: Record, reading: Reading) -> None:
        self._records.append(record)
        # Locust's statistics see every request too; ours are not taken from them, they are rounded.
        self._environment.events.request.fire(
            request_type="POST",
            name="stream",
            response_time=record.e2e_latency_s * 1000,
            response_length=sum(len(body) for _, body in reading.pieces),
            exception=RuntimeError(record.error) if record.error else None,
            context={},
        )

    def _report_regularly(self, share: Share) -> None:
        while self._share is share:
            self._report(share)
            gevent.sleep(REPORT_INTERVAL_S)

    def _report(self, share: Share) -> None:
        progress = messages.Progress(
            index=self._index,
            key=self._key,
            sent=share.sent,
            ended=share.ended,
            failed=share.failed,
            in_flight=share.in_flight,
            window_size=share.window_size,
            window_ended=share.window_ended,
            connect_errors_in_row=share.connect_errors_in_row,
            idle_s=share.idle_s(),
        )
        self._send(messages.PROGRESS, progress)
        while self._records:
            batch, self._records = (
                self._records[:RECORDS_IN_A_BATCH],
                self._records[RECORDS_IN_A_BATCH:],
            )
            self._send(messages.RECORDS, messages.pack_records(batch) if self._remote else batch)
            gevent.sleep(0)

    def _send_finished(self, share: Share | None, error: str | None) -> None:
        pid, host = this_process()
        usage = GeneratorUsage(
            worker=self._index,
            pid=pid,
            host=host,
            cpu_share=share.usage.cpu_share if share else None,
            throttled_periods=share.usage.throttled_periods if share else None,
            nice=os.getpriority(os.PRIO_PROCESS, 0),
            loop_lag_p99_s=share.usage.loop_lag_p99_s if share else None,
        )
        finished = messages.Finished(index=self._index, key=self._key, usage=asdict(usage))
        if error:
            finished["error"] = error
        self._send(messages.FINISHED, finished)

    def _send(self, name: str, data: Any) -> None:
        self._runner.send_message(name, data)
