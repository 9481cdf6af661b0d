"""quality.json: written whole or not at all, and read with its version checked, as report.json is."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loadtest.errors import ReportError
from loadtest.report.file import damaged, parse_kept, read_kept, replace_file
from loadtest.schema.quality import Quality

NAME = "quality.json"
KIND = "quality"
VERSION = 1


def save_quality(quality: Quality, folder: Path) -> Path:
    """Write FOLDER/quality.json, replacing an older one in one step; returns its path."""
    return replace_file(folder / NAME, quality.model_dump_json(indent=1).encode() + b"\n")


def load_quality(path: Path) -> Quality:
    """Read a check.

    Args:
        path: of the file, or of the folder that holds quality.json.

    Raises:
        ReportError: missing, damaged, of another schema version, or no check of quality.
    """
    if path.is_dir():
        path = path / NAME
    return quality_of(parse_kept(read_kept(path), str(path)), str(path))


def quality_of(content: dict[str, Any], place: str) -> Quality:
    """The check in a JSON object; `place` says in errors where it was found.

    Raises:
        ReportError: damaged, of another schema version, or no check of quality.
    """
    if content.get("kind") != KIND:
        raise ReportError(f"{place} is no check of quality: give {NAME} files, or folders that hold one.")
    if content["schema_version"] != VERSION:
        raise ReportError(
            f"The check {place} has schema version {content['schema_version']!r}; this loadtest reads "
            f"version {VERSION}. Show it with the loadtest that wrote it, or check again."
        )
    try:
        return Quality.model_validate(content)
    except ValidationError as error:
        raise damaged(error, place) from None
