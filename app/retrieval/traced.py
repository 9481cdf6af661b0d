"""An embedding model without Python between its layers: for a short text half of the time is that."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.jit._fuser import optimized_execution

log = logging.getLogger(__name__)
Embed = Callable[[Sequence[str]], torch.Tensor]
SAMPLES = (
    ("How long is it?", "When was the bridge over the river opened, and who built it in those years?"),
    ("Where?",),
    ("a", "A somewhat longer text with a few more words than the others have.", "b c d", "1931 다리"),
)
"""The first batch is traced, the others are of other shapes."""
ALIKE = 0.9995
"""Least cosine between a vector and the model's own; bfloat16 rounds the same sums in another order."""


def traced(model: Any) -> Embed | None:
    """The same vectors from a recording of the model's operations (torch.jit).

    Args:
        model: a SentenceTransformer.

    Returns:
        Texts → vectors of length one, [texts, dimension], float32 on the CPU; None if the recording doesn't
        give what the model gives.
    """
    names: list[str] = []

    class Recorded(torch.nn.Module):
        """The whole model, from token ids to vectors."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *features: torch.Tensor) -> torch.Tensor:
            """Vectors of length one."""
            vectors = self.model(dict(zip(names, features, strict=True)))["sentence_embedding"]
            return torch.nn.functional.normalize(vectors.float())

    def features(texts: Sequence[str]) -> tuple[torch.Tensor, ...]:
        found = model.preprocess(list(texts))
        return tuple(found[name].to(model.device) for name in names)

    def embed(texts: Sequence[str]) -> torch.Tensor:
        # The plain executor: the optimizing one compiles anew for each shape.
        with torch.inference_mode(), optimized_execution(False):
            return recording(*features(texts)).cpu()  # type: ignore[no-any-return]

    try:
        known = model.tokenizer.model_input_names
        names += [name for name in model.preprocess(list(SAMPLES[0])) if name in known]
        with torch.inference_mode(), _quiet():
            recording = torch.jit.freeze(
                torch.jit.trace(Recorded().eval(), features(SAMPLES[0]), check_trace=False, strict=False)  # type: ignore[no-untyped-call]
            )
        same = all(_alike(embed(texts).numpy(), model, texts) for texts in SAMPLES)
    except Exception as error:  # models are of many kinds, and so are the reasons why one can't be recorded
        log.info("the embedding model is run as it is: %s", error)
        return None
    return embed if same else None


def _alike(vectors: Any, model: Any, texts: Sequence[str]) -> bool:
    own = model.encode(list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
    return bool(np.min(np.sum(np.asarray(vectors) * np.asarray(own, dtype=np.float32), axis=1)) >= ALIKE)


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
