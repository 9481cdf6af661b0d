"""Puts the demo model where the settings look for it."""

import filecmp
import os
import shutil
import tempfile
from pathlib import Path

from app.demo.weights import WEIGHTS

CARD = "README.md"
# Of this model's card, and of the one that version 0.1 made at random.
TITLES = ("# rag-llm-demo\n", "# Demo model\n")


def provide_demo_model(folder: Path) -> bool:
    """Copy the shipped model to `folder`, whole or not at all.

    Args:
        folder: where it goes. Another version of the demo model is replaced, any other model is left alone.

    Returns:
        Whether it was copied now.
    """
    files = sorted(path.name for path in WEIGHTS.iterdir() if path.suffix in {".json", ".safetensors", ".md"})
    same, _, _ = filecmp.cmpfiles(WEIGHTS, folder, files, shallow=False)
    if same == files or ((folder / "config.json").exists() and not _is_demo_model(folder)):
        return False
    _copy(files, folder)
    return True


def _is_demo_model(folder: Path) -> bool:
    card = folder / CARD
    return card.is_file() and card.read_text("utf-8").startswith(TITLES)


def _copy(files: list[str], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name in files:
            shutil.copyfile(WEIGHTS / name, temporary / name)
        temporary.chmod(0o755)
        if folder.exists():
            os.rename(folder, temporary / "before")
        os.rename(temporary, folder)
        shutil.rmtree(folder / "before", ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
