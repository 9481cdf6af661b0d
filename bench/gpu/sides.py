"""What is measured: each side's settings, or its options of ``vllm serve``.

All have the same model, context, batch limits and share of the GPU's memory. Those that retrieve are asked
the questions, in chats; the others get the prompts that the former would build, as finished texts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.retrieval.embedding import BUNDLED
from app.settings import Settings, load_settings
from bench.gpu.prepare import MAX_MODEL_LEN, OUTPUT_TOKENS, TOP_K, Material
from bench.servers import ours, plain

ENGINE = {
    "max_model_len": MAX_MODEL_LEN,
    "max_num_seqs": 1024,
    "max_num_batched_tokens": 8192,
    "gpu_memory_utilization": 0.85,
}
"""The limits that `vllm serve` chooses by itself on such a GPU, said to both."""
PORT = 8400


@dataclass(frozen=True, slots=True)
class Side:
    """One thing that is measured.

    Attributes:
        about: in words.
        options: of ``vllm serve``; None: it is one of ours.
        environment: variables of ``vllm serve``.
        settings: of ours, over the common ones.
        retrieves: whether it is asked the questions and finds the passages itself.
    """

    about: str
    options: tuple[str, ...] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    retrieves: bool = False


SIDES = {
    "plain": Side("`vllm serve`", ()),
    "plain-interval-4": Side("`vllm serve --stream-interval 4`", ("--stream-interval", "4")),
    "plain-interval-8": Side("`vllm serve --stream-interval 8`", ("--stream-interval", "8")),
    "plain-servers-2": Side("`vllm serve --api-server-count 2`", ("--api-server-count", "2")),
    "plain-servers-4": Side("`vllm serve --api-server-count 4`", ("--api-server-count", "4")),
    "plain-rust": Side("`vllm serve`, its Rust front-end", (), {"VLLM_USE_RUST_FRONTEND": "1"}),
    "rvc-off": Side("rvc, retrieval off", settings={"rag": {"enabled": False}}),
    "rvc": Side("rvc", retrieves=True),
    "baseline": Side("baseline", settings={"architecture": "baseline"}, retrieves=True),
    "baseline-improved": Side(
        "baseline, batching",
        settings={"architecture": "baseline", "engine": {"batch": True, "max_batch_size": 64}},
        retrieves=True,
    ),
    "rac": Side("rac", settings={"architecture": "rac"}, retrieves=True),
    "rsc": Side("rsc", settings={"architecture": "rsc"}, retrieves=True),
}


def settings_of(side: Side, material: Material, *, gpu: bool) -> Settings:
    """All settings of a side.

    Args:
        side: which.
        material: model and index.
        gpu: run on one; without, the limits are a CPU's.
    """
    engine = ENGINE if gpu else ENGINE | {"max_num_seqs": 64, "max_num_batched_tokens": 2048}
    common: dict[str, Any] = {
        "architecture": "rvc",
        "model": {"path": str(material.model), "dtype": "bfloat16"},
        "engine": engine,
        "embedding": {"model": BUNDLED},
        "rag": {"index": str(material.index), "top_k": TOP_K},
        "sampling": {"max_tokens": OUTPUT_TOKENS},
        "server": {"port": PORT, "max_ongoing_requests": 8192, "allow_cache_reset": True},
        "replicas": {"gpus": 1 if gpu else 0},
    }
    for section, values in side.settings.items():
        common[section] = common[section] | values if isinstance(values, dict) else values
    return load_settings(overrides=common)


@contextmanager
def serving(side: Side, material: Material, folder: Path, *, gpu: bool) -> Iterator[str]:
    """The side's server; gives its address."""
    settings = settings_of(side, material, gpu=gpu)
    if side.options is None:
        with ours(settings, folder) as url:
            yield url
    else:
        with plain(settings, folder, side.options, side.environment) as url:
            yield url
