"""One engine in an actor of its own, and the actor as the front process sees it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

from app.architectures.engine import build_engine
from app.engines.contract import Delta, Sampling
from app.engines.model_folder import check_model_folder
from app.errors import EngineFailed, ModelFolderError, RagLlmError
from app.rag.patience import Patience
from app.settings import Settings
from app.settings.hub import export_hub
from app.settings.load import ReadSettings

GONE = (RayActorError, ActorUnavailableError)
"""What Ray raises when an actor has died, or can't be reached."""


class EngineActor:
    """Lives in a Ray actor and holds one engine.

    Args:
        read_settings: gives the settings; called in the actor's own process.
    """

    def __init__(self, read_settings: ReadSettings) -> None:
        self._settings = read_settings()
        export_hub(self._settings)
        self._engine = build_engine(self._settings)

    async def start(self) -> dict[str, object]:
        """Wait for the model's folder and load it; give the engine's description."""
        folder = Path(self._settings.model.path)
        patience = Patience(self._settings.startup.wait_s)
        await patience.wait(partial(check_model_folder, folder), ModelFolderError)
        await self._engine.start()
        return self._engine.describe()

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """The engine's deltas; Ray carries each to the front process as it comes."""
        async for delta in self._engine.generate(request_id, prompt, sampling):
            yield delta

    async def reset_prefix_cache(self) -> bool | None:
        """As the engine's."""
        return await self._engine.reset_prefix_cache()

    async def check_health(self) -> None:
        """Raise what the engine raises."""
        await self._engine.check_health()


class Member:
    """One actor as the front process sees it.

    Attributes:
        actor: Ray's handle.
        loading: ends when its engine has loaded, or failed to.
        ready: whether it takes requests.
        ongoing: requests that this front process has with it.
    """

    def __init__(self, settings: Settings, read_settings: ReadSettings) -> None:
        replicas = settings.replicas
        # One request of slack a slot: cancelling and health checks must get in when all slots are taken.
        self.actor: Any = (
            ray.remote(EngineActor)
            .options(
                num_cpus=replicas.cpus,
                num_gpus=replicas.gpus,
                resources=dict(replicas.resources),
                max_concurrency=2 * settings.server.max_ongoing_requests,
                scheduling_strategy="SPREAD",
            )
            .remote(read_settings)
        )
        self.ready = False
        self.ongoing = 0
        self.loading = asyncio.create_task(self._load())

    async def _load(self) -> dict[str, object]:
        description: dict[str, object] = await self.actor.start.remote()
        self.ready = True
        return description

    async def stream(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """The engine's deltas; a client that goes away ends the generation there."""
        self.ongoing += 1
        deltas = self.actor.generate.options(num_returns="streaming").remote(
            request_id, list(prompt), sampling
        )
        finished = False
        try:
            async for delta in deltas:
                yield await delta
            finished = True
        except RayTaskError as error:
            raise cause_of(error) from error
        finally:
            self.ongoing -= 1
            if not finished:
                with suppress(Exception):
                    ray.cancel(deltas)

    def kill(self) -> None:
        """End the actor's process, whatever it does."""
        self.ready = False
        self.loading.cancel()
        with suppress(Exception):
            ray.kill(self.actor)


def cause_of(error: RayTaskError) -> RagLlmError:
    """What went wrong in the actor."""
    cause = error.cause
    return cause if isinstance(cause, RagLlmError) else EngineFailed(f"the actor failed: {cause}")
