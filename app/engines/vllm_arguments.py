"""The settings as vLLM's engine arguments."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from app.engines.cuda_graphs import capture_sizes
from app.errors import SettingsError
from app.settings import Settings


def engine_arguments(settings: Settings, *, cpu: bool) -> dict[str, Any]:
    """The settings as AsyncEngineArgs' keyword arguments; what is None is left to vLLM.

    Raises:
        SettingsError: engine.vllm has an argument that another setting decides.
    """
    engine = settings.engine
    arguments: dict[str, Any] = {
        "model": settings.model.path,
        "served_model_name": settings.model.served_name,
        "dtype": settings.model.dtype,
        "max_model_len": engine.max_model_len,
        "gpu_memory_utilization": engine.gpu_memory_utilization,
        "kv_cache_dtype": engine.kv_cache_dtype,
        "quantization": engine.quantization,
        "max_num_seqs": engine.max_num_seqs,
        "max_num_batched_tokens": engine.max_num_batched_tokens,
        "tensor_parallel_size": engine.tensor_parallel_size,
        "enable_prefix_caching": engine.enable_prefix_caching,
        "enforce_eager": cpu if engine.enforce_eager is None else engine.enforce_eager,
        "load_format": engine.load_format,
        # They land in prometheus_client's default registry, which /metrics serves.
        "disable_log_stats": settings.metrics.port is None,
    }
    sizes = capture_sizes(engine.cuda_graph_tokens, engine.max_num_batched_tokens, engine.vllm)
    if sizes is not None and not arguments["enforce_eager"]:
        arguments["cudagraph_capture_sizes"] = sizes
    if engine.tensor_parallel_size > 1:
        # One process an accelerator, all on this machine. Left alone vLLM sees the replica's placement group
        # and wants Ray actors in bundles of their own, for which Serve's replica leaves none.
        arguments["distributed_executor_backend"] = "mp"
    if taken := sorted({*arguments, "distributed_executor_backend"} & set(engine.vllm)):
        raise SettingsError(f"engine.vllm.{taken[0]}: another setting decides it already; leave it out here")
    arguments |= engine.vllm
    return {key: value for key, value in arguments.items() if value is not None}


def check_names(given: Iterable[str], known: Collection[str]) -> None:
    """See that vLLM knows these arguments.

    Raises:
        SettingsError: naming the first that it doesn't, and what is spelled like it.
    """
    for name in given:
        if name not in known:
            alike = get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(alike)}?" if alike else "see its AsyncEngineArgs"
            raise SettingsError(f"engine.vllm.{name}: this vLLM has no such argument; {hint}")
