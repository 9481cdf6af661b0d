"""Presets: all load, and the reference project's folders are theirs."""

import pytest

from app.settings import load_settings
from app.settings.sources import presets

VOLUME = "/mnt/shared"


def test_there_are_a_demo_and_the_reference_models() -> None:
    assert presets() == ["demo", "qwen2.5-1.5b-instruct", "qwen2.5-3b"]


@pytest.mark.parametrize("name", presets())
def test_it_loads(name: str) -> None:
    assert load_settings(preset=name).model.path


@pytest.mark.parametrize(
    ("name", "folder"),
    [("qwen2.5-3b", "qwen25_3b"), ("qwen2.5-1.5b-instruct", "qwen25_1_5b_instruct")],
)
def test_the_reference_projects_folders(name: str, folder: str) -> None:
    settings = load_settings(preset=name)
    assert settings.model.path == f"{VOLUME}/models/{folder}"
    assert settings.embedding.model == f"{VOLUME}/models/ko-sroberta-multitask"
    assert settings.rag.index == f"{VOLUME}/faiss_index"
    assert settings.replicas.gpus == 1


def test_without_a_word_it_is_the_demo() -> None:
    assert load_settings() == load_settings(preset="demo")
    assert load_settings().model.path == "var/models/demo"
