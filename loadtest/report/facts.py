"""What was run where, as names and values with their explanations."""

from dataclasses import dataclass
from typing import Any

from loadtest.schema import Environment, Report
from loadtest.settings import RunSettings

GENERATOR = "Of the process that made the load, and its machine."
SERVER = "As the server says it of itself: GET /v1/environment."


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, its value, and what it is (empty if nobody says)."""

    name: str
    value: str
    about: str = ""


def facts(report: Report) -> dict[str, list[Fact]]:
    """The plan, the load generator and the server, each as a list; empty ones are left out."""
    environment = report.environment.model_dump(exclude={"server"})
    found = {
        "Plan": [
            Fact(key, _text(value), _about(RunSettings, key))
            for key, value in report.plan.items()
            if value not in (None, [], {}, "", False)
        ],
        "Load generator": [
            Fact(key, _text(value), _about(Environment, key) or GENERATOR)
            for key, value in environment.items()
        ],
        "Server": [Fact(key, value, SERVER) for key, value in _flat(report.environment.server).items()],
    }
    return {title: rows for title, rows in found.items() if rows}


def _about(model: type[RunSettings] | type[Environment], key: str) -> str:
    field = model.model_fields.get(key)
    return (field.description or "") if field else ""


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, str]:
    rows: dict[str, str] = {}
    for key, entry in value.items():
        if isinstance(entry, dict):
            rows |= _flat(entry, f"{prefix}{key}.")
        else:
            rows[f"{prefix}{key}"] = _text(entry)
    return rows


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={entry}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(
            ":".join(map(_text, entry)) if isinstance(entry, list | tuple) else _text(entry)
            for entry in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)
