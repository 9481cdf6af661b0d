"""The search of the highest rate that meets the service levels."""

from typing import Literal

from pydantic import Field

from loadtest.schema.part import Part

Component = Literal["queue", "retrieval", "prefill", "decode", "generator", "transport", "errors", "unknown"]


class KneeStep(Part):
    """One rate that was tried."""

    rate_rps: float
    why: Literal["start", "bracket", "bisect", "again"]
    meets: bool | None = Field(
        description="whether it meets every service level; null if the point is not valid"
    )
    broken: dict[str, float] = Field(
        description="service levels that it misses, with the value it had instead"
    )


class KneeSearch(Part):
    """What came of it."""

    slo: dict[str, float]
    steps: list[KneeStep]
    rate_rps: float | None = Field(description="highest valid rate that meets every service level")
    upper_rps: float | None = Field(
        description="lowest rate that does not, the knee lies in [rate_rps, upper_rps); null if the search "
        "ended without one"
    )
    broke_first: str | None = Field(description="the service level that is missed at upper_rps")
    component: Component | None = Field(
        description="the part of the waterfall that grew most from rate_rps to upper_rps"
    )
    sentence: str = Field(description="the result in words")
