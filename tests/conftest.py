"""The demo model and the demo index, made once; settings that use them.

What takes seconds to import is imported by the fixtures that need it: most tests don't.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.demo import CORPUS
from app.settings import Settings, load_settings
from app.settings.load import merge

if TYPE_CHECKING:
    from app.retrieval.embedding import EmbeddingModel


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.random_model import make_random_model

    folder = tmp_path_factory.mktemp("models") / "random"
    make_random_model(folder)
    return folder


@pytest.fixture(scope="session")
def embedding() -> "EmbeddingModel":
    from app.retrieval.embedding import EmbeddingModel

    return EmbeddingModel(threads=1)


@pytest.fixture(scope="session")
def demo_indexes(tmp_path_factory: pytest.TempPathFactory, embedding: "EmbeddingModel") -> Path:
    """An index root with the demo corpus."""
    from app.retrieval.build import build_index

    root = tmp_path_factory.mktemp("indexes")
    build_index(CORPUS, root, embedding)
    return root


@pytest.fixture(scope="session")
def make_settings(random_model: Path, demo_indexes: Path) -> Callable[..., Settings]:
    """Settings of the demo, with sections changed."""

    def make(**sections: Any) -> Settings:
        demo = {
            "architecture": "baseline",
            "model": {"path": str(random_model), "name": "demo", "dtype": "float32"},
            "rag": {"index": str(demo_indexes)},
        }
        return load_settings(preset="demo", overrides=merge(demo, sections))

    return make
