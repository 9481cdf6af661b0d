"""An embedding model without Python between its layers: for a short text half of the time is that."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.jit._fuser import optimized_execution

from app.retrieval.embedding import Vectors
from app.retrieval.packed import PackedLinear, packed

log = logging.getLogger(__name__)
Embed = Callable[[Sequence[str]], Vectors]
SAMPLES = (
    ("How long is it?", "When was the bridge over the river opened, and who built it in those years?"),
    ("Where?",),
    ("a", "A somewhat longer text with a few more words than the others have.", "b c d", "1931 다리"),
)
"""The first batch is traced, the others are of other shapes."""
ALIKE = 0.9995
"""Least cosine between a vector and the model's own; bfloat16 rounds the same sums in another order."""


def traced(model: Any, own: Embed) -> Embed | None:
    """The same vectors from a recording of the model's operations (torch.jit).

    Args:
        model: a SentenceTransformer.
        own: texts → vectors, as the library makes them.

    Returns:
        Texts → vectors of length one, [texts, dimension]; None if no recording gives what the model gives.
    """
    for record in (_record_packed, _record):
        try:
            embed = record(model)
            if all(_alike(embed(texts), own(texts)) for texts in SAMPLES):
                return embed
        except Exception as error:
            # Models are of many kinds, and so are the reasons why one can't be recorded.
            log.info("the embedding model isn't recorded by %s: %s", record.__name__, error)
    return None


def _record_packed(model: Any) -> Embed:
    return _record(*packed(model))


def _record(model: Any, layers: Sequence[PackedLinear] = ()) -> Embed:
    known = model.tokenizer.model_input_names
    names = [name for name in model.preprocess(list(SAMPLES[0])) if name in known]
    weights = tuple(layer.weight for layer in layers)

    class Recorded(torch.nn.Module):
        """The whole model, from token ids and packed weights to vectors."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            """Vectors of length one."""
            for layer, weight in zip(layers, inputs[len(names) :], strict=True):
                layer.weight = weight
            vectors = self.model(dict(zip(names, inputs, strict=False)))["sentence_embedding"]
            return torch.nn.functional.normalize(vectors.float())

    def features(texts: Sequence[str]) -> tuple[torch.Tensor, ...]:
        found = model.preprocess(list(texts))
        return (*(found[name].to(model.device) for name in names), *weights)

    with torch.inference_mode(), _quiet():
        recording = torch.jit.freeze(
            torch.jit.trace(Recorded().eval(), features(SAMPLES[0]), check_trace=False, strict=False)  # type: ignore[no-untyped-call]
        )

    def embed(texts: Sequence[str]) -> Vectors:
        # The plain executor: the optimizing one compiles anew for each shape.
        with torch.inference_mode(), optimized_execution(False):
            return np.ascontiguousarray(recording(*features(texts)).cpu().numpy())

    return embed


def _alike(vectors: Vectors, own: Vectors) -> bool:
    return bool(np.min(np.sum(vectors * own, axis=1)) >= ALIKE)


@contextmanager
def _quiet() -> Iterator[None]:
    """Recording looks at every attribute, deprecated ones too, and warns of what is tried afterwards."""
    library = logging.getLogger("sentence_transformers")
    level = library.level
    library.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.setLevel(level)
