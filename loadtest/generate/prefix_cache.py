"""Empties the prefix caches of the target's replicas, so that no level profits from the one before it."""

from dataclasses import dataclass

import gevent
import httpx

EXTENSION = "reset_prefix_cache"
VLLM_PATH = "/reset_prefix_cache"
"""Of `vllm serve`, which has it with VLLM_SERVER_DEV_MODE=1."""
TRIES_FOR_EACH, MORE_TRIES = 5, 10
# Requests that the last level's end cut off may be in the engine for a moment: it refuses meanwhile.
REFUSED_PAUSE_S = 0.5
UNTOLD_TIMES = 3
"""How often to ask a server that doesn't say what came of it."""
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class CacheReset:
    """What came of it.

    Attributes:
        emptied: replicas whose cache was emptied.
        answered: replicas that answered, those without such a cache too.
        replicas: that should have.
        trouble: of the last try that failed, empty if none did.
    """

    emptied: int
    answered: int
    replicas: int
    trouble: str = ""

    @property
    def note(self) -> str | None:
        """What a reader should know; None if every replica answered."""
        if self.answered >= self.replicas:
            return None
        why = f" ({self.trouble})" if self.trouble else ""
        return f"the prefix cache of {self.answered} of {self.replicas} replicas was reset before it{why}"


def reset_prefix_caches(target: str, api_key: str | None, replicas: int) -> CacheReset:
    """Ask over new connections until so many different replicas have answered, or the tries are spent.

    Which replica a connection reaches is up to the proxy; hence several tries for each.
    """
    emptied: set[str] = set()
    answered: set[str] = set()
    trouble = ""
    with _client(api_key) as client:
        for _ in range(TRIES_FOR_EACH * replicas + MORE_TRIES):
            if len(answered) >= replicas:
                break
            try:
                said = client.post(f"{target}/v1/{EXTENSION}").raise_for_status().json()
                replica, reset = str(said["replica"]), said["reset"]
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                trouble = f"{type(error).__name__}: {error}"
                gevent.sleep(REFUSED_PAUSE_S)
                continue
            if reset is False:
                trouble = "refused, requests were running"
                gevent.sleep(REFUSED_PAUSE_S)
                continue
            answered.add(replica)
            if reset:
                emptied.add(replica)
    return CacheReset(len(emptied), len(answered), replicas, trouble)


def offers_vllm_reset(target: str, api_key: str | None) -> bool:
    """Whether the target empties its cache the way of `vllm serve`; asking does so."""
    try:
        with _client(api_key) as client:
            return client.post(f"{target}{VLLM_PATH}").is_success
    except httpx.HTTPError:
        return False


def reset_vllm_cache(target: str, api_key: str | None) -> CacheReset:
    """Ask one engine until it isn't busy any more, or the tries are spent."""
    trouble = ""
    untold = 0
    with _client(api_key) as client:
        for _ in range(TRIES_FOR_EACH + MORE_TRIES):
            try:
                answer = client.post(f"{target}{VLLM_PATH}").raise_for_status()
                # vLLM 0.24 answers without a body, whatever came of it; 0.32 says it.
                untold += not answer.content
                if untold == UNTOLD_TIMES or (answer.content and answer.json()["success"]):
                    return CacheReset(1, 1, 1)
                trouble = "refused, requests were running"
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                trouble = f"{type(error).__name__}: {error}"
            gevent.sleep(REFUSED_PAUSE_S)
    return CacheReset(0, 0, 1, trouble)


def _client(api_key: str | None) -> httpx.Client:
    headers = {"Connection": "close"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
    return httpx.Client(headers=headers, timeout=TIMEOUT_S)
