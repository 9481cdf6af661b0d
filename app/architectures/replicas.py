"""rsc and rvc: Ray Serve replicas that hold HTTP, retrieval and the engine in one process.

In a cluster rac's dispatcher is such a replica too, whose engine is the actors. This module and those it
imports load nothing of Hugging Face's: a replica's process imports it before it knows the hub settings, and
in a cluster the head does, to build the application.
"""

import asyncio
import logging
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

from ray import serve
from ray.exceptions import RayError
from ray.serve.config import HTTPOptions

from app.architectures.actors import RayActors
from app.architectures.engine import build_engine
from app.architectures.replica_count import ReplicaCount
from app.errors import SettingsError, StartError
from app.settings import Architecture, Settings
from app.settings.hub import export_hub
from app.settings.load import ReadSettings, check, merge

if TYPE_CHECKING:
    from starlette.types import ASGIApp

log = logging.getLogger(__name__)
APPLICATION = "rag-llm"
SPARE_PLACES = 16
"""Serve lets this many more requests in than the service does, so that the service refuses the surplus
itself: with 429, OpenAI's shape and Retry-After."""
DISPATCHER = {"num_cpus": 0, "resources": {"dispatcher": 0.01}}
"""What rac's dispatcher takes of Ray: a place on the pod that is meant for it, and no core that Ray would
then deny an actor."""


@serve.ingress()
class Replica:
    """One service, as a Serve replica.

    Args:
        read_settings: gives the settings; called in the replica's own process.
    """

    def __init__(self, read_settings: ReadSettings) -> None:
        self._settings = read_settings()
        export_hub(self._settings)
        from app.rag.service import Service

        self._actors = (
            RayActors(self._settings, read_settings)
            if self._settings.architecture is Architecture.RAC
            else None
        )
        engine = self._actors or build_engine(self._settings)
        self._service = Service(self._settings, engine, ReplicaCount(APPLICATION))
        self._started = False

    def __serve_build_asgi_app__(self) -> "ASGIApp":
        from app.api.application import build_application

        return build_application(self._service)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Serve calls this after the constructor, before the first request, and at every change.

        Args:
            user_config: what ``in_place`` gives, or a part of it; the rest is as the settings say.

        Raises:
            RagLlmError: the service can't start. A later change never raises: Serve would stop the replica,
                which can answer as before, and start others that can't.
        """
        if not self._started:
            wanted = changed(self._settings, user_config)
            if self._actors is not None:
                await self._actors.resize(wanted.replicas.count)
            self._service.allow_cache_reset = wanted.server.allow_cache_reset
            await self._service.start(wanted.rag, wanted.sampling)
            self._started = True
            return
        try:
            wanted = changed(self._settings, user_config)
        except SettingsError as error:
            log.error("the new user_config is refused, all stays as it was: %s", error)
            self._service.refused_change = str(error)
            return
        if self._actors is not None:
            await self._actors.resize(wanted.replicas.count)
        self._service.allow_cache_reset = wanted.server.allow_cache_reset
        await self._service.reconfigure(wanted.rag, wanted.sampling)

    async def check_health(self) -> None:
        """A replica whose engine has died is replaced by Serve."""
        await self._service.check_health()


def build_serve_application(settings: Settings, read_settings: ReadSettings) -> serve.Application:
    """The deployment with its options.

    Raises:
        SettingsError: a replica reserves fewer accelerators than its model is split over.
    """
    rac = settings.architecture is Architecture.RAC
    replicas = settings.replicas
    deployment = serve.deployment(Replica).options(
        name=APPLICATION,
        num_replicas=1 if rac else replicas.count,
        max_ongoing_requests=settings.server.max_ongoing_requests + SPARE_PLACES,
        user_config=in_place(settings),
        health_check_period_s=2,
        health_check_timeout_s=10,
        graceful_shutdown_timeout_s=30,
        **({"ray_actor_options": DISPATCHER} if rac else _placed(settings)),
    )
    return deployment.bind(read_settings)


def _placed(settings: Settings) -> dict[str, Any]:
    """What one replica reserves, as options of a deployment."""
    replicas, split = settings.replicas, settings.engine.tensor_parallel_size
    options: dict[str, Any] = {
        "ray_actor_options": {
            "num_cpus": replicas.cpus,
            "num_gpus": replicas.gpus,
            "resources": dict(replicas.resources),
        }
    }
    if split == 1:
        return options
    if max([replicas.gpus, *replicas.resources.values()]) < split:
        raise SettingsError(
            f"engine.tensor_parallel_size = {split}: a replica needs as many accelerators, and reserves "
            f"replicas.gpus = {replicas.gpus:g}, replicas.resources = {replicas.resources}"
        )
    # One bundle, which is always on one machine: the replica's own process starts vLLM's workers, so all
    # accelerators have to be visible to it. With a bundle for each they would be the bundles' actors'.
    bundle = {"CPU": replicas.cpus, "GPU": replicas.gpus, **replicas.resources}
    options["placement_group_bundles"] = [{name: count for name, count in bundle.items() if count}]
    options["placement_group_strategy"] = "STRICT_PACK"
    return options


def in_place(settings: Settings) -> dict[str, Any]:
    """The part of the settings that running replicas take over without a restart."""
    values = settings.model_dump(mode="json")
    config = {
        "rag": values["rag"],
        "sampling": values["sampling"],
        "server": {"allow_cache_reset": values["server"]["allow_cache_reset"]},
    }
    if settings.architecture is Architecture.RAC:
        config["replicas"] = {"count": values["replicas"]["count"]}
    return config


def changed(settings: Settings, user_config: dict[str, Any]) -> Settings:
    """The settings with a user_config in their place.

    Raises:
        SettingsError: it holds something that can't change in place, or a wrong value.
    """
    known = in_place(settings)
    for section, values in user_config.items():
        if section not in known or not isinstance(values, dict):
            raise SettingsError(f"user_config.{section}: it may hold the sections {', '.join(known)}")
        if section in ("server", "replicas") and set(values) - set(known[section]):
            raise SettingsError(
                f"user_config.{section}: only {', '.join(known[section])} can change in place"
            )
    return check(merge(settings.model_dump(mode="json"), user_config))


async def serve_replicas(settings: Settings) -> None:
    """Run replicas on the connected Ray until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        deploying = asyncio.create_task(asyncio.to_thread(_deploy, settings))
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait((deploying, stopping), return_when=asyncio.FIRST_COMPLETED)
        if deploying.done():
            deploying.result()
            await stopping
    finally:
        await asyncio.to_thread(serve.shutdown)


def _deploy(settings: Settings) -> None:
    server = settings.server
    try:
        serve.start(http_options=HTTPOptions(host=server.host, port=server.port))
        read_settings = partial(check, settings.model_dump(mode="json"))
        application = build_serve_application(settings, read_settings)
        serve.run(application, name=APPLICATION, route_prefix="/")
    except (RuntimeError, TimeoutError, RayError) as error:
        raise StartError(
            f"Ray Serve can't start {settings.architecture.value}: {error}\n"
            "The logs in /tmp/ray/session_latest/logs/serve say more."
        ) from error
