"""experiment.json: written whole or not at all, and read with its version checked, as report.json is."""

from pathlib import Path

from pydantic import ValidationError

from loadtest.errors import ReportError
from loadtest.report.file import NAME as REPORT_NAME
from loadtest.report.file import damaged, parse_kept, parse_report, read_kept, replace_file
from loadtest.report.quality_file import KIND, quality_of
from loadtest.report.quality_file import NAME as QUALITY_NAME
from loadtest.schema import SCHEMA_VERSION, Report
from loadtest.schema.experiment import Experiment
from loadtest.schema.quality import Quality

NAME = "experiment.json"
VERSION = 1


def dump_experiment(experiment: Experiment) -> bytes:
    """The content of experiment.json, in one line: indented it is half as large again."""
    return experiment.model_dump_json().encode() + b"\n"


def save_experiment(experiment: Experiment, folder: Path) -> Path:
    """Write FOLDER/experiment.json, replacing an older one in one step; returns its path."""
    return replace_file(folder / NAME, dump_experiment(experiment))


def load_kept(path: Path) -> Report | Experiment | Quality:
    """Read what a run, an experiment or a check of quality has left.

    Args:
        path: of report.json, experiment.json or quality.json, or of the folder that holds one of them.

    Raises:
        ReportError: missing, damaged, or of another schema version.
    """
    if path.is_dir():
        names = (name for name in (NAME, QUALITY_NAME) if (path / name).exists())
        path = path / next(names, REPORT_NAME)
    text = read_kept(path)
    content = parse_kept(text, str(path))
    if "kind" not in content:
        return parse_report(text, str(path))
    if content["kind"] == KIND:
        return quality_of(content, str(path))
    if content["schema_version"] != VERSION:
        raise ReportError(
            f"The experiment {path} has schema version {content['schema_version']!r}; this loadtest reads "
            f"version {VERSION}. Show it with the loadtest that wrote it, or join its runs again."
        )
    try:
        # Its runs may have been joined by an older loadtest, before fields that have a default now.
        runs = [run | {"schema_version": SCHEMA_VERSION} for run in content.get("runs", [])]
        return Experiment.model_validate(content | {"runs": runs})
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise ReportError(f"The experiment {path} is damaged: its runs are no reports.") from None
        raise damaged(error, str(path)) from None
