"""Emptying prefix caches: every replica once, before each level, never while anything runs."""

from typing import Any

import pytest

from loadtest.generate import prefix_cache
from loadtest.generate.prefix_cache import reset_prefix_caches
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
