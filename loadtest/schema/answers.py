"""A sample of answers: whether two servers retrieve and say the same is asked of it."""

from pydantic import Field

from loadtest.schema.part import Part
from loadtest.schema.quality import Scores


class Answer(Part):
    """One question, asked alone and greedily."""

    question: str = Field(description="its id")
    text: str = Field(description="the answer; empty if there was none")
    passages: list[str] = Field(description="ids of the retrieved passages, best first")
    gold_rank: int | None = Field(
        description="from 1: first passage that comes from the question's gold document; null if none does"
    )
    error: str | None = Field(default=None, description="kind of error, as in the records")


class Answers(Part):
    """All answers of the sample."""

    answers: list[Answer]
    with_gold: int = Field(description="questions that name a gold document")
    recall: float | None = Field(
        description="share of these whose gold document is among the passages; null if there are none"
    )
    scores: Scores | None = Field(
        default=None, description="of the answers whose questions have an expected one; null without any"
    )
