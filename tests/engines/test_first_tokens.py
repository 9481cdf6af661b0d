"""The outputs of new requests come first."""

import asyncio
from types import SimpleNamespace

import pytest
from vllm.v1.engine import EngineCoreOutput, EngineCoreOutputs
from vllm.v1.engine.core_client import AsyncMPClient

from app.engines.first_tokens import SWITCH, first_tokens_first


class Core:
    """Gives a step's outputs."""

    def __init__(self, outputs: object) -> None:
        self._outputs = outputs

    async def get_output_async(self) -> object:
        return SimpleNamespace(outputs=self._outputs)


def output(name: str, *, new: bool) -> EngineCoreOutput:
    return EngineCoreOutput(request_id=name, new_token_ids=[1], events=["SCHEDULED"] if new else None)


def taken(outputs: object) -> list[str]:
    core = Core(outputs)
    first_tokens_first(SimpleNamespace(engine_core=core))
    step = asyncio.run(core.get_output_async())
    return [each.request_id for each in step.outputs]  # type: ignore[attr-defined]


STEP = [output("a", new=False), output("b", new=True), output("c", new=False), output("d", new=True)]


def test_new_requests_come_first_and_all_else_keeps_its_order() -> None:
    assert taken(list(STEP)) == ["b", "d", "a", "c"]


def test_what_is_no_list_is_left_alone() -> None:
    assert taken(tuple(STEP)) == ["a", "b", "c", "d"]
    first_tokens_first(SimpleNamespace())


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "0")
    assert taken(list(STEP)) == ["a", "b", "c", "d"]


def test_this_vllm_has_what_it_needs() -> None:
    assert callable(AsyncMPClient.get_output_async)
    assert isinstance(EngineCoreOutputs().outputs, list)
    assert {"events", "prefill_stats"} <= set(EngineCoreOutput.__struct_fields__)
