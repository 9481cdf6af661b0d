"""baseline and rac: one uvicorn process in front."""

import asyncio

import uvicorn

from app.api.application import build_application
from app.architectures.listen import listen
from app.engines.contract import Engine
from app.errors import RagLlmError
from app.rag.service import Service
from app.settings import Settings


async def serve_locally(settings: Settings, engine: Engine) -> None:
    """Answer HTTP until SIGINT or SIGTERM. While the engine loads, requests get 503.

    Raises:
        SettingsError: the address can't be listened on.
        RagLlmError: the service can't start.
    """
    service = Service(settings, engine)
    config = uvicorn.Config(
        build_application(service),
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)

    async def start() -> None:
        try:
            await service.start()
        except RagLlmError:
            server.should_exit = True
            raise

    with listen(settings.server.host, settings.server.port) as listener:
        starting = asyncio.create_task(start())
        try:
            await server.serve(sockets=[listener])
            if starting.done():
                starting.result()
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
