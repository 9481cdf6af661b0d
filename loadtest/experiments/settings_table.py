"""Plan, labels and environment of several runs side by side, what differs first."""

from collections.abc import Mapping
from dataclasses import dataclass

from loadtest.report.facts import facts
from loadtest.schema import Report


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting in each run, and whether it is the same in all."""

    name: str
    about: str
    values: list[str]
    same: bool


def settings_table(runs: Mapping[str, Report]) -> list[SettingRow]:
    """One row for each name that any run has."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for run_name, run in runs.items():
        for title, rows in facts(run).items():
            for row in rows:
                key = row.name if title == "Plan" else f"{title.lower()}: {row.name}"
                found.setdefault(key, (row.about, {}))[1][run_name] = row.value
    table = []
    for key, (about, values) in found.items():
        cells = [values.get(name, "—") for name in runs]
        table.append(SettingRow(key, about, cells, len(set(cells)) == 1))
    return sorted(table, key=lambda row: row.same)
