"""What the search of the knee found, in figures and in words."""

from collections.abc import Mapping, Sequence

from loadtest.figures.component import Grown, what_grew
from loadtest.figures.rounds import holds
from loadtest.figures.slo import duration_text, slo_text
from loadtest.figures.verdict import NO_POINT
from loadtest.generate.search import Search
from loadtest.schema import LevelFigures, RoundFigures
from loadtest.schema.knee import Component, KneeSearch, KneeStep

WORDS: dict[Component, str] = {
    "queue": "waiting in the server's queues",
    "retrieval": "retrieval",
    "prefill": "prefill",
    "decode": "decoding",
    "transport": "the way there (network, proxy, and the queue in front of the replica)",
    "generator": "the generator's own lateness",
}


def level_holds(rounds: Sequence[RoundFigures]) -> bool | None:
    """Whether every round of a rate holds; None if one says nothing about the server.

    A round that does not hold decides, whatever the others say.
    """
    judged = [holds(each) for each in rounds if each.verdict.kind not in NO_POINT]
    if not all(judged):
        return False
    return True if judged and len(judged) == len(rounds) else None


def knee_search(search: Search, levels: Mapping[float, LevelFigures], slo: Mapping[str, float]) -> KneeSearch:
    """The search so far.

    Args:
        search: with all rates that were tried.
        levels: their figures by rate, as far as they are measured.
        slo: the service levels.
    """
    broken = {
        point.rate_rps: broken_by(levels[point.rate_rps], slo)
        for point in search.tried
        if point.holds is False and point.rate_rps in levels
    }
    missed, grown = None, None
    if search.upper_rps is not None:
        values = broken[search.upper_rps]
        missed = max(values, key=lambda name: values[name] / slo[name], default=None)
        lower = levels[search.lower_rps] if search.lower_rps is not None else None
        grown = what_grew(lower, levels[search.upper_rps], missed)
    return KneeSearch(
        slo=dict(slo),
        steps=[
            KneeStep(
                rate_rps=point.rate_rps,
                why=point.why,
                meets=point.holds,
                broken=broken.get(point.rate_rps, {}),
            )
            for point in search.tried
        ],
        rate_rps=search.lower_rps,
        upper_rps=search.upper_rps,
        broke_first=missed,
        component=grown.component if grown else None,
        sentence=f"{_place(search)}{_cause(search, levels, slo, missed, grown)}.{_ending(search, levels)}",
    )


def broken_by(level: LevelFigures, slo: Mapping[str, float]) -> dict[str, float]:
    """Service levels that a round misses because answers were slow, with the worst value of its rounds."""
    found: dict[str, float] = {}
    for name in slo:
        standings = [each.service_levels[name] for each in level.rounds if name in each.service_levels]
        values = [each.value_s for each in standings if not each.met and each.value_s is not None]
        if values:
            found[name] = max(values)
    return found


def _place(search: Search) -> str:
    match search.lower_rps, search.upper_rps:
        case None, None:
            return "No rate was found that says anything about the server"
        case None, float(upper):
            return f"The knee is below {upper:g} RPS"
        case float(lower), None:
            return f"The knee is {lower:g} RPS or more"
        case lower, upper:
            return f"The knee lies between {lower:g} and {upper:g} RPS"


def _cause(
    search: Search,
    levels: Mapping[float, LevelFigures],
    slo: Mapping[str, float],
    missed: str | None,
    grown: Grown | None,
) -> str:
    if search.upper_rps is None or grown is None:
        return ""
    upper = levels[search.upper_rps]
    if missed is None:
        why = "; ".join(upper.verdict.reasons) or "the requests in flight grew"
        return f": at {search.upper_rps:g} RPS {why}"
    value = broken_by(upper, slo)[missed]
    text = (
        f": at {search.upper_rps:g} RPS {slo_text(missed, slo[missed])} is missed with {duration_text(value)}"
    )
    if grown.after_s is None:
        return text
    if grown.before_s is None:
        return f"{text}, most of it {WORDS[grown.component]} ({duration_text(grown.after_s)})"
    change = f"from {duration_text(grown.before_s)} to {duration_text(grown.after_s)}"
    return f"{text}; what grew most is {WORDS[grown.component]}, {change}"


def _ending(search: Search, levels: Mapping[float, LevelFigures]) -> str:
    match search.ending:
        case None:
            return " The search has not ended."
        case "points":
            return f" The search ended after its {len(search.tried)} rates (knee_levels)."
        case "useless":
            rate = search.tried[-1].rate_rps
            level = levels[rate]
            reasons = "; ".join(level.verdict.reasons)
            if level.verdict.kind == "generator-limited":
                return (
                    f" The search ended at {rate:g} RPS, where the generator was the limit ({reasons}): give "
                    "it more processes (--workers, GENERATORS) or a quieter machine."
                )
            return f" The search ended at {rate:g} RPS, which says nothing about the server ({reasons})."
        case _:
            return ""
