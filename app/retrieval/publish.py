"""Put a finished index folder in its place so that no reader ever sees half of one.

Everything is written to ``<root>/.building-…``, flushed to disk and renamed to ``<root>/<hash>``; then the
link ``<root>/current`` is switched by a rename too. Builders need no agreement: the first to rename wins,
and the other throws its own work away.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.errors import IndexFolderError

CURRENT = "current"
_BUILDING = ".building-"
_ABANDONED_AFTER_S = 60.0  # a folder is made a moment before it is locked


@contextlib.contextmanager
def building_folder(root: Path, name: str) -> Iterator[Path]:
    """A temporary folder in ``root``, removed at the end unless it was renamed.

    Folders that killed builders left behind are removed first: a builder holds a lock on its own.

    Raises:
        IndexFolderError: ``root`` can't be made or written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        for leftover in root.glob(f"{_BUILDING}*"):
            _remove_if_abandoned(leftover)
        folder = Path(tempfile.mkdtemp(prefix=f"{_BUILDING}{name}-", dir=root))
        folder.chmod(0o755)  # mkdtemp makes it private; an index may be served by another user
    except OSError as exc:
        raise unwritable(root, exc) from exc
    lock = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def unwritable(root: Path, exc: OSError) -> IndexFolderError:
    """The error for an index root that the operating system won't let us write."""
    return IndexFolderError(
        f"the index root {root} can't be written ({exc.strerror or exc}): give another with --index-root."
    )


def publish(folder: Path, final: Path) -> bool:
    """Flush ``folder`` to disk and rename it to ``final``; False when one is there already."""
    for path in folder.iterdir():
        _flush(path)
    _flush(folder)
    try:
        folder.rename(final)
    except OSError as exc:
        if exc.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            return False
        raise
    _flush(final.parent)
    return True


def set_aside(final: Path) -> None:
    """Take a damaged index out of its place and remove it; readers that mapped its files keep them."""
    aside = Path(tempfile.mkdtemp(prefix=f"{_BUILDING}damaged-", dir=final.parent))
    with contextlib.suppress(FileNotFoundError):  # another builder was quicker
        final.rename(aside / final.name)
    shutil.rmtree(aside, ignore_errors=True)


def point_current_at(root: Path, name: str) -> None:
    """Switch ``<root>/current`` to ``<root>/<name>`` in one step."""
    link = Path(tempfile.mkdtemp(prefix=f"{_BUILDING}link-", dir=root))
    try:
        (link / CURRENT).symlink_to(name)
        (link / CURRENT).replace(root / CURRENT)
        _flush(root)
    finally:
        shutil.rmtree(link, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """A descriptor whose lock lasts until it is closed or its process ends; None if another has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_if_abandoned(folder: Path) -> None:
    if time.time() - folder.stat().st_mtime < _ABANDONED_AFTER_S:
        return
    if (lock := _lock(folder)) is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
