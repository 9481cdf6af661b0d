"""rsc and rvc: Ray Serve replicas that hold HTTP, retrieval and the engine in one process."""

import asyncio
import signal
from typing import Any

from ray import serve
from ray.exceptions import RayError
from ray.serve.config import HTTPOptions
from starlette.types import ASGIApp

from app.api.application import build_application
from app.architectures.engine import build_engine
from app.errors import StartError
from app.rag.service import Service
from app.settings import Settings
from app.settings.load import check
from app.settings.model import RagSettings, SamplingSettings

APPLICATION = "rag-llm"
SPARE_PLACES = 16
"""Serve lets this many more requests in than the service does, so that the service refuses the surplus
itself: with 429, OpenAI's shape and Retry-After."""


@serve.ingress()
class Replica:
    """One service, as a Serve replica.

    Args:
        values: the settings, as nested dictionaries.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        settings = check(values)
        self._service = Service(settings, build_engine(settings))
        self._started = False

    def __serve_build_asgi_app__(self) -> ASGIApp:
        return build_application(self._service)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Serve calls this after the constructor, before the first request, and at every change.

        Args:
            user_config: sections ``rag`` and ``sampling``, all that can change in place.
        """
        if not self._started:
            await self._service.start()
            self._started = True
        rag = RagSettings.model_validate(user_config["rag"])
        sampling = SamplingSettings.model_validate(user_config["sampling"])
        await self._service.reconfigure(rag, sampling)

    async def check_health(self) -> None:
        """A replica whose engine has died is replaced by Serve."""
        await self._service.check_health()


def build_serve_application(settings: Settings) -> serve.Application:
    """The deployment with its options."""
    replicas = settings.replicas
    deployment = serve.deployment(Replica).options(
        name=APPLICATION,
        num_replicas=replicas.count,
        max_ongoing_requests=settings.server.max_ongoing_requests + SPARE_PLACES,
        ray_actor_options={"num_cpus": replicas.cpus, "num_gpus": replicas.gpus},
        user_config=in_place(settings),
        health_check_period_s=2,
        health_check_timeout_s=10,
        graceful_shutdown_timeout_s=30,
    )
    return deployment.bind(settings.model_dump(mode="json"))


def in_place(settings: Settings) -> dict[str, Any]:
    """The part of the settings that running replicas take over without a restart."""
    values = settings.model_dump(mode="json")
    return {"rag": values["rag"], "sampling": values["sampling"]}


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
        serve.run(build_serve_application(settings), name=APPLICATION, route_prefix="/")
    except (RuntimeError, TimeoutError, RayError) as error:
        raise StartError(
            f"Ray Serve can't start {settings.architecture.value}: {error}\n"
            "The logs in /tmp/ray/session_latest/logs/serve say more."
        ) from error
