"""A run against a named baseline: is any figure worse by more than noise allows?"""

from pydantic import Field

from loadtest.schema.part import Part


class GateFigure(Part):
    """One figure at one rate."""

    rate_rps: float
    figure: str = Field(description="as in the levels' summary; `failed` is the share of failed requests")
    baseline: float
    now: float
    change: float = Field(
        description="(now - baseline) / baseline, of shares now - baseline; positive means larger, not better"
    )
    change_low: float = Field(description="lower end of the change's bootstrap interval over rounds")
    change_high: float
    allowed: float = Field(description="change for the worse that noise is allowed to make")
    worse: bool


class Gate(Part):
    """The comparison."""

    baseline_run: str
    passed: bool
    figures: list[GateFigure]
    sentences: list[str] = Field(description="why it failed, or what limits what it says")
