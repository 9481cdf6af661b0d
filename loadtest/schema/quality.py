"""How right answers are: the scores of some answers, and quality.json, version 1, with every answer."""

from typing import Annotated, Any, Literal

from pydantic import Field

from loadtest.schema.part import Part
from loadtest.setting_types import Mode

By = Literal["all", "language", "kind"]


class Scores(Part):
    """Means over some answers; a failed request is no right answer."""

    n: int = Field(description="answers that were scored")
    failed: int = Field(default=0, description="of these, requests that failed: they count as wrong")
    exact_match: float = Field(
        description="share of answers that are the expected one; case, punctuation, articles and spaces apart"
    )
    f1: float = Field(description="mean token F1: harmonic mean of the shares of words that both have")
    refused: float = Field(description="share of answers saying that the documents don't hold the answer")
    recall: float | None = Field(
        default=None,
        description="share of the questions with a gold document for which it was among the passages; null "
        "where nothing was retrieved or no passages came back",
    )


class GroupScores(Scores):
    """The scores of a mode, of all questions or of one language or kind of fact."""

    mode: Mode
    by: By
    group: str = Field(description="`all`, or the language or kind")


class ScoredAnswer(Part):
    """One question asked in one mode."""

    question: str = Field(description="its id")
    mode: Mode
    language: str | None
    kind: str | None
    expected: str
    text: str = Field(description="the answer; empty if there was none")
    passages: list[str] = Field(description="ids of the passages in the prompt, as far as they are known")
    gold_found: bool | None = Field(
        description="in the mode retrieved: whether the gold document is among them; null if unknown"
    )
    exact_match: float
    f1: float
    refused: bool
    error: str | None = Field(default=None, description="why there is no answer")


class Requirement(Part):
    """A figure that was required, and what it was."""

    text: str = Field(description="such as gold.exact_match>=0.85")
    value: float | None = Field(description="null if there is no such figure")
    met: bool


class Quality(Part):
    """A whole check of one target."""

    schema_version: Annotated[Literal[1], Field(description="another version is another shape")]
    kind: Literal["quality"]
    name: str = Field(description="what the target is called in tables")
    target: str
    model: str
    architecture: str | None = Field(description="as the server says it; null if it doesn't")
    started_at: str
    ended_at: str
    complete: bool
    incomplete_reasons: list[str]
    plan: dict[str, Any] = Field(description="all settings except the API key")
    questions_sha256: str = Field(description="of the questions file")
    asked: int = Field(description="questions that were asked")
    top_k: int | None = Field(description="passages that the server retrieves; null if it doesn't say")
    system_prompt: str = Field(description="of the prompts that the client wrote")
    server: dict[str, Any] = Field(description="GET /v1/environment of the target; empty if it has none")
    remarks: list[str] = Field(description="what was not asked, or asked otherwise, and why")
    figures: list[GroupScores]
    requirements: list[Requirement]
    answers: list[ScoredAnswer]
