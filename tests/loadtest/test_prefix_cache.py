"""Emptying prefix caches: every replica once, before each level, never while anything runs."""

from typing import Any

import pytest

from loadtest.generate import prefix_cache
from loadtest.generate.prefix_cache import offers_vllm_reset, reset_prefix_caches, reset_vllm_cache
from tests.loadtest.rag_server import rag_server


def _said(replica: str, reset: bool | None = True) -> dict[str, Any]:
    return {"replica": replica, "reset": reset}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefix_cache, "REFUSED_PAUSE_S", 0.0)


def test_it_asks_until_every_replica_has_answered() -> None:
    with rag_server(resets=[_said("a"), _said("a"), _said("b", None), _said("c"), _said("d")]) as server:
        found = reset_prefix_caches(server.url, None, 3)
        assert len(server.events) == 4
        # A proxy chooses a replica for a connection.
        assert server.connections == 4
    # b has no such cache: it has answered, and nothing was emptied.
    assert (found.emptied, found.answered, found.note) == (2, 3, None)


def test_a_refusal_and_a_failure_are_tried_again() -> None:
    with rag_server(resets=[_said("a", False), 503, _said("a")]) as server:
        found = reset_prefix_caches(server.url, None, 1)
        assert len(server.events) == 3
    assert (found.emptied, found.note) == (1, None)


@pytest.mark.parametrize(
    ("answers", "emptied", "note"),
    [
        ([_said("a")], 1, "the prefix cache of 1 of 2 replicas was reset before it"),
        ([_said("a", False)], 0, "of 0 of 2 replicas was reset before it (refused, requests were running)"),
        ([404], 0, "of 0 of 2 replicas was reset before it (HTTPStatusError: "),
    ],
)
def test_the_tries_are_bounded_and_the_rest_is_said(answers: list[Any], emptied: int, note: str) -> None:
    with rag_server(resets=answers * 99) as server:
        found = reset_prefix_caches(server.url, None, 2)
        assert len(server.events) == 5 * 2 + 10
    assert found.emptied == emptied
    assert found.note is not None
    assert note in found.note


@pytest.mark.parametrize(
    ("answers", "asked", "emptied"),
    [
        ([(200, {"success": False}), (503, {}), (200, {"success": True})], 3, 1),
        # vLLM 0.24 says nothing: requests that were cut off may hold the cache for a moment.
        ([(200, None)] * 9, 3, 1),
        ([(200, {"success": False})] * 99, 15, 0),
    ],
)
def test_the_cache_of_plain_vllm(answers: list[Any], asked: int, emptied: int) -> None:
    with rag_server(vllm_resets=answers) as server:
        found = reset_vllm_cache(server.url, None)
        assert server.events == ["vllm reset"] * asked
    assert found.emptied == emptied
    assert (found.note is None) == bool(emptied)


def test_whether_plain_vllm_offers_it() -> None:
    with rag_server(vllm_resets=[(200, None)]) as server:
        assert offers_vllm_reset(server.url, None)
        assert not offers_vllm_reset(server.url, None)
    assert not offers_vllm_reset(server.url, None)
