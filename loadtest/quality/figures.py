"""Scores of answers: of all, and by language and kind."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from loadtest.quality.mode import MODES
from loadtest.quality.score import exact, f1, refused
from loadtest.schema.quality import By, GroupScores, ScoredAnswer, Scores

# A group's key in an answer, if the answer has one.
GROUPS: dict[By, Callable[[ScoredAnswer], str | None]] = {
    "all": lambda answer: "all",
    "language": lambda answer: answer.language,
    "kind": lambda answer: answer.kind,
}


def scores_of(pairs: Sequence[tuple[str, str]], found: Iterable[bool | None] = ()) -> Scores | None:
    """The scores of (answer, expected answer); None if there is none.

    Args:
        pairs: texts.
        found: for each question with a gold document, whether it was among the passages; None if unknown.
    """
    if not pairs:
        return None
    return Scores(
        n=len(pairs),
        exact_match=fmean(exact(*pair) for pair in pairs),
        f1=fmean(f1(*pair) for pair in pairs),
        refused=fmean(refused(answer) for answer, _ in pairs),
        recall=_share(found),
    )


def group_scores(answers: Sequence[ScoredAnswer]) -> list[GroupScores]:
    """Of each mode: all its answers, then each language, then each kind, in the order of the alphabet."""
    figures = []
    for mode in MODES:
        of_mode = [answer for answer in answers if answer.mode == mode]
        for by, key in GROUPS.items():
            names = sorted({name for answer in of_mode if (name := key(answer)) is not None})
            for name in names:
                members = [answer for answer in of_mode if key(answer) == name]
                figures.append(
                    GroupScores(
                        mode=mode,
                        by=by,
                        group=name,
                        n=len(members),
                        failed=sum(answer.error is not None for answer in members),
                        exact_match=fmean(answer.exact_match for answer in members),
                        f1=fmean(answer.f1 for answer in members),
                        refused=fmean(answer.refused for answer in members),
                        recall=_share(answer.gold_found for answer in members),
                    )
                )
    return figures


def _share(found: Iterable[bool | None]) -> float | None:
    known = [each for each in found if each is not None]
    return fmean(known) if known else None
