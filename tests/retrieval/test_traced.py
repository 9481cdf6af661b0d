"""The recorded model gives the model's own vectors, or is not used."""

import numpy as np
import pytest
import torch

from app.retrieval import traced
from app.retrieval.embedding import SMALL_BATCH, EmbeddingModel

TEXTS = ["", "Where?", "When was the bridge opened?", "word " * 300, "다리는 언제 열렸나요?", "a b c " * 20]


@pytest.mark.parametrize(("dtype", "least"), [(None, 0.999999), ("bfloat16", 0.995)])
def test_vectors_are_the_models_own(embedding: EmbeddingModel, dtype: str | None, least: float) -> None:
    recorded = EmbeddingModel(threads=1, dtype=dtype).trace()
    assert recorded._traced is not None
    own = embedding.encode(TEXTS)
    batches = [recorded.encode(TEXTS), np.concatenate([recorded.encode([text]) for text in TEXTS])]
    for vectors in batches:
        assert vectors.dtype == np.float32
        assert np.sum(vectors * own, axis=1).min() > least
    assert recorded.encode(["x"] * (SMALL_BATCH + 1)).shape == (SMALL_BATCH + 1, 384)


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
