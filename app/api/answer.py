"""One answer in the making: the engine's deltas become events, or one whole answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.api.record import RequestRecord
from app.api.shapes import Json, Shape, line, usage_json
from app.engines.contract import Delta


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer is made of.

    Attributes:
        shape: how it looks.
        deltas: the engine's.
        rag: the extension ``rag``: what was retrieved.
        record: of its request; hears of each delta.
        usage: whether a stream ends with token counts.
        timed: the request's id if the answer shall say where the time went, else None.
    """

    shape: Shape
    deltas: AsyncIterator[Delta]
    rag: Json
    record: RequestRecord
    usage: bool
    timed: str | None

    async def lines(self) -> AsyncIterator[bytes]:
        """The answer as server-sent events.

        Raises:
            RequestError: the engine failed; the record knows of it.
        """
        record, first = self.record, True
        try:
            async for delta in self.deltas:
                record.delta(delta)
                if first:
                    # With the first delta and not before: until then an error can have its own status.
                    yield line(self.shape.first_event() | {"rag": self.rag})
                    first = False
                if delta.text or delta.finish_reason:
                    yield self.shape.line(delta)
        except Exception as error:
            # What is sent of it is an event: nobody further up sees it.
            record.failed(error)
            raise
        closing = {"usage": self._usage()} if self.usage else {}
        if closing := closing | self._timings():
            yield line(self.shape.closing_event(closing))

    async def whole(self) -> Json:
        """The answer in one piece.

        Raises:
            RequestError: the engine failed.
        """
        texts: list[str] = []
        reason = None
        async for delta in self.deltas:
            self.record.delta(delta)
            texts.append(delta.text)
            reason = delta.finish_reason
        whole = self.shape.whole("".join(texts), reason, self._usage())
        return whole | {"rag": self.rag} | self._timings()

    def _usage(self) -> Json:
        return usage_json(self.record.prompt_tokens, self.record.output_tokens)

    def _timings(self) -> Json:
        """The extension ``timings``, for those who asked."""
        return {} if self.timed is None else {"timings": {"request_id": self.timed, **self.record.spans()}}
