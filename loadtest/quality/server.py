"""A server as the check of quality sees it: what it can do, its passages, its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from loadtest.errors import TargetError
from loadtest.quality.prompt import SYSTEM, Passage

# Passages looked at for the right ones and the wrong ones.
DEEP = 24
# What a server without this path answers.
NO_SUCH_PATH = (404, 405, 501)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer.

    Attributes:
        text: empty if there is none.
        passages: those in the prompt, as far as the server says; None if it doesn't.
        error: why there is no answer.
    """

    text: str
    passages: list[Passage] | None = None
    error: str | None = None


class QualityServer:
    """An OpenAI-compatible server, with or without the extension `rag`.

    Attributes:
        has_rag: it says of itself that it retrieves, so requests may carry `rag`.
        retrieves: it has an index too.
        top_k: passages that it retrieves; None if it doesn't say.
        system_prompt: of its own prompts, else a default.
    """

    def __init__(
        self,
        target: str,
        model: str,
        environment: Mapping[str, Any],
        *,
        api_key: str | None,
        max_tokens: int,
        timeout_s: float,
    ) -> None:
        """Remember it; nothing is sent yet.

        Args:
            target: base URL.
            model: to ask.
            environment: what GET /v1/environment says; empty where there is none.
            api_key: bearer token, if any.
            max_tokens: of an answer.
            timeout_s: of a request.
        """
        rag = environment.get("rag")
        self.has_rag = isinstance(rag, dict)
        self.retrieves = self.has_rag and bool(environment.get("index"))
        told = rag if isinstance(rag, dict) else {}
        self.top_k = told["top_k"] if isinstance(told.get("top_k"), int) else None
        self.system_prompt = str(told.get("system_prompt") or SYSTEM)
        index = environment.get("index")
        size = index.get("passages") if isinstance(index, dict) else None
        self._deep = min(DEEP, size) if isinstance(size, int) and size > 0 else DEEP
        self._target, self._model, self._max_tokens = target, model, max_tokens
        self._has_retrieve_path = True
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout_s)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def ask(self, messages: Sequence[Mapping[str, str]], rag: Mapping[str, Any] | None = None) -> Said:
        """One greedy answer; an HTTP error is one too.

        Args:
            messages: of the chat.
            rag: the extension; only for a server that has it.

        Raises:
            TargetError: it can't be reached, or takes longer than the time limit.
        """
        body = self._body(messages, self._max_tokens, rag)
        answer = self._post("/v1/chat/completions", body)
        if not answer.is_success:
            return Said("", error=f"http_{answer.status_code}: {_message(answer)}")
        try:
            content = answer.json()
            text = content["choices"][0]["message"]["content"] or ""
            return Said(str(text), _passages(content.get("rag")))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            return Said("", error=f"protocol: no chat completion: {error!r}")

    def nearest(self, question: str) -> list[Passage]:
        """More passages than a prompt has, best first.

        Raises:
            TargetError: it can't be reached, or refuses.
        """
        if self._has_retrieve_path:
            found = self._post("/v1/retrieve", {"query": question, "top_k": self._deep})
            self._has_retrieve_path = found.status_code not in NO_SUCH_PATH
            if self._has_retrieve_path:
                return _passages({"passages": self._content(found, "/v1/retrieve").get("data")}) or []
        rag = {"enabled": True, "top_k": self._deep, "return_text": True}
        asked = self._post(
            "/v1/chat/completions", self._body([{"role": "user", "content": question}], 1, rag)
        )
        return _passages(self._content(asked, "/v1/chat/completions").get("rag")) or []

    def _body(
        self, messages: Sequence[Mapping[str, str]], max_tokens: int, rag: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        body = {"model": self._model, "messages": messages, "max_tokens": max_tokens, "temperature": 0}
        return body | ({"rag": rag} if rag is not None else {})

    def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        try:
            return self._client.post(self._target + path, json=body)
        except httpx.TimeoutException:
            limit = self._client.timeout.read
            raise TargetError(
                f"{self._target}{path} didn't answer within {limit:g} s: give a longer --timeout."
            ) from None
        except httpx.HTTPError as error:
            raise TargetError(f"{self._target} can't be reached any more: {error}.") from None

    def _content(self, answer: httpx.Response, path: str) -> dict[str, Any]:
        if not answer.is_success:
            raise TargetError(
                f"{self._target}{path} gives no passages (HTTP {answer.status_code}): {_message(answer)}"
            )
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise TargetError(f"{self._target}{path} answered with something else than a JSON object.")
        return content


def _passages(rag: Any) -> list[Passage] | None:
    if not isinstance(rag, dict) or not isinstance(rag.get("passages"), list):
        return None
    return [
        Passage(*(str(each.get(key) or "") for key in ("id", "source", "title", "text")))
        for each in rag["passages"]
        if isinstance(each, dict)
    ]


def _message(answer: httpx.Response) -> str:
    """The message of an error body, OpenAI's shape or not, shortened."""
    try:
        error = answer.json().get("error")
        return str(error["message"] if isinstance(error, dict) else error)[:200]
    except (ValueError, KeyError, AttributeError):
        return answer.text[:200]
