"""The engine core's process hands its threads Python's lock quickly."""

import sys
from collections.abc import Iterator

import pytest
from vllm.v1.executor.uniproc_executor import UniProcExecutor

from app.engines.core_process import THREAD_SWITCH_MS, CoreExecutor


@pytest.fixture(autouse=True)
def interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize(("given", "expected_s"), [(None, 0.0005), ("5", 0.005)])
def test_threads_take_turns_from_before_the_model_is_loaded(
    monkeypatch: pytest.MonkeyPatch, given: str | None, expected_s: float
) -> None:
    seen: list[float] = []
    monkeypatch.setattr(UniProcExecutor, "_init_executor", lambda _: seen.append(sys.getswitchinterval()))
    monkeypatch.delenv(THREAD_SWITCH_MS, raising=False)
    if given is not None:
        monkeypatch.setenv(THREAD_SWITCH_MS, given)
    CoreExecutor.__new__(CoreExecutor)._init_executor()
    assert seen == [pytest.approx(expected_s)]
