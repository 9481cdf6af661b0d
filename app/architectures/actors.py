"""rac: one Ray actor per accelerator, and explicit scheduling to the least loaded of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

from app.architectures.engine import build_engine
from app.engines.contract import Delta, Engine, EngineLoad, Sampling
from app.errors import EngineFailed, NotReady, RagLlmError
from app.settings import Settings
from app.settings.load import check

log = logging.getLogger(__name__)
WATCH_EVERY_S = 1.0
RESTART_DELAY_S = 1.0
GONE = (RayActorError, ActorUnavailableError)


class EngineActor:
    """Lives in a Ray actor and holds one engine.

    Args:
        values: the settings, as nested dictionaries.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self._engine = build_engine(check(values))

    async def start(self) -> dict[str, object]:
        """Load the model; give the engine's description."""
        await self._engine.start()
        return self._engine.describe()

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """The engine's deltas; Ray carries each to the front process as it comes."""
        async for delta in self._engine.generate(request_id, prompt, sampling):
            yield delta

    async def check_health(self) -> None:
        """Raise what the engine raises."""
        await self._engine.check_health()

    async def busy(self) -> tuple[int, int]:
        """Requests that run and that wait in this actor's engine."""
        load = self._engine.load()
        return load.running, load.waiting

    async def shutdown(self) -> None:
        """Stop the engine."""
        await self._engine.shutdown()


class Member:
    """One actor as the front process sees it.

    Attributes:
        actor: Ray's handle.
        ready: whether its engine has loaded.
        ongoing: requests that this front process has with it.
    """

    def __init__(self, settings: Settings) -> None:
        replicas = settings.replicas
        # One request of slack a slot: cancelling and health checks must get in when all slots are taken.
        self.actor: Any = (
            ray.remote(EngineActor)
            .options(
                num_cpus=replicas.cpus,
                num_gpus=replicas.gpus,
                max_concurrency=2 * settings.server.max_ongoing_requests,
                scheduling_strategy="SPREAD",
            )
            .remote(settings.model_dump(mode="json"))
        )
        self.ready = False
        self.ongoing = 0


class RayActors(Engine):
    """Several engines behind the contract of one. An actor that dies is replaced; the others go on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._members: list[Member] = []
        self._watching: asyncio.Task[None] | None = None
        self._description: dict[str, object] = {}

    async def start(self) -> None:
        """Start all actors and wait for their engines."""
        self._members = [Member(self._settings) for _ in range(self._settings.replicas.count)]
        try:
            await asyncio.gather(*(self._begin(member) for member in self._members))
        except RayTaskError as error:
            raise _cause(error) from error
        self._watching = asyncio.create_task(self._watch())

    async def _begin(self, member: Member) -> None:
        self._description = await member.actor.start.remote()
        member.ready = True

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """Stream from the least loaded actor; once from another if it dies before the first delta."""
        for attempt in (1, 2):
            sent = False
            member = self._least_loaded()
            try:
                async for delta in _stream(member, request_id, prompt, sampling):
                    sent = True
                    yield delta
                return
            except GONE as error:
                member.ready = False
                if sent or attempt == 2:
                    raise EngineFailed("the actor that worked on this request has died") from error
                log.warning("an actor died before request %s had its first token; trying another", request_id)

    def _least_loaded(self) -> Member:
        ready = [member for member in self._members if member.ready]
        if not ready:
            raise NotReady("no actor is ready; they are being restarted")
        return min(ready, key=lambda member: member.ongoing)

    async def _watch(self) -> None:
        """Find the dead and replace them, one look a second."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            for number, member in enumerate(self._members):
                try:
                    await member.actor.check_health.remote()
                except (*GONE, RayTaskError) as error:
                    log.warning("an actor has died (%s); starting another", type(error).__name__)
                    await self._replace(number)

    async def _replace(self, number: int) -> None:
        self._members[number].ready = False
        with suppress(Exception):
            ray.kill(self._members[number].actor)
        member = self._members[number] = Member(self._settings)
        try:
            await self._begin(member)
        except (*GONE, RayTaskError):
            # The next look finds it dead again: tried for as long as the service runs.
            log.exception("an actor could not be restarted; trying again")
            await asyncio.sleep(RESTART_DELAY_S)

    async def check_health(self) -> None:
        """At least one actor is ready."""
        self._least_loaded()

    def load(self) -> EngineLoad:
        """Requests handed to actors; those waiting inside an actor's engine count as running."""
        return EngineLoad(sum(member.ongoing for member in self._members), 0)

    async def shutdown(self) -> None:
        """Stop the actors."""
        if self._watching is not None:
            self._watching.cancel()
        members, self._members = self._members, []
        for member in members:
            with suppress(Exception):
                ray.kill(member.actor)

    def describe(self) -> dict[str, object]:
        """The actors' engine, and how many there are."""
        return {**self._description, "actors": len(self._members)}


async def _stream(
    member: Member, request_id: str, prompt: Sequence[int], sampling: Sampling
) -> AsyncIterator[Delta]:
    member.ongoing += 1
    deltas = member.actor.generate.options(num_returns="streaming").remote(request_id, list(prompt), sampling)
    finished = False
    try:
        async for delta in deltas:
            yield await delta
        finished = True
    except RayTaskError as error:
        raise _cause(error) from error
    finally:
        member.ongoing -= 1
        if not finished:
            # The client went away: closing the stream here must end the generation there.
            with suppress(Exception):
                ray.cancel(deltas)


def _cause(error: RayTaskError) -> RagLlmError:
    cause = error.cause
    return cause if isinstance(cause, RagLlmError) else EngineFailed(f"the actor failed: {cause}")
