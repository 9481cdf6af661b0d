"""Figures as text, the same in the table and on the page."""

from loadtest.schema.answers import Answers

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


def answers_text(answers: Answers) -> str:
    """What a sample of answers says, in a sentence without its full stop."""
    failed = sum(answer.error is not None for answer in answers.answers)
    said = f"Sample of {len(answers.answers)} answers: {failed} failed"
    if answers.recall is None:
        return said
    found = f"{answers.recall:.0%} of {answers.with_gold} gold documents among the passages (recall)"
    return f"{said}, {found}"
