"""Events that are put together of ready parts are those that the shape describes."""

import orjson
import pytest

from app.api.shapes import ChatShape, CompletionShape, Shape
from app.engines.contract import Delta


@pytest.mark.parametrize("kind", [ChatShape, CompletionShape])
@pytest.mark.parametrize(
    "text", ["word", 'a "quote" and\n\\', "조수문 😀", "\ue000", "data: \n\n", "\u2028", ""]
)
def test_a_line_is_its_event(kind: type[Shape], text: str) -> None:
    shape = kind('id-\ue000-"1"', 1700000000, "model \ue000 name")
    for delta in (Delta(text, 1), Delta(text, 1, "stop"), Delta(text, 3, "length")):
        line = shape.line(delta)
        assert line.startswith(b"data: ")
        assert line.endswith(b"\n\n")
        assert orjson.loads(line[6:]) == shape.event(delta)
