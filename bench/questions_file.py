"""The file of questions that the load test is given."""

import json
from collections.abc import Iterable
from pathlib import Path


def write_questions(path: Path, texts: Iterable[str]) -> Path:
    """Write a question a line, as JSONL, and the folder if it isn't there; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"question": text}) + "\n" for text in texts), "utf-8")
    return path
