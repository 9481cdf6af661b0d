"""The reports that an experiment is made of; what can't be read is a reason, not the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.cluster.packing import REPORT, SUMMARY
from loadtest.errors import ApiRefused, ReportError
from loadtest.report.file import load_report, parse_report
from loadtest.schema import Report

if TYPE_CHECKING:
    from loadtest.cluster.api import ClusterApi


def read_runs(names: Sequence[str], api: "ClusterApi | None") -> tuple[list[Report], list[str]]:
    """Read the runs of an experiment.

    Args:
        names: folders or files; with an API, names of ConfigMaps.
        api: the way to the cluster that holds them.

    Returns:
        The reports, and a reason for each that can't be had: a side that failed costs no other one.

    Raises:
        ApiAway: the API server does not answer.
    """
    reports, reasons = [], []
    for name in names:
        try:
            reports.append(_of_config_map(api, name) if api else load_report(Path(name)))
        except (ReportError, ApiRefused) as error:
            reasons.append(f"{name} is not among the runs: {str(error).rstrip('.')}")
    return reports, reasons


def _of_config_map(api: "ClusterApi", name: str) -> Report:
    from loadtest.cluster.kept import read_kept

    files = read_kept(api, name)
    if REPORT not in files:
        said = files.get(SUMMARY, b"it is empty").decode().strip().partition("\n")[0]
        raise ReportError(said)
    return parse_report(files[REPORT], f"in ConfigMap {name}")
