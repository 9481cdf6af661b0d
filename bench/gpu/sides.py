"""The servers that are compared, all with the same model, limits and index."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.engines.cuda_graphs import capture_sizes
from app.retrieval.embedding import BUNDLED
from app.settings import Settings, load_settings
from app.settings.load import merge
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
NGRAM = {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 4}
"""Answers copy from passages: the next tokens are guessed from where the last ones stood in the prompt."""


@dataclass(frozen=True, slots=True)
class Side:
    """One thing that is measured.

    Attributes:
        settings: over the common ones.
        options: of ``vllm serve``; None: it is one of ours.
        environment: variables of either.
        asks: options of the load test: the same server, asked otherwise.
        finished: it is asked to complete finished prompts, although it could retrieve.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    finished: bool = False

    @property
    def server(self) -> str:
        """The same for sides that one server can be."""
        return repr((self.settings, self.options, self.environment))


EMBEDDING = {"threads": 2}

SIDES = {
    "plain": Side(options=()),
    "rvc": Side(),
    "baseline": Side({"architecture": "baseline"}),
    "baseline-improved": Side({"architecture": "baseline", "engine": {"batch": True, "max_batch_size": 64}}),
    "rac": Side({"architecture": "rac"}),
    "rsc": Side({"architecture": "rsc"}),
}
"""``plain`` is `vllm serve`."""


def _engine(**arguments: Any) -> Side:
    return Side({"engine": arguments})


CHANGES = {
    # of `vllm serve`
    "interval4": Side(options=("--stream-interval", "4")),
    "interval8": Side(options=("--stream-interval", "8")),
    "servers2": Side(options=("--api-server-count", "2")),
    "servers4": Side(options=("--api-server-count", "4")),
    "rust": Side(options=(), environment={"VLLM_USE_RUST_FRONTEND": "1"}),
    "wide": Side(options=("--cudagraph-capture-sizes", *map(str, capture_sizes(8192, None, {}) or ()))),
    # where and how prompts are made
    "off": Side(finished=True),
    "inside": Side({"preparation": {"own_process": False}}),
    "whole": Side({"preparation": {"remembered_pieces": 0}}),
    "float32": Side({"embedding": {"dtype": "float32"}}),
    "threads1": Side({"embedding": {"threads": 1}}),
    "threads4": Side({"embedding": {"threads": 4}}),
    "threads8": Side({"embedding": {"threads": 8}}),
    "cuda": Side({"embedding": {"device": "cuda"}}),
    # order of passages
    "canonical": Side(asks=("--passage-order", "canonical")),
    "popular": Side(asks=("--passage-order", "popular")),
    "cached": Side(asks=("--passage-order", "cached")),
    "anchored": Side(asks=("--passage-order", "anchored")),
    # the way of HTTP
    "nosplice": Side(environment={"HAPROXY_OPTIONS": "-dS"}),
    "haproxy4": Side(environment={"RAY_SERVE_HAPROXY_NBTHREAD": "4"}),
    "chunks8": Side(environment={"VLLM_V1_OUTPUT_PROC_CHUNK_SIZE": "8"}),
    "chunks128": Side(environment={"VLLM_V1_OUTPUT_PROC_CHUNK_SIZE": "128"}),
    "lastfirst": Side(environment={"FIRST_TOKENS_FIRST": "0"}),
    "switch5": Side(environment={"CORE_THREAD_SWITCH_MS": "5"}),
    "nice15": Side(environment={"RAY_worker_niceness": "15"}),
    # the engine
    "tokens4k": _engine(max_num_batched_tokens=4096),
    "tokens16k": _engine(max_num_batched_tokens=16384),
    "seqs256": _engine(max_num_seqs=256),
    "graphs512": _engine(cuda_graph_tokens=512),
    "unoverlapped": _engine(vllm={"async_scheduling": False}),
    "runner2": Side(environment={"VLLM_USE_V2_MODEL_RUNNER": "1"}),
    "ngram": _engine(vllm={"speculative_config": NGRAM}),
    "fp8": _engine(quantization="fp8"),
    "fp8kv": _engine(kv_cache_dtype="fp8"),
    "workers1": _engine(workers=1),
    "workers16": _engine(workers=16),
    # several GPUs
    "two": Side({"replicas": {"count": 2}}),
    "split2": Side({"engine": {"tensor_parallel_size": 2}, "replicas": {"gpus": 2}}),
}
"""What can be changed of a side: ``rvc+cuda+cached`` is rvc with two changes."""


def find_side(name: str) -> Side:
    """A side by its name.

    Raises:
        ValueError: there is no such side or change, or the change isn't one for it.
    """
    base, *changes = name.split("+")
    if base not in SIDES or set(changes) - set(CHANGES):
        raise ValueError(f"{name}: a side is one of {', '.join(SIDES)}, with any of +{', +'.join(CHANGES)}")
    side = SIDES[base]
    for change in (CHANGES[each] for each in changes):
        if (change.options is None) != (side.options is None):
            raise ValueError(f"{name}: a change of `vllm serve` is none of ours, and the other way round")
        side = Side(
            merge(side.settings, change.settings),
            None if side.options is None else (*side.options, *(change.options or ())),
            side.environment | change.environment,
            (*side.asks, *change.asks),
            side.finished or change.finished,
        )
    return side


def settings_of(side: Side, material: Material, *, gpu: bool, port: int = PORT) -> Settings:
    """All settings of a side.

    Args:
        side: which.
        material: model and index.
        gpu: run on one; without, the limits are a CPU's.
        port: of its HTTP; metrics have the thousandth after it.
    """
    engine = ENGINE if gpu else ENGINE | {"max_num_seqs": 64, "max_num_batched_tokens": 2048}
    common: dict[str, Any] = {
        "architecture": "rvc",
        "model": {"path": str(material.model), "dtype": "bfloat16"},
        "engine": engine,
        "embedding": {"model": BUNDLED, **EMBEDDING},
        "rag": {"index": str(material.index), "top_k": TOP_K},
        "sampling": {"max_tokens": OUTPUT_TOKENS},
        "server": {"port": port, "max_ongoing_requests": 8192, "allow_cache_reset": True},
        "metrics": {"port": port + 1000, "host": "127.0.0.1"},
        "replicas": {"gpus": 1 if gpu else 0},
    }
    return load_settings(overrides=merge(common, side.settings))


def retrieves(side: Side) -> bool:
    """Whether it is asked the questions and finds the passages itself; else it gets finished prompts."""
    return side.options is None and not side.finished


@contextmanager
def serving(side: Side, settings: Settings, folder: Path) -> Iterator[str]:
    """The side's server; gives its address.

    Args:
        side: which.
        settings: all of its.
        folder: for its log.
    """
    if side.options is None:
        with ours(settings, folder, side.environment) as url:
            yield url
    else:
        with plain(settings, folder, side.options, side.environment) as url:
            yield url
