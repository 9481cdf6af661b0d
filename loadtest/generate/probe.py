"""Before the load: ask the target once, so that a wrong target is a sentence and not a sweep of errors."""

from typing import Any

import httpx

from loadtest.client.address import resolve
from loadtest.client.exchange import Reading, exchange
from loadtest.client.request import RequestShape, RequestWriter
from loadtest.client.stream import Reply, parse_reply
from loadtest.errors import TargetError
from loadtest.plan.questions import Question

PROBE_TOKENS = 4


def ask_model(target: str, api_key: str | None, wanted: str | None) -> str:
    """The model to load: the wanted one if the target lists it, else the first that it lists.

    Raises:
        TargetError: unreachable, unauthorized, or no such model.
    """
    listed = _get(f"{target}/v1/models", api_key)
    if listed.status_code in (401, 403):
        raise TargetError(_unauthorized(target, listed.status_code, api_key))
    try:
        names = [str(entry["id"]) for entry in listed.json()["data"]] if listed.is_success else []
    except (ValueError, KeyError, TypeError):
        names = []
    if wanted is None:
        if not names:
            raise TargetError(
                f"{target}/v1/models lists no model (HTTP {listed.status_code}): is this the base URL of an "
                "OpenAI-compatible server? If it is, name the model with --model."
            )
        return names[0]
    if names and wanted not in names:
        raise TargetError(f"{target} has no model {wanted!r}; it lists {', '.join(names)}.")
    return wanted


def ask_environment(target: str, api_key: str | None) -> dict[str, Any]:
    """The JSON object of GET /v1/environment; empty where the target has none."""
    try:
        answer = _get(f"{target}/v1/environment", api_key)
        content = answer.json() if answer.is_success else {}
    except (TargetError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def extensions(environment: dict[str, Any]) -> list[str]:
    """What the server says it has beyond OpenAI's API; nothing where it doesn't say."""
    named = environment.get("extensions")
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def ask_once(shape: RequestShape, question: Question, api_key: str | None) -> Reply:
    """One short request through the same client that generates the load.

    Raises:
        TargetError: it was not answered with a complete stream.
    """
    address = resolve(shape.target)
    short = shape.model_copy(update={"max_tokens": min(shape.max_tokens, PROBE_TOKENS)})
    writer = RequestWriter(short, [question], address.netloc, address.base_path, api_key)
    reading = Reading()
    exchange(address, writer.write(0, "probe"), shape.timeout_s, reading)
    reply = parse_reply(reading)
    url = shape.target + shape.path
    match reply.error:
        case None | "no_content":
            # A model may well answer with an empty text: the stream itself was complete.
            return reply
        case "http_401" | "http_403":
            raise TargetError(_unauthorized(shape.target, reading.status, api_key))
        case "http_404":
            raise TargetError(f"{url} answered 404 for the model {shape.model!r}: {reply.detail}")
        case "connect":
            raise TargetError(f"{shape.target} can't be reached: {reply.detail}. Is the server running?")
        case kind:
            raise TargetError(f"The probe request to {url} failed ({kind}): {reply.detail}")


def _unauthorized(target: str, status: int, api_key: str | None) -> str:
    what = "refuses the API key" if api_key else "wants an API key"
    return f"{target} {what} (HTTP {status}): give the right one as LOADTEST_API_KEY."


def _get(url: str, api_key: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        return httpx.get(url, headers=headers, timeout=10.0)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TargetError(f"{url} can't be reached: {error}. Is the server running there?") from None
