"""The recorded model gives the model's own vectors, or is not used."""

import numpy as np
import pytest
import torch

from app.retrieval import traced
from app.retrieval.embedding import SMALL_BATCH, EmbeddingModel
from app.retrieval.packed import packed

TEXTS = ["", "Where?", "When was the bridge opened?", "word " * 300, "다리는 언제 열렸나요?", "a b c " * 20]


@pytest.mark.parametrize(("dtype", "least"), [(None, 0.999999), ("bfloat16", 0.995)])
def test_vectors_are_the_models_own(embedding: EmbeddingModel, dtype: str | None, least: float) -> None:
    recorded = EmbeddingModel(threads=1, dtype=dtype).trace()
    assert recorded._traced is not None
    own = embedding.encode(TEXTS)
    batches = [
        recorded._by_library(TEXTS),
        recorded.encode(TEXTS),
        np.concatenate([recorded.encode([text]) for text in TEXTS]),
    ]
    for vectors in batches:
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
        assert np.sum(vectors * own, axis=1).min() > least
    assert recorded.encode(["x"] * (SMALL_BATCH + 1)).shape == (SMALL_BATCH + 1, 384)


@pytest.mark.parametrize("dtype", [None, "bfloat16"])
def test_linear_layers_are_packed_and_the_model_keeps_its_own(
    embedding: EmbeddingModel, dtype: str | None
) -> None:
    model = EmbeddingModel(threads=1, dtype=dtype)
    again, layers = packed(model._model)
    assert len(layers) == 6 * 6 + 1, "six of each layer, and the pooler"
    x = torch.randn(2, 5, 384, dtype=model._model[0].auto_model.dtype)
    with torch.inference_mode():
        for own, other in zip(_linears(model._model), layers, strict=True):
            if own.in_features == 384:
                assert torch.allclose(own(x), other(x), atol=1e-4)
    assert not _linears(again)
    shared = {id(parameter) for parameter in model._model.parameters()}
    assert all(id(parameter) in shared for parameter in again.parameters())


def _linears(model: torch.nn.Module) -> list[torch.nn.Linear]:
    return [module for module in model.modules() if isinstance(module, torch.nn.Linear)]


def test_where_layers_cannot_be_packed_the_model_is_recorded_as_it_is(
    embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(model: torch.nn.Module) -> None:
        raise RuntimeError("no such kernels")

    monkeypatch.setattr(traced, "packed", refuse)
    embed = traced.traced(embedding._model, embedding._by_library)
    assert embed is not None
    assert np.sum(embed(TEXTS) * embedding.encode(TEXTS), axis=1).min() > 0.999999


def test_a_model_that_looks_at_its_shapes_is_run_as_it_is(
    embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = embedding._model
    pooling = model[1]

    def first_half(features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        count = int(features["token_embeddings"].shape[1]) // 2 + 1  # recorded as a number
        mean = features["token_embeddings"][:, torch.arange(count)].mean(1)
        return features | {"sentence_embedding": mean}

    monkeypatch.setattr(pooling, "forward", first_half)
    assert traced.traced(model, embedding._by_library) is None


def test_a_model_that_cannot_be_recorded_is_run_as_it_is(
    embedding: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(torch.jit, "trace", refuse)
    assert traced.traced(embedding._model, embedding._by_library) is None
