"""What is made from the chart and kept: docs/values.md and the snapshots. ``make docs`` writes both."""

import re
import subprocess
from pathlib import Path

from tests.chart.render import CHART, REPOSITORY, Values, template
from tests.chart.tools import found

VALUES_PAGE = REPOSITORY / "docs" / "values.md"
SNAPSHOTS = Path(__file__).parent / "snapshots"
RENDERED: dict[str, tuple[Values, bool]] = {
    "default": ({}, False),
    "cpu": ({}, True),
    "cpu-rac": ({"architecture": "rac"}, True),
    "cpu-baseline": ({"architecture": "baseline"}, True),
}
"""Each snapshot's values, and whether they lie on values-cpu.yaml."""


def values_page() -> str:
    """docs/values.md, from the comments in values.yaml.

    Raises:
        subprocess.CalledProcessError: a value has no comment.
    """
    command = [found("helm-docs") or "helm-docs", "--chart-search-root", str(CHART), "--dry-run"]
    command += [
        "--template-files",
        "values.md.gotmpl",
        "--sort-values-order",
        "file",
        "--log-level",
        "warning",
    ]
    page = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return page.rstrip("\n") + "\n"


def snapshot(name: str) -> str:
    """Everything the chart makes of a snapshot's values; a generated key is left out."""
    values, cpu = RENDERED[name]
    return re.sub(r"^  keys: .+$", "  keys: …", template(values, cpu=cpu), flags=re.MULTILINE)


def main() -> None:
    """Write them all."""
    VALUES_PAGE.write_text(values_page(), "utf-8")
    SNAPSHOTS.mkdir(exist_ok=True)
    for name in RENDERED:
        (SNAPSHOTS / f"{name}.yaml").write_text(snapshot(name), "utf-8")


if __name__ == "__main__":
    main()
