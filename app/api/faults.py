"""Errors in OpenAI's shape: ``{"error": {"message", "type", "param", "code"}}``."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.errors import BodyTooLarge, EngineFailed, InvalidRequest, NotFound, RequestError

log = logging.getLogger(__name__)
BodyType = TypeVar("BodyType", bound=BaseModel)


def as_json(error: RequestError) -> dict[str, Any]:
    """The error's body."""
    return {"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}}


def as_response(error: RequestError) -> Response:
    """The error as an answer, with Retry-After where trying again helps."""
    headers: Mapping[str, str] = (
        {"retry-after": str(error.retry_after_s)} if error.retry_after_s is not None else {}
    )
    return Response(orjson.dumps(as_json(error)), error.status, headers, "application/json")


async def on_request_error(request: Request, error: Exception) -> Response:
    """An error that was raised on purpose."""
    assert isinstance(error, RequestError)
    return as_response(error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own: an unknown path, or a method that the path doesn't have."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return as_response(
            NotFound(
                f"unknown path {request.url.path}; this server has /v1/chat/completions, "
                "/v1/completions, /v1/models, /v1/retrieve and /health"
            )
        )
    fault = InvalidRequest(f"{request.method} {request.url.path}: {error.detail}")
    response = as_response(fault)
    response.status_code = error.status_code
    return response


def unexpected(error: Exception) -> RequestError:
    """What a client is told of an error that nobody foresaw; the log gets all of it."""
    if isinstance(error, RequestError):
        return error
    log.error("a request failed", exc_info=error)
    return EngineFailed("the server failed on this request; its log says why")


async def parse_body(request: Request, model: type[BodyType], max_bytes: int) -> BodyType:
    """Read and check a JSON body.

    Raises:
        BodyTooLarge: it is over max_bytes; what is left of it is not read.
        InvalidRequest: not JSON, or a field is wrong; names the field and the value.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    try:
        return model.model_validate(orjson.loads(bytes(body)))
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not JSON: {error}") from error
    except ValidationError as error:
        raise _invalid(error) from error


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is over {max_bytes:,} bytes (server.max_body_bytes); send less")


def _invalid(error: ValidationError) -> InvalidRequest:
    faults = error.errors(include_url=False)
    # A field of two possible types has a fault for each; the one that isn't about the type is meant.
    same = [fault for fault in faults if fault["loc"][:1] == faults[0]["loc"][:1]]
    fault = next((fault for fault in same if not fault["type"].endswith("_type")), faults[0])
    # Union members show up in the path as type names; a client knows only its own fields.
    param = ".".join(str(part) for part in fault["loc"] if str(part).isidentifier() or isinstance(part, int))
    if fault["type"] == "missing":
        return InvalidRequest(f"{param} is missing", param=param)
    if fault["type"] == "extra_forbidden":
        return InvalidRequest(f"{param} is not a field that this server knows", param=param)
    value = repr(fault["input"])
    shown = value if len(value) <= 80 else value[:77] + "..."
    return InvalidRequest(f"{param or 'body'} = {shown}: {fault['msg']}", param=param or None)
