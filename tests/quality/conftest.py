from pathlib import Path

import pytest

from tests.loadtest.quality_server import questions_text


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """The questions file of the small server."""
    path = tmp_path / "q.jsonl"
    path.write_text(questions_text(), "utf-8")
    return path
