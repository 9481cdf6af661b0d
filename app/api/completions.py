"""The way of a chat or completion request: check, retrieve, prompt, generate, answer."""

import time
import uuid

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.answer import Answer
from app.api.faults import as_response, parse_body, unexpected
from app.api.keys import check_key
from app.api.record import RequestRecord
from app.api.schema import ChatRequest, CompletionRequest
from app.api.shapes import ChatShape, CompletionShape, Shape, passages_json
from app.api.streaming import Sending, while_connected
from app.errors import NotFound
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
        sending = Sending(send)
        record = RequestRecord(self._service.metrics)
        server = self._service.settings.server
        try:
            check_key(scope, server.api_keys)
            with self._service.admit():
                body = await parse_body(request, self._request_type, server.max_body_bytes)
                await while_connected(receive, self._answer(request, body, sending, record))
        except ClientDisconnect:
            pass  # in the middle of its request: nobody is left to answer
        except Exception as error:
            record.failed(error)
            if sending.started:
                raise
            await as_response(unexpected(error))(scope, receive, send)
        finally:
            record.end()

    async def _answer(
        self, request: Request, body: ChatRequest | CompletionRequest, sending: Sending, record: RequestRecord
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
        record.generating(prepared)
        answer = Answer(
            shape=shape,
            deltas=service.generate(engine_id, prompt, sampling),
            rag=rag,
            record=record,
            usage=body.stream_options is not None and body.stream_options.include_usage,
            timed=request_id if body.timings else None,
        )
        if body.stream:
            await sending.events(answer.lines(), headers)
        else:
            response = Response(orjson.dumps(await answer.whole()), media_type="application/json")
            response.raw_headers += headers
            sending.started = True
            await response(request.scope, request.receive, sending.send)
        record.answered()
