"""The frame that all pages share: templates, filters and the explanations of words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from loadtest import __version__
from loadtest.report.terms import TERMS
from loadtest.report.wording import NONE, milliseconds, number, seconds, share


def render(template: str, content: Mapping[str, Any], package: str = "loadtest.report") -> str:
    """A page as HTML; everything that comes from outside is escaped.

    Args:
        template: a file of `package`, which extends base.html.j2.
        content: its variables; all of them have to be there.
        package: where the template lies.
    """
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(name, ".") for name in dict.fromkeys((package, "loadtest.report"))]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ms": milliseconds,
        "s": seconds,
        "number": number,
        "share": share,
        "change": change,
        "rate": "{:g}".format,
        "when": when,
        "times": times,
    }
    environment.globals |= {"TERMS": TERMS, "version": __version__}
    return environment.get_template(template).render(**content)


def change(value: float | None) -> str:
    """0.125 as '+12.5%', with a real minus sign, or a dash."""
    return NONE if value is None else f"{value:+.1%}".replace("-", "−")


def when(timestamp: str) -> str:
    """An ISO time as '20 Nov 2026, 10:00 UTC'; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(timestamp).astimezone(UTC)
    except ValueError:
        return timestamp
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def times(seconds_: float | None) -> str:
    """A duration in the unit that reads best: '41.2 ms', '1.24 s'."""
    if seconds_ is None:
        return NONE
    return f"{milliseconds(seconds_)} ms" if abs(seconds_) < 1 else f"{seconds(seconds_)} s"
