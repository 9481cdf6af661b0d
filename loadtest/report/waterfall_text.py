"""The waterfall of a level in one line."""

from loadtest.report.wording import milliseconds
from loadtest.schema import LevelFigures
from loadtest.schema.waterfall import STAGES, Stage, Waterfall

AFTER_FIRST_DELTA: tuple[Stage, ...] = ("decode", "end")


def waterfall_text(level: LevelFigures) -> str | None:
    """Means over all rounds, like 'send_lag 0.2 + … = TTFT 31.5; decode 410, end 0.3'; None without any."""
    found = [each.waterfall for each in level.rounds if each.waterfall is not None]
    if not found:
        return None
    means = {stage: _mean(found, stage) for stage in STAGES}
    first = {stage: mean for stage, mean in means.items() if stage not in AFTER_FIRST_DELTA}
    # Stages that didn't happen are exactly 0; a line has no room for them.
    parts = " + ".join(f"{stage} {milliseconds(mean)}" for stage, mean in first.items() if mean)
    rest = ", ".join(f"{stage} {milliseconds(means[stage])}" for stage in AFTER_FIRST_DELTA)
    text = f"{parts} = TTFT {milliseconds(sum(first.values()))}; {rest}"
    unjoined = sum(waterfall.unjoined for waterfall in found)
    return f"{text}; {unjoined} answers not joined" if unjoined else text


def _mean(found: list[Waterfall], stage: Stage) -> float:
    """Over all requests: medians of rounds would not add up."""
    requests = sum(waterfall.requests for waterfall in found)
    return sum(waterfall.mean_s[stage] * waterfall.requests for waterfall in found) / requests
