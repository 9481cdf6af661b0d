"""report.json: written whole or not at all, and read with its version checked."""

import os
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from loadtest.errors import ReportError
from loadtest.schema import SCHEMA_VERSION, Report

NAME = "report.json"
# Older versions that differ only by fields that have a default now.
READABLE_VERSIONS = (1, 2, SCHEMA_VERSION)


def save_report(report: Report, folder: Path) -> Path:
    """Write FOLDER/report.json, replacing an older one in one step; returns its path."""
    return replace_file(folder / NAME, dump_report(report))


def dump_report(report: Report) -> bytes:
    """The content of report.json."""
    return report.model_dump_json(indent=1).encode() + b"\n"


def replace_file(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return path


def load_report(path: Path) -> Report:
    """Read a report.

    Args:
        path: of the file, or of the folder that holds report.json.

    Raises:
        ReportError: missing, damaged, or of another schema version.
    """
    if path.is_dir():
        path = path / NAME
    return parse_report(read_kept(path), str(path))


def read_kept(path: Path) -> bytes:
    """The content of a report's file.

    Raises:
        ReportError: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReportError(f"The report {path} can't be read: {error.strerror}.") from None


def parse_report(text: bytes, place: str) -> Report:
    """A report from the content of report.json; `place` says in errors where it was found.

    Raises:
        ReportError: damaged, or of another schema version.
    """
    content = parse_kept(text, place)
    found = content["schema_version"]
    if found not in READABLE_VERSIONS:
        raise ReportError(
            f"The report {place} has schema version {found!r}; this loadtest reads versions "
            f"{', '.join(map(str, READABLE_VERSIONS))}. Show it with the loadtest that wrote it, or run "
            "the sweep again."
        )
    try:
        return Report.model_validate(content | {"schema_version": SCHEMA_VERSION})
    except ValidationError as error:
        raise damaged(error, place) from None


def parse_kept(text: bytes, place: str) -> dict[str, Any]:
    """The JSON object of a report or experiment of any version.

    Raises:
        ReportError: it is neither.
    """
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ReportError(f"The report {place} is damaged: it is not JSON ({error}).") from None
    if not isinstance(content, dict) or "schema_version" not in content:
        raise ReportError(f"{place} is not a report of loadtest: it has no schema_version.")
    return content


def damaged(error: ValidationError, place: str) -> ReportError:
    """The sentence for JSON of the right version and a wrong shape."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return ReportError(
        f"The report {place} is damaged: {error.error_count()} fields are wrong, the first is {field}: "
        f"{first['msg']}."
    )
