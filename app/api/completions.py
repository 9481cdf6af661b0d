"""The way of a chat or completion request: check, retrieve, prompt, generate, answer."""

import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.faults import as_response, parse_body, unexpected
from app.api.keys import check_key
from app.api.schema import ChatRequest, CompletionRequest
from app.api.shapes import ChatShape, CompletionShape, Shape, passages_json
from app.api.streaming import send_events, while_connected
from app.engines.contract import Sampling
from app.errors import NotFound
from app.metrics.record import RequestRecord
from app.rag.prompt import Prompt
from app.rag.service import Service


class Completions:
    """An ASGI endpoint for one of the two kinds of request.

    Args:
        service: answers.
        chat: whether requests are chats.
    """

    def __init__(self, service: Service, *, chat: bool) -> None:
        self._service = service
        self._request_type: type[ChatRequest] | type[CompletionRequest] = (
            ChatRequest if chat else CompletionRequest
        )
        self._shape_type: type[Shape] = ChatShape if chat else CompletionShape

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every error ends in OpenAI's shape."""
        request = Request(scope, receive)
        started = False

        async def noting_send(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        record = self._service.metrics.request()
        server = self._service.settings.server
        try:
            check_key(scope, server.api_keys)
            with self._service.admit():
                body = await parse_body(request, self._request_type, server.max_body_bytes)
                await while_connected(receive, self._answer(request, body, noting_send, record))
        except ClientDisconnect:
            pass  # in the middle of its request: nobody is left to answer
        except Exception as error:
            record.failed(error)
            if started:
                raise
            await as_response(unexpected(error))(scope, receive, send)
        finally:
            record.end()

    async def _answer(
        self, request: Request, body: ChatRequest | CompletionRequest, send: Any, record: RequestRecord
    ) -> None:
        service = self._service
        if body.model != service.settings.model.served_name:
            raise NotFound(
                f"model = {body.model!r}: this server has {service.settings.model.served_name!r}",
                param="model",
                code="model_not_found",
            )
        prepared = await service.prepare(body.text(), body.rag.options(), body.tokens())
        prompt = prepared.prompt
        sampling = body.sampling(prepared.sampling, prompt.max_tokens)
        # A client's id names its request in logs; the engine needs one that is surely unique.
        engine_id = uuid.uuid4().hex
        request_id = request.headers.get("x-request-id") or engine_id
        shape = self._shape_type(request_id, int(time.time()), body.model)
        rag = {"passages": passages_json(prompt.passages, with_text=body.rag.return_text)}
        headers = [(b"x-request-id", request_id.encode("latin-1", "replace"))]
        record.generating(len(prompt.token_ids))
        if body.stream:
            usage = body.stream_options is not None and body.stream_options.include_usage
            events = self._events(shape, engine_id, prompt, sampling, rag, usage, record)
            await send_events(send, events, headers)
        else:
            answer = await self._whole(shape, engine_id, prompt, sampling, rag, record)
            response = Response(orjson.dumps(answer), media_type="application/json")
            response.raw_headers += headers
            await response(request.scope, request.receive, send)
        record.answered()

    async def _events(
        self,
        shape: Shape,
        engine_id: str,
        prompt: Prompt,
        sampling: Sampling,
        rag: dict[str, Any],
        usage: bool,
        record: RequestRecord,
    ) -> AsyncIterator[dict[str, Any]]:
        first = True
        try:
            async for delta in self._service.generate(engine_id, prompt, sampling):
                record.output_tokens += delta.tokens
                if first:
                    record.first_delta()
                    # With the first delta and not before: until then an error can have its own status.
                    yield shape.first_event() | {"rag": rag}
                    first = False
                if delta.text or delta.finish_reason:
                    yield shape.event(delta)
        except Exception as error:
            # What is sent of it is an event: nobody further up sees it.
            record.failed(error)
            raise
        if usage:
            yield shape.usage_event(len(prompt.token_ids), record.output_tokens)

    async def _whole(
        self,
        shape: Shape,
        engine_id: str,
        prompt: Prompt,
        sampling: Sampling,
        rag: dict[str, Any],
        record: RequestRecord,
    ) -> dict[str, Any]:
        texts: list[str] = []
        reason = None
        async for delta in self._service.generate(engine_id, prompt, sampling):
            if not texts:
                record.first_delta()
            record.output_tokens += delta.tokens
            texts.append(delta.text)
            reason = delta.finish_reason
        return shape.whole("".join(texts), reason, len(prompt.token_ids), record.output_tokens) | {"rag": rag}
