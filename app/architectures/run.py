"""Starts an architecture and keeps it up until it is told to stop."""

import asyncio
from functools import partial
from pathlib import Path

from app.architectures.embedded_ray import connected_ray
from app.architectures.engine import build_engine
from app.architectures.listen import listen
from app.engines.model_folder import check_model_folder
from app.retrieval.index import Index
from app.settings import Architecture, Settings
from app.settings.load import check


def run_architecture(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        RagLlmError: it can't start.
    """
    if settings.replicas.ray_address is None:
        preflight(settings)
    if settings.architecture is Architecture.BASELINE:
        from app.architectures.local import serve_locally

        asyncio.run(serve_locally(settings, build_engine(settings)))
        return
    with connected_ray(settings):
        if settings.architecture is Architecture.RAC:
            from app.architectures.actors import RayActors
            from app.architectures.local import serve_locally

            read_settings = partial(check, settings.model_dump(mode="json"))
            asyncio.run(serve_locally(settings, RayActors(settings, read_settings)))
        else:
            from app.architectures.replicas import serve_replicas

            asyncio.run(serve_replicas(settings))


def preflight(settings: Settings) -> None:
    """Find what is missing before anything slow starts, unless the service is to wait for it.

    Raises:
        ModelFolderError, IndexFolderError, SettingsError: with a sentence that says what to do.
    """
    if not settings.startup.wait_s:
        check_model_folder(Path(settings.model.path))
        if settings.rag.enabled:
            Index.open(Path(settings.rag.index), None)
    listen(settings.server.host, settings.server.port).close()
