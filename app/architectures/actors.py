"""rac: one Ray actor per accelerator, and explicit scheduling to the least loaded of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from ray.exceptions import RayTaskError

from app.architectures.actor import GONE, Member, cause_of
from app.engines.contract import Delta, Engine, EngineLoad, Sampling
from app.errors import EngineFailed, NotReady, StartError
from app.settings import Settings
from app.settings.load import ReadSettings

log = logging.getLogger(__name__)
WATCH_EVERY_S = 1.0
RESTART_DELAY_S = 1.0
TOGETHER_S = 60.0
"""How long a start waits for the other actors once one is ready: there may be no place for them."""
LEAVE_S = 120.0
"""How long an actor that is given up may still work on the requests it has."""


class RayActors(Engine):
    """Several engines behind the contract of one. An actor that dies is replaced; the others go on.

    Args:
        settings: the front process's.
        read_settings: gives the actors theirs.
    """

    def __init__(self, settings: Settings, read_settings: ReadSettings) -> None:
        self._settings = settings
        self._read_settings = read_settings
        self._count = settings.replicas.count
        self._members: list[Member] = []
        self._leaving: list[Member] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._description: dict[str, object] = {}
        self._started = False

    async def start(self) -> None:
        """Start all actors and wait for their engines; for the others only a while once one is ready."""
        self._members = [self._member() for _ in range(self._count)]
        loading = [member.loading for member in self._members]
        try:
            await asyncio.wait(loading, return_when=asyncio.FIRST_COMPLETED)
            done, pending = await asyncio.wait(
                loading, timeout=TOGETHER_S, return_when=asyncio.FIRST_EXCEPTION
            )
            for task in done:
                self._description = task.result()
        except RayTaskError as error:
            raise cause_of(error) from error
        except GONE as error:
            raise StartError(f"an actor died while its engine loaded: {error}") from error
        if pending:
            log.warning("%d of %d actors are ready; the others join when they are", len(done), self._count)
        for member in self._members:
            self._begin(self._keep(member))
        self._started = True

    async def resize(self, count: int) -> None:
        """Have this many actors: new ones join when they are ready, surplus ones end their requests first.

        Returns at once; before the start it only says how many there will be.
        """
        self._count = count
        if not self._started:
            return
        while len(self._members) < count:
            member = self._member()
            self._members.append(member)
            self._begin(self._keep(member))
        while len(self._members) > count:
            member = min(self._members, key=lambda member: (member.ready, member.ongoing))
            self._members.remove(member)
            self._leaving.append(member)
            self._begin(self._see_off(member))

    def _member(self) -> Member:
        return Member(self._settings, self._read_settings)

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def generate(
        self, request_id: str, prompt: Sequence[int], sampling: Sampling
    ) -> AsyncIterator[Delta]:
        """Stream from the least loaded actor; once from another if it dies before the first delta."""
        for attempt in (1, 2):
            sent = False
            member = self._least_loaded()
            try:
                async for delta in member.stream(request_id, prompt, sampling):
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

    async def _keep(self, member: Member) -> None:
        """Look at an actor once a second; when it has died start another in its place."""
        while member in self._members:
            try:
                self._description = await member.loading
                await asyncio.sleep(WATCH_EVERY_S)
                await member.actor.check_health.remote()
                # A request may have found it unavailable meanwhile.
                member.ready = member in self._members
            except (*GONE, RayTaskError) as error:
                if member not in self._members:
                    return
                cause = error.cause if isinstance(error, RayTaskError) else type(error).__name__
                log.warning("an actor has died (%s); starting another", cause)
                member.kill()
                await asyncio.sleep(RESTART_DELAY_S)
                if member in self._members:
                    place = self._members.index(member)
                    member = self._members[place] = self._member()

    async def _see_off(self, member: Member) -> None:
        """Wait for an actor's requests, then end it."""
        until = asyncio.get_running_loop().time() + LEAVE_S
        while member.ongoing and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.1)
        if member.ongoing:
            log.warning("an actor is ended with %d requests that took over %g s", member.ongoing, LEAVE_S)
        member.kill()
        self._leaving.remove(member)

    async def check_health(self) -> None:
        """At least one actor is ready."""
        self._least_loaded()

    def load(self) -> EngineLoad:
        """Requests handed to actors; those waiting inside an actor's engine count as running."""
        return EngineLoad(sum(member.ongoing for member in self._members + self._leaving), 0)

    async def reset_prefix_cache(self) -> bool | None:
        """Of all actors: False if one refused, None if they have none."""
        self._least_loaded()
        ready = [member.actor for member in self._members if member.ready]
        try:
            done = await asyncio.gather(*(actor.reset_prefix_cache.remote() for actor in ready))
        except RayTaskError as error:
            raise cause_of(error) from error
        except GONE as error:
            raise EngineFailed("an actor has died while its prefix cache was emptied") from error
        return None if None in done else all(done)

    async def shutdown(self) -> None:
        """Stop the actors."""
        self._started = False
        for task in list(self._tasks):
            task.cancel()
        members, self._members = self._members + self._leaving, []
        for member in members:
            member.kill()

    def describe(self) -> dict[str, object]:
        """The actors' engine, how many there are to be, and how many are ready."""
        ready = sum(member.ready for member in self._members)
        return {**self._description, "actors": self._count, "actors_ready": ready}
