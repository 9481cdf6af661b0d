"""Two reports side by side, by `loadtest compare` and by the awk program for machines without Python."""

import subprocess
from pathlib import Path

from rich.console import Console

from loadtest.report.compare import change, print_comparison, remarks
from loadtest.report.tsv import figures_tsv
from loadtest.schema import Report
from tests.loadtest.conftest import ROOT
from tests.loadtest.test_report_file import made_report


def _slower(report: Report, factor: float) -> Report:
    slower = report.model_copy(deep=True, update={"run": "slower"})
    for level in slower.levels:
        for name, spread in level.summary.items():
            if name.startswith("ttft_s"):
                level.summary[name] = spread.model_copy(update={"median": spread.median * factor})
    return slower


def test_changes_are_in_per_cent() -> None:
    assert change(0.2, 0.25) == "+25.0%"
    assert change(0.2, 0.1) == "-50.0%"
    assert change(0.0, 1.0) == change(None, 1.0) == "—"


def test_the_table_has_both_values_and_the_change() -> None:
    first = made_report()
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_comparison(first, _slower(first, 1.5), console)
    text = console.export_text()
    (line,) = [each for each in text.splitlines() if "TTFT p50" in each][:1]
    assert line.split()[-3:] == ["200", "300", "+50.0%"]
    assert "errors" in text


def test_unlike_plans_are_told() -> None:
    first, second = made_report(), made_report(model="other", reasons=("stopped",))
    second.plan["seed"] = 2
    assert remarks(first, second) == [
        "Not the same plan: seed is 1 in A and 2 in B.",
        "Not the same model: m in A and other in B.",
        "B is incomplete: stopped.",
    ]


def test_figures_are_a_row_each() -> None:
    rows = [line.split("\t") for line in figures_tsv(made_report()).splitlines()]
    assert rows[0] == ["rps", "figure", "median", "min", "max"]
    assert all(len(row) == 5 for row in rows)
    found = {(row[0], row[1]): row[2] for row in rows}
    assert found["1", "verdict"] == "valid"
    assert found["2", "failed"] == "1.0"
    assert found["-", "plan.seed"] == "1"
    assert float(found["1", "ttft_s.p50"]) > 0.19


def test_awk_compares_the_same(tmp_path: Path) -> None:
    first = made_report()
    (tmp_path / "a.tsv").write_text(figures_tsv(first))
    (tmp_path / "b.tsv").write_text(figures_tsv(_slower(first, 1.5)))
    command = ["awk", "-F", "\t", "-f", str(ROOT / "loadtest/bin/compare.awk")]
    text = subprocess.run(
        [*command, tmp_path / "a.tsv", tmp_path / "b.tsv"], capture_output=True, text=True, check=True
    ).stdout
    (line,) = [each for each in text.splitlines() if "ttft_s.p50" in each][:1]
    assert line.split() == ["ttft_s.p50", "0.2", "0.3", "+50.0%"]
    assert "B: slower" in text
    assert "incomplete" not in text
