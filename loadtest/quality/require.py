"""Figures that are required, like `gold.exact_match>=0.85`."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence

from loadtest.quality.mode import MODES
from loadtest.schema.quality import GroupScores, Requirement

FIGURES = ("exact_match", "f1", "refused", "recall")
COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}
FORM = (
    f"MODE.FIGURE>=SHARE or <=, like gold.exact_match>=0.85, or of one group retrieved.ko.f1>=0.8; modes are "
    f"{', '.join(MODES)}, figures {', '.join(FIGURES)}"
)
_PATTERN = re.compile(r"(\w+)\.(?:([\w-]+)\.)?(\w+)\s*(>=|<=)\s*([0-9]*\.?[0-9]+)")


def wrong_requirement(text: str) -> str | None:
    """What is wrong with the text of a requirement; None if nothing is."""
    found = _PATTERN.fullmatch(text)
    if found is None or found[1] not in MODES or found[3] not in FIGURES or float(found[5]) > 1:
        return f"{text!r} should have the form {FORM}"
    return None


def judge(required: Iterable[str], figures: Sequence[GroupScores]) -> list[Requirement]:
    """Each requirement beside its figure; one without a figure is not met."""
    judged = []
    for text in required:
        found = _PATTERN.fullmatch(text)
        assert found is not None, "checked with the settings"
        mode, group, figure, comparison, limit = found.groups()
        value = next(
            (
                getattr(each, figure)
                for each in figures
                if each.mode == mode and (each.group == group if group else each.by == "all")
            ),
            None,
        )
        met = value is not None and COMPARE[comparison](value, float(limit))
        judged.append(Requirement(text=text, value=value, met=met))
    return judged


def missed_text(missed: Requirement) -> str:
    """A requirement that is not met, as a sentence."""
    if missed.value is None:
        return f"{missed.text} is not met: there is no such figure in this check."
    return f"{missed.text} is not met: it is {missed.value:.3f}."
