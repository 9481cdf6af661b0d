"""Stacked bars that are made of HTML: the parts of a request's time, and of a new replica's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtest.report.frame import times
from loadtest.report.wording import share
from loadtest.schema import LevelFigures
from loadtest.schema.waterfall import STAGES, Stage

WHOLE: tuple[Stage, ...] = tuple(STAGES)
FIRST: tuple[Stage, ...] = WHOLE[: WHOLE.index("decode")]
WORDS: dict[Stage, str] = {stage: stage.replace("_", " ") for stage in STAGES}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: its place in the legend, its share of the bar, and what it says."""

    key: int
    color: str
    share: float
    tip: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; its width is a share of the scale, and `cut` says that it is longer than that."""

    name: str
    note: str
    width: float
    total: str
    segments: Sequence[Segment]
    thin: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """Parts in their order, in seconds, before they are drawn to a common scale.

    A stack that doesn't count (its point is not valid) doesn't make the scale, unless none does.
    """

    name: str
    note: str
    parts: Mapping[str, float]
    thin: bool = False
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of the legend of bars: a word, its colour's variable, and what it means."""

    word: str
    color: str
    about: str


@dataclass(frozen=True, slots=True)
class BarCard:
    """Bars on a common scale, with their legend."""

    title: str
    parts: Sequence[Part]
    bars: Sequence[Bar]
    shares: bool = True


def bar_card(title: str, stacks: Sequence[Stack], parts: Mapping[str, Part], shares: bool = True) -> BarCard:
    """Stacks drawn to scale.

    Args:
        title: of the card.
        stacks: what it shows.
        parts: those that a stack may have, in their order.
        shares: whether a reader may have all bars as long as each other.
    """
    widest = max((_length(stack) for stack in stacks if stack.counts), default=0.0)
    widest = widest or max((_length(stack) for stack in stacks), default=0.0) or 1.0
    return BarCard(title, [*parts.values()], [_bar(stack, parts, widest) for stack in stacks], shares)


def _bar(stack: Stack, parts: Mapping[str, Part], widest: float) -> Bar:
    length, total = _length(stack) or 1.0, sum(stack.parts.values())
    keys = list(parts)
    return Bar(
        stack.name,
        stack.note,
        min(1.0, length / widest),
        times(total),
        [
            Segment(
                keys.index(name),
                parts[name].color,
                max(0.0, value) / length,
                f"{', '.join(filter(None, (stack.name, stack.note)))}: {parts[name].word}\n"
                f"{times(value)}, {share(value / total if total else 0.0, 1)}",
            )
            for name, value in stack.parts.items()
            if value
        ],
        stack.thin,
        length > widest * 1.001,
    )


def waterfall_stacks(name: str, level: LevelFigures, stages: Sequence[Stage]) -> list[Stack]:
    """A level as two stacks: the mean request, and the slowest tenth; none if nothing was joined."""
    found = [
        each.waterfall for each in level.rounds if each.waterfall is not None and each.waterfall.requests
    ]
    counts = level.verdict.kind == "valid"
    note = "" if counts else f"{level.verdict.kind}, "
    return (
        [
            Stack(
                name,
                f"{note}mean",
                _mean([(each.mean_s, each.requests) for each in found], stages),
                False,
                counts,
            ),
            Stack(
                name,
                "slowest tenth",
                _mean([(each.slowest_s, each.requests) for each in found], stages),
                True,
                counts,
            ),
        ]
        if found
        else []
    )


def waterfall_cards(levels: Sequence[tuple[str, LevelFigures]]) -> list[BarCard]:
    """Named levels up to the first delta, and to the end; none if nothing was joined."""
    cards = []
    for title, stages in (("To the first delta: TTFT", FIRST), ("To the end of the stream", WHOLE)):
        stacks = [stack for name, level in levels for stack in waterfall_stacks(name, level, stages)]
        parts: dict[str, Part] = {stage: Part(WORDS[stage], f"w-{stage}", STAGES[stage]) for stage in stages}
        cards += [bar_card(title, stacks, parts)] if stacks else []
    return cards


def _mean(found: Sequence[tuple[Mapping[Stage, float], int]], stages: Sequence[Stage]) -> dict[str, float]:
    """Over all requests: medians of rounds would not add up."""
    requests = sum(count for _, count in found)
    return {stage: sum(each.get(stage, 0.0) * count for each, count in found) / requests for stage in stages}


def _length(stack: Stack) -> float:
    """As drawn: a part below 0 (clocks differ) has no width."""
    return sum(max(0.0, value) for value in stack.parts.values())
