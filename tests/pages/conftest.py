"""The pages as files, and one browser for all tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pages.chromium import Tab, browser, find
from tests.pages.made import page_text

Written = Callable[[str], Path]


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if find() is None:
        pytest.skip("no Chromium here: the pages are not looked at (on Debian: apt install chromium)")
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A page of this name as a file."""
    folder = tmp_path_factory.mktemp("pages")

    def write(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(page_text(name), encoding="utf-8")
        return path

    return write
