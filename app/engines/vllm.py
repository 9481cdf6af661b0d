"""vLLM's AsyncLLM as an engine: paged attention and continuous batching.

Works with vLLM 0.24 (GPU) and 0.32 (CPU build): only AsyncEngineArgs, AsyncLLM, SamplingParams,
RequestOutputKind and UsageContext are used, which both have in the same places.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.engines.contract import Delta, Engine, EngineLoad, Sampling
from app.engines.first_tokens import first_tokens_first
from app.engines.log_targets import log_targets_kept
from app.engines.model_folder import check_model_folder
from app.engines.token_texts import TokenTexts
from app.engines.vllm_arguments import check_names, engine_arguments
from app.engines.vllm_outputs import first_delta, reason_of, text_of
from app.errors import EngineFailed, ModelFolderError, NotReady
from app.settings import Settings


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
            yield first_delta(first, text_of(first.outputs[0], written), asked_s)
            async for output in outputs:
                answer = output.outputs[0]
                yield Delta(text_of(answer, written), len(answer.token_ids), reason_of(answer.finish_reason))
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
