"""The settings of `loadtest quality`, in the three places that those of `loadtest run` have."""

from pathlib import Path

from loadtest.setting_types import Modes, Positive, Words
from loadtest.settings import TargetSettings, option


class QualitySettings(TargetSettings):
    """All that a check of quality can be told."""

    timeout: Positive = option(
        "Target", "SECONDS", default=120.0, description="A request that takes longer ends the check."
    )

    questions: Path = option(
        "Questions",
        "FILE",
        description="JSONL with `question` and `answer`; optionally `id`, `gold_document`, `gold_text`, "
        "`language`, `kind`.",
    )
    count: int = option(
        "Questions",
        "N",
        default=0,
        ge=0,
        description="Ask so many, evenly spread over the file; 0 asks them all.",
    )
    modes: Modes = option(
        "Questions",
        "MODE,MODE,…",
        default=("retrieved", "gold", "none", "missing"),
        description="retrieved: as users ask. gold: with the right passages. none: without any. missing: "
        "with wrong ones.",
    )
    passages: int | None = option(
        "Questions",
        "N",
        default=None,
        ge=1,
        le=100,
        description="Passages in the modes retrieved and missing; by default as the server retrieves.",
    )
    system_prompt: str | None = option(
        "Questions",
        default=None,
        min_length=1,
        description="Of the prompts that the client writes (gold and missing); by default the server's own.",
    )
    concurrency: int = option(
        "Questions", "N", default=1, ge=1, le=64, description="Questions that are asked at a time."
    )

    require: Words = option(
        "Report",
        "REQUIREMENT",
        default=(),
        description="Fail unless it holds, like gold.exact_match>=0.85; repeatable, or several with spaces.",
    )
    name: str | None = option(
        "Report", default=None, description="What the target is called; by default its architecture."
    )
    out: Path | None = option(
        "Report",
        "DIR",
        default=None,
        description="Folder of the report; by default var/reports/quality-TIME.",
    )
