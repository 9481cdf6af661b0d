"""Whether a side's answers under load are worse than the baseline's, by more than chance explains."""

from collections.abc import Sequence
from math import sqrt

from loadtest.schema.experiment import ComparedLevel
from loadtest.schema.quality import Scores

# Standard errors of the difference that chance is allowed.
CHANCE = 2.0


def worse_answers(levels: Sequence[ComparedLevel], baseline: str) -> list[str]:
    """A sentence for each side and rate with fewer right answers, and one if only some sides were scored."""
    bases = {level.rate_rps: level.quality for level in levels if level.side == baseline}
    said = []
    for level in levels:
        base = bases.get(level.rate_rps)
        if level.side != baseline and base and level.quality and is_worse(base, level.quality):
            now = level.quality
            said.append(
                f"{level.side} answers worse under {level.rate_rps:g} RPS than {baseline}: exact match "
                f"{now.exact_match:.0%} of {now.n}, not {base.exact_match:.0%} of {base.n}."
            )
    scored = {level.side for level in levels if level.quality is not None}
    without = dict.fromkeys(level.side for level in levels if level.side not in scored)
    if scored and without:
        said.append(f"No answer under load was scored of {', '.join(without)}.")
    return said


def is_worse(before: Scores, now: Scores) -> bool:
    """Whether the exact match is lower than the spread of two such samples explains."""
    share = (before.exact_match * before.n + now.exact_match * now.n) / (before.n + now.n)
    error = sqrt(share * (1 - share) * (1 / before.n + 1 / now.n))
    return before.exact_match - now.exact_match > CHANCE * error
