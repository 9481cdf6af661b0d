"""The base of everything that is kept in report.json."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of all parts: unknown fields are errors, and infinities are not JSON."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
