import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from app.settings.sources import PREFIX, REFERENCE


@pytest.fixture(autouse=True)
def empty_environment() -> Iterator[None]:
    """No variable that says a setting; what a test sets or exports is forgotten after it."""
    with mock.patch.dict(os.environ):
        for name in list(os.environ):
            if name.startswith(PREFIX) or name in REFERENCE:
                del os.environ[name]
        yield


@pytest.fixture
def write_yaml(tmp_path: Path) -> Callable[[str], Path]:
    """A settings file with this text."""

    def write(text: str) -> Path:
        path = tmp_path / "settings.yaml"
        path.write_text(text, "utf-8")
        return path

    return write
