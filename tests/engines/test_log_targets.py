"""A library that configures logging for the whole process doesn't cut off handlers that buffer."""

import logging
from collections.abc import Iterator
from logging.config import dictConfig
from logging.handlers import MemoryHandler, RotatingFileHandler
from pathlib import Path

import pytest

from app.engines.log_targets import log_targets_kept


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    """A logger as Serve makes one for a replica: a buffer before a file."""
    log = logging.getLogger("tests.log_targets")
    log.propagate = False
    log.addHandler(MemoryHandler(2, target=RotatingFileHandler(tmp_path / "replica.log")))
    yield log
    log.handlers.clear()


def test_what_is_logged_before_during_and_after_is_in_the_file(log: logging.Logger, tmp_path: Path) -> None:
    log.warning("before")
    with log_targets_kept():
        dictConfig({"version": 1, "disable_existing_loggers": False})
        log.warning("during")
    log.warning("after")
    assert (tmp_path / "replica.log").read_text().split() == ["before", "during", "after"]


def test_a_failure_gives_the_targets_back_too(log: logging.Logger, tmp_path: Path) -> None:
    def start() -> None:
        with log_targets_kept():
            dictConfig({"version": 1, "disable_existing_loggers": False})
            raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"):
        start()
    log.error("written at once")
    assert (tmp_path / "replica.log").read_text() == "written at once\n"
