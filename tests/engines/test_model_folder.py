"""A model folder that is missing, incomplete or damaged is refused with what to do."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engines.contract import Engine
from app.engines.model_folder import check_model_folder, end_tokens
from app.engines.transformers import TransformersEngine
from app.engines.vllm import VllmEngine
from app.errors import ModelFolderError
from app.settings import Settings


@pytest.fixture
def folder(random_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_model, tmp_path / "model"))


def refusal(folder: Path) -> str:
    with pytest.raises(ModelFolderError) as caught:
        check_model_folder(folder)
    return str(caught.value)


def test_a_sound_folder_passes(folder: Path) -> None:
    check_model_folder(folder)
    assert end_tokens(folder) == {2}


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "there is no such folder; download the model" in refusal(tmp_path / "none")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing" in refusal(folder)


def test_a_file_that_is_not_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    assert "config.json is not JSON" in refusal(folder)


def test_missing_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "no *.safetensors" in refusal(folder)


@pytest.mark.parametrize("size", [0, 5, 1000, -1])
def test_weights_cut_short(folder: Path, size: int) -> None:
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:size])
    assert "damaged or cut short" in refusal(folder)


@pytest.mark.parametrize("kind", [TransformersEngine, VllmEngine])
def test_engines_refuse_it_before_they_load_anything(
    kind: Callable[[Settings], Engine], make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    engine = kind(make_settings(model={"path": str(tmp_path / "none")}))
    with pytest.raises(ModelFolderError, match="no such folder"):
        asyncio.run(engine.start())
