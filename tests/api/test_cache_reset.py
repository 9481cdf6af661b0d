"""POST /v1/reset_prefix_cache: who may, and what is said."""

from collections.abc import Callable

import httpx
import pytest

from app.engines.scripted import Script, ScriptedEngine
from app.settings import Settings
from tests.api.server import Server, running_server

Make = Callable[..., Settings]
PATH = "/v1/reset_prefix_cache"
ALLOWED = {"allow_cache_reset": True}


class Caching(ScriptedEngine):
    """Has a prefix cache, as vLLM has, that can't be emptied under running requests."""

    async def reset_prefix_cache(self) -> bool | None:
        return self.load().running == 0


def test_it_is_switched_off_unless_the_settings_say_otherwise(server: Server) -> None:
    answer = server.client.post(PATH)
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"
    assert "server.allow_cache_reset" in answer.json()["error"]["message"]
    assert server.client.get("/v1/environment").json()["extensions"] == ["timings"]


def test_an_engine_without_a_cache_says_null(make_settings: Make) -> None:
    with running_server(make_settings(server=ALLOWED), ScriptedEngine()) as host:
        environment = host.client.get("/v1/environment").json()
        assert environment["extensions"] == ["timings", "reset_prefix_cache"]
        assert host.client.post(PATH).json() == {"replica": environment["replica"], "reset": None}
        assert host.client.get(PATH).status_code == 405


def test_it_is_refused_while_requests_run(make_settings: Make) -> None:
    engine = Caching(Script(itl_s=0.05))
    with running_server(make_settings(server=ALLOWED), engine) as host:
        body = {"model": "demo", "prompt": "x", "max_tokens": 50, "stream": True}
        with host.client.stream("POST", "/v1/completions", json=body) as answer:
            next(lines := answer.iter_lines())  # let go, it would close the answer
            assert httpx.post(f"{host.url}{PATH}").json()["reset"] is False
            del lines
        assert host.wait_idle()
        assert host.client.post(PATH).json()["reset"] is True


def test_it_needs_a_key_where_there_are_any(make_settings: Make) -> None:
    settings = make_settings(server=ALLOWED | {"api_keys": "sesame"})
    with running_server(settings, Caching()) as host:
        assert host.client.post(PATH).status_code == 401
        answer = host.client.post(PATH, headers={"authorization": "Bearer sesame"})
        assert answer.json()["reset"] is True


@pytest.mark.parametrize("allowed", [True, False])
def test_while_the_model_loads(make_settings: Make, allowed: bool) -> None:
    settings = make_settings(server={"allow_cache_reset": allowed})
    with running_server(settings, Caching(), start=False) as host:
        assert host.client.post(PATH).status_code == (503 if allowed else 404)
