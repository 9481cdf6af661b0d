"""The levels of a search: each follows from the figures of those before."""

from collections.abc import Iterator

from loadtest.figures.knee import level_holds
from loadtest.generate.search import Search
from loadtest.plan.level import Level, level_at
from loadtest.report.build import ReportBuilder
from loadtest.settings import RunSettings


def searched_levels(settings: RunSettings, search: Search, builder: ReportBuilder) -> Iterator[Level]:
    """One level after the other, until the search is over.

    Each has to be in the builder before the next is asked for. The rounds of a rate end with the first
    that decides it: only a rate that holds needs them all.
    """
    index = 0
    while (point := search.next()) is not None:
        if point.why == "again":
            builder.forget(point.rate_rps)
        for round_number in range(1, settings.rounds + 1):
            yield level_at(settings, index, point.rate_rps, round_number)
            if level_holds(builder.rounds(point.rate_rps)) is not True:
                break
        search.note(level_holds(builder.rounds(point.rate_rps)))
        index += 1
