"""Figures as text, the same in the table and on the page."""

from loadtest.figures.rounds import level_scores
from loadtest.schema import LevelFigures
from loadtest.schema.answers import Answers
from loadtest.schema.quality import Scores

NONE = "—"


def number(value: float | None, digits: int) -> str:
    """A figure, or a dash where there is none."""
    return NONE if value is None else f"{value:,.{digits}f}"


def milliseconds(value_s: float | None) -> str:
    """Seconds shown as milliseconds, with a decimal below 100 ms."""
    if value_s is None:
        return NONE
    return f"{value_s * 1000:,.{1 if value_s < 0.1 else 0}f}"


def seconds(value_s: float | None) -> str:
    """Seconds with two decimals, three below a second."""
    if value_s is None:
        return NONE
    return f"{value_s:,.{2 if value_s >= 1 else 3}f}"


def share(value: float | None, digits: int = 0) -> str:
    """0.98 as '98%', or a dash."""
    return NONE if value is None else f"{value:.{digits}%}"


def answers_text(answers: Answers) -> str:
    """What a sample of answers says, in a sentence without its full stop."""
    failed = sum(answer.error is not None for answer in answers.answers)
    said = f"Sample of {len(answers.answers)} answers: {failed} failed"
    if answers.recall is not None:
        said += f", {answers.recall:.0%} of {answers.with_gold} gold documents among the passages (recall)"
    if answers.scores is not None:
        said += f", {scores_text(answers.scores)} of {answers.scores.n}"
    return said


def scores_text(scores: Scores) -> str:
    """What scores say beside their recall, like 'exact match 85%, F1 0.88, refused 5%'."""
    return f"exact match {scores.exact_match:.0%}, F1 {scores.f1:.2f}, refused {scores.refused:.0%}"


def quality_text(level: LevelFigures) -> str | None:
    """What answers under load were worth, in a sentence without its full stop; None if none was scored."""
    scores = level_scores(level)
    if scores is None:
        return None
    recall = "" if scores.recall is None else f", recall {scores.recall:.0%}"
    return f"{scores.n} answers scored: {scores_text(scores)}{recall}"
