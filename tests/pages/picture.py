"""A picture of a page for the documents: python -m tests.pages.picture PAGE.html PICTURE.png [HEIGHT]."""

import sys
import tempfile
from pathlib import Path

from tests.pages.chromium import browser


def take(page: Path, picture: Path, height: int | None = None) -> None:
    """Write the PNG: the whole page in light colours, or its upper part of so many pixels."""
    with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as tab:
        tab.open(page, height=height or 900)
        tab.screenshot(picture, whole=height is None)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
