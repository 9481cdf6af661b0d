"""What master and generators say to each other, over Locust's own messages.

Down: `plan` once, then for each level `ask_clock` some times, `level`, `release` (no more arrivals) and
`cut` (end now). Up: `hello` once, `clock` for each `ask_clock`, `progress` and `records` about every half
second, and `finished` for each level. In a local
run both ends are the same process and Locust calls the listeners directly.
"""

from typing import Any, NotRequired, TypedDict

import orjson

from loadtest.client.record import Record

PREFIX = "loadtest_"
HELLO, PLAN, LEVEL, RELEASE, CUT = (PREFIX + name for name in ("hello", "plan", "level", "release", "cut"))
ASK_CLOCK, CLOCK = (PREFIX + name for name in ("ask_clock", "clock"))
PROGRESS, RECORDS, FINISHED = (PREFIX + name for name in ("progress", "records", "finished"))


class Hello(TypedDict):
    """A generator is there. `error` is set if it can't take part."""

    client: str
    pid: int
    host: str


class Plan(TypedDict):
    """What stays the same for the whole run: RequestShape as a mapping, questions as (id, text)."""

    run: str
    nice: int
    shape: dict[str, Any]
    questions: list[tuple[str, str]]


class Clock(TypedDict):
    """A generator's time.time() when it was asked; `asked_s` is the asker's perf_counter, sent back."""

    client: str
    asked_s: float
    wall_s: float


class LevelOrder(TypedDict):
    """Run this level's share at this time of the generator's own clock; `level` is a Level as a mapping."""

    level: dict[str, Any]
    start_wall_s: float
    shares: int
    index: int


class Progress(TypedDict):
    """The counters of one generator in the current level, as in Share."""

    index: int
    key: str
    sent: int
    ended: int
    failed: int
    in_flight: int
    window_size: int
    window_ended: int
    connect_errors_in_row: int
    idle_s: float


class Finished(TypedDict):
    """A generator has sent all records of a level; `usage` is a GeneratorUsage as a mapping."""

    index: int
    key: str
    usage: dict[str, Any]
    error: NotRequired[str]


def level_key(level: int, round_number: int) -> str:
    """Names one repeat of one level."""
    return f"{level}/{round_number}"


def pack_records(records: list[Record]) -> bytes:
    """Records for the wire."""
    return orjson.dumps(records)


def unpack_records(data: bytes) -> list[Record]:
    """Records from the wire."""
    return [Record(**fields) for fields in orjson.loads(data)]
