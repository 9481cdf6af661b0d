"""What a comparison says, in sentences."""

from loadtest.experiments.worse_answers import is_worse
from loadtest.report.frame import change
from loadtest.schema.experiment import Compared, Comparison, Figure

# Verdicts of points that say how fast a server is.
COUNTS = ("valid", "saturated")
SHORT: dict[Figure, str] = {
    "ttft_s": "TTFT",
    "latency_avg_s": "Latency avg",
    "latency_total_s": "Latency total",
    "tps": "TPS",
}


def headline(comparison: Comparison) -> str:
    """Who keeps up with the highest rate, beside the baseline."""
    found = {name: rate for name, rate in _holds(comparison).items() if rate is not None}
    if not comparison.levels:
        return "Nothing was measured."
    if not found:
        return "No side has a valid point."
    most = max(found.values())
    first = [name for name, rate in found.items() if rate == most]
    base = found.get(comparison.baseline)
    if len(first) == len(comparison.sides) and len(first) > 1:
        return (
            f"All sides keep up with {most:g} requests a second; {_fastest(comparison, most)} answers first."
        )
    if comparison.baseline in first and len(first) == 1:
        return f"No side keeps up with more than {comparison.baseline}: {most:g} requests a second."
    who = f"{', '.join(first[:-1])} and {first[-1]} keep" if len(first) > 1 else f"{first[0]} keeps"
    said = f"{who} up with {most:g} requests a second"
    if comparison.baseline in first:
        return f"{said}."
    return f"{said}, {comparison.baseline} with {'none that was tried' if base is None else f'{base:g}'}."


def decisive_rate(comparison: Comparison) -> float | None:
    """The highest rate at which most sides have a point that says something of them."""
    rates = sorted({level.rate_rps for level in comparison.levels})
    counted = {
        rate: sum(level.rate_rps == rate and level.verdict in COUNTS for level in comparison.levels)
        for rate in rates
    }
    return max(rates, key=lambda rate: (counted[rate], rate), default=None)


def lede(comparison: Comparison, rate: float | None) -> list[str]:
    """The side with the best TTFT at the decisive rate, beside the baseline and the published changes."""
    found = {
        level.side: {each.figure: each for each in level.figures}
        for level in comparison.levels
        if level.rate_rps == rate and level.verdict in COUNTS
    }
    ttft = {
        name: figures["ttft_s"].now.value
        for name, figures in found.items()
        if name != comparison.baseline and "ttft_s" in figures
    }
    if not ttft or comparison.baseline not in found:
        return []
    best = min(ttft, key=lambda name: ttft[name])
    figures = found[best]
    texts = [f"{words} {_changed(figures.get(figure))}" for figure, words in SHORT.items()]
    said = [f"At {rate:g} requests a second, {best} against {comparison.baseline}: {', '.join(texts)}."]
    published = [each.published for each in figures.values() if each.published is not None]
    if published:
        said[0] += f" Published: {', '.join(map(change, published))}."
    scores = {level.side: level.quality for level in comparison.levels if level.rate_rps == rate}
    right, right_now = scores.get(comparison.baseline), scores.get(best)
    if right is not None and right_now is not None and is_worse(right, right_now):
        said.append(
            f"But {best} answers worse than {comparison.baseline}: exact match {right_now.exact_match:.0%}, "
            f"not {right.exact_match:.0%}."
        )
    recall = {side.name: side.recall for side in comparison.sides}
    before, now = recall[comparison.baseline], recall[best]
    if before is not None and now is not None and now < before:
        said.append(
            f"But {best} finds the gold document less often than {comparison.baseline}: {now:.0%}, "
            f"not {before:.0%}."
        )
    return said


def _holds(comparison: Comparison) -> dict[str, float | None]:
    """The highest valid rate of each side."""
    return {
        side.name: max(
            (
                level.rate_rps
                for level in comparison.levels
                if level.side == side.name and level.verdict == "valid"
            ),
            default=None,
        )
        for side in comparison.sides
    }


def _fastest(comparison: Comparison, rate: float) -> str:
    ttft = {
        level.side: figure.now.value
        for level in comparison.levels
        for figure in level.figures
        if level.rate_rps == rate and figure.figure == "ttft_s"
    }
    return min(ttft, key=lambda name: ttft[name])


def _changed(each: Compared | None) -> str:
    return change(each.change.value if each and each.change else None)
