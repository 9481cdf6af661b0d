"""vLLM's AsyncLLM as an engine: paged attention and continuous batching.

Works with vLLM 0.24 (GPU) and 0.32 (CPU build): only AsyncEngineArgs, AsyncLLM, SamplingParams,
RequestOutputKind and UsageContext are used, which both have in the same places.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from app.engines.contract import Delta, Engine, EngineLoad, FinishReason, FirstDelta, Sampling
from app.engines.cuda_graphs import capture_sizes
from app.engines.first_tokens import first_tokens_first
from app.engines.log_targets import log_targets_kept
from app.engines.model_folder import check_model_folder
from app.engines.token_texts import AnswerText, TokenTexts
from app.errors import EngineFailed, ModelFolderError, NotReady, SettingsError
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


class VllmEngine(Engine):
    """One AsyncLLM; its engine core is a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._llm: Any = None
        self._texts: TokenTexts | None = None
        self._running = 0

    async def start(self) -> None:
        """Start the engine core and wait until it has loaded the model."""
        folder = Path(self._settings.model.path)
        check_model_folder(folder)
        self._texts = await asyncio.to_thread(TokenTexts.read, folder)
        with log_targets_kept():
            self._llm = self._started()
        first_tokens_first(self._llm)
        from vllm.envs import enable_envs_cache

        # It would read the environment anew for every output. Not before: it also writes it while it starts.
        enable_envs_cache()

    def _started(self) -> Any:
        # Read when vLLM is first imported, and by the engine core's process.
        os.environ["VLLM_NO_USAGE_STATS"] = "1"
        # A fork would copy the threads' locks of the tokenizer and the embedding model in whatever state.
        os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
        # Of a step's tokens so many are handed to their streams before the loop does anything else: vLLM's
        # 128 make new requests wait for milliseconds.
        os.environ.setdefault("VLLM_V1_OUTPUT_PROC_CHUNK_SIZE", "32")
        os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(self._settings.engine.cpu_kv_cache_gib)
        from vllm.platforms import current_platform

        cpu = current_platform.is_cpu()
        arguments = engine_arguments(self._settings, cpu=cpu)
        if self._settings.engine.tensor_parallel_size == 1:
            # On the CPU vLLM forces "mp": a worker process beside the engine core, both spinning for a
            # second after every message, which starves a small machine. A class is left alone.
            from app.engines.core_process import CoreExecutor

            arguments["distributed_executor_backend"] = CoreExecutor
            if cpu:  # "mp" would set the thread count
                os.environ["OMP_NUM_THREADS"] = str(self._settings.engine.threads)
                os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        from vllm import AsyncEngineArgs
        from vllm.usage.usage_lib import UsageContext
        from vllm.v1.engine.async_llm import AsyncLLM

        check_names(self._settings.engine.vllm, {field.name for field in fields(AsyncEngineArgs)})
        try:
            # Without the server's context vLLM takes limits made for scripts: 128 sequences instead of
            # 1,024 and 2,048 batched tokens instead of 8,192 on an H200.
            return AsyncLLM.from_engine_args(
                AsyncEngineArgs(**arguments), usage_context=UsageContext.OPENAI_API_SERVER
            )
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            more = self._settings.engine.vllm
            given = f" and engine.vllm = {more}" if more else ""
            path = self._settings.model.path
            raise ModelFolderError(f"vLLM can't start with model.path = {path!r}{given}: {error}") from error

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """Stream vLLM's own deltas; where there are stop texts it detokenizes and finds them."""
        from vllm import SamplingParams
        from vllm.inputs import TokensPrompt
        from vllm.sampling_params import RequestOutputKind
        from vllm.v1.engine.exceptions import EngineDeadError

        if self._llm is None:
            raise NotReady("vLLM is not started")
        written = self._texts.answer() if self._texts is not None and not sampling.stop else None
        parameters = SamplingParams(
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            stop=list(sampling.stop),
            ignore_eos=sampling.ignore_eos,
            output_kind=RequestOutputKind.DELTA,
            detokenize=written is None,
        )
        self._running += 1
        try:
            asked_s = time.monotonic()
            outputs = self._llm.generate(TokensPrompt(prompt_token_ids=list(prompt)), parameters, request_id)
            first = await anext(outputs)
            yield first_delta(first, _text(first.outputs[0], written), asked_s)
            async for output in outputs:
                answer = output.outputs[0]
                yield Delta(_text(answer, written), len(answer.token_ids), _reason(answer.finish_reason))
        except EngineDeadError as error:
            raise EngineFailed("vLLM's engine core has died") from error
        finally:
            self._running -= 1

    async def check_health(self) -> None:
        """The engine core's process is alive."""
        from vllm.v1.engine.exceptions import EngineDeadError

        if self._llm is None:
            raise NotReady("vLLM is not started")
        try:
            await self._llm.check_health()
        except EngineDeadError as error:
            raise EngineFailed("vLLM's engine core has died; restart the replica") from error

    def load(self) -> EngineLoad:
        """vLLM queues inside: all requests in it count as running."""
        return EngineLoad(self._running, 0)

    async def reset_prefix_cache(self) -> bool | None:
        """Refused by the engine core while any block of the KV cache is in use."""
        from vllm.v1.engine.exceptions import EngineDeadError

        if self._llm is None:
            raise NotReady("vLLM is not started")
        if not self._llm.vllm_config.cache_config.enable_prefix_caching:
            return None
        try:
            return bool(await self._llm.reset_prefix_cache())
        except EngineDeadError as error:
            raise EngineFailed("vLLM's engine core has died") from error

    async def shutdown(self) -> None:
        """End the engine core's process."""
        llm, self._llm = self._llm, None
        if llm is not None:
            from vllm.envs import disable_envs_cache

            disable_envs_cache()
            # On the loop's own thread: from another, vLLM's output task would report the core dead.
            llm.shutdown()

    def describe(self) -> dict[str, object]:
        """Name, version and the limits that vLLM resolved."""
        import vllm

        described: dict[str, object] = {"name": "vllm", "version": vllm.__version__}
        if self._llm is not None:
            config = self._llm.vllm_config
            executor = config.parallel_config.distributed_executor_backend
            described |= {
                "dtype": str(config.model_config.dtype).removeprefix("torch."),
                "max_num_seqs": config.scheduler_config.max_num_seqs,
                "max_num_batched_tokens": config.scheduler_config.max_num_batched_tokens,
                "enforce_eager": config.model_config.enforce_eager,
                "enable_prefix_caching": config.cache_config.enable_prefix_caching,
                "tensor_parallel_size": config.parallel_config.tensor_parallel_size,
                "executor": executor.__name__ if isinstance(executor, type) else str(executor),
            }
        return described


def _text(answer: Any, written: AnswerText | None) -> str:
    """Of a vllm CompletionOutput: its own, or that of its tokens without the one that ended it."""
    if written is None:
        return str(answer.text)
    tokens = answer.token_ids
    return written.push(tokens[:-1] if answer.finish_reason == "stop" else tokens)


def first_delta(output: Any, text: str, asked_s: float) -> Delta:
    """Of a vllm RequestOutput. Its times are there if statistics are on, all by the engine core's clock.

    Args:
        output: the first one.
        text: of its tokens.
        asked_s: when the request was handed over, by time.monotonic. On Linux that is the engine core's
            clock too, so the way there and the wait for the step that runs are queueing, as they should be:
            vLLM's own begins when the core looks at new requests, between two steps.
    """
    answer, times = output.outputs[0], output.metrics
    tokens, reason = len(answer.token_ids), _reason(answer.finish_reason)
    if times is None or not times.scheduled_ts:
        return Delta(text, tokens, reason)
    begun_s = asked_s if asked_s <= times.queued_ts <= time.monotonic() else times.queued_ts
    queue_s, prefill_s = times.scheduled_ts - begun_s, times.first_token_ts - times.scheduled_ts
    return FirstDelta(text, tokens, reason, queue_s, prefill_s)


def _reason(reason: str | None) -> FinishReason | None:
    match reason:
        case None:
            return None
        case "stop":
            return "stop"
        case "length":
            return "length"
    raise EngineFailed(f"vLLM ended the answer with {reason!r}")
