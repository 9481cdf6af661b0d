"""The hub settings reach the Hugging Face libraries, wherever they were said."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.options import gather
from app.settings import Settings
from app.settings.hub import export_hub
from app.settings.sources import REFERENCE

NAMES = [name for name in REFERENCE if not name.startswith("VLLM")]


def exported() -> list[str | None]:
    return [os.environ.get(name) for name in NAMES]


def test_they_become_the_libraries_variables() -> None:
    hub = {"home": "/h", "offline": True, "transformers_offline": False, "datasets_offline": True}
    export_hub(Settings.model_validate({"hub": hub}))
    assert exported() == ["/h", "1", "0", "1"]


def test_none_leaves_a_variable_alone() -> None:
    export_hub(Settings())
    assert exported() == [None] * 4
    os.environ["HF_HOME"] = "/mine"
    export_hub(Settings())
    assert exported() == ["/mine", None, None, None]


def test_every_command_exports_what_its_sources_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("RAG_LLM_HUB__TRANSFORMERS_OFFLINE", "false")
    gather(None, "qwen2.5-3b", ["hub.home=/set"])
    assert exported() == ["/set", "0", "0", "1"]


def test_a_line_of_the_file_is_there_before_the_libraries_are(
    write_yaml: Callable[[str], Path], tmp_path: Path
) -> None:
    """The libraries read their variables once, when they are imported: no command may do so earlier."""
    config = write_yaml(f"hub: {{home: {tmp_path}, offline: true}}")
    script = f"""
import sys
from pathlib import Path
from app.cli import main
from app.cli.options import gather
early = {{"huggingface_hub", "transformers", "datasets", "sentence_transformers"}} & set(sys.modules)
assert not early, early
gather(Path({str(config)!r}), None, None)
from huggingface_hub import constants
print(constants.HF_HOME, constants.HF_HUB_OFFLINE)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.stdout.split() == [str(tmp_path), "True"], ran.stderr
