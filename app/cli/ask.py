"""``rag-llm ask``: one question to a running service; shows passages and the streamed answer."""

import sys
from typing import Annotated, Any

import httpx
import orjson
import typer
from httpx_sse import SSEError, connect_sse
from rich.markup import escape

from app.cli.console import messages, results
from app.cli.options import Assignments, Config, Preset, gather
from app.errors import RagLlmError


class AskError(RagLlmError):
    """The service can't be reached, or refused."""


def ask(
    question: Annotated[str, typer.Argument(help="What to ask.")],
    target: Annotated[str | None, typer.Option(help="The service's address.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Passages to retrieve.")] = None,
    rag: Annotated[bool | None, typer.Option("--rag/--no-rag", help="Retrieve passages.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Tokens of the answer at most.")] = None,
    api_key: Annotated[
        str | None, typer.Option(help="If the server has keys. [env: RAG_LLM_ASK__API_KEY]")
    ] = None,
    config: Config = None,
    preset: Preset = None,
    assignments: Assignments = None,
) -> None:
    """Ask a running service; show the passages it found and its answer as it comes."""
    options = {"target": target, "top_k": top_k, "rag": rag, "max_tokens": max_tokens, "api_key": api_key}
    said = gather(config, preset, assignments, {"ask": options}).ask
    headers = {"authorization": f"Bearer {said.api_key}"} if said.api_key else {}
    with httpx.Client(base_url=said.target, headers=headers, timeout=httpx.Timeout(120, connect=5)) as client:
        show_answer(client, question, rag=said.rag, top_k=said.top_k, max_tokens=said.max_tokens)


def show_answer(
    client: httpx.Client,
    question: str,
    *,
    rag: bool = True,
    top_k: int | None = None,
    max_tokens: int | None = None,
) -> None:
    """Stream one answer to the terminal.

    Raises:
        AskError: the service can't be reached or refuses; says what it said.
    """
    options: dict[str, Any] = {"enabled": rag, "return_text": True}
    if top_k is not None:
        options["top_k"] = top_k
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "rag": options,
    }
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    try:
        body["model"] = _model_name(client)
        with connect_sse(client, "POST", "/v1/chat/completions", json=body) as events:
            if events.response.status_code != 200:
                events.response.read()
                _check(events.response)
            for event in events.iter_sse():
                if event.data != "[DONE]":
                    _show_event(orjson.loads(event.data))
    except (httpx.HTTPError, SSEError) as error:
        said = str(error) or type(error).__name__
        raise AskError(f"{client.base_url}: {said}; start the service with `rag-llm serve`") from error
    results.print()


def _model_name(client: httpx.Client) -> str:
    models = _check(client.get("/v1/models"))
    try:
        return str(models.json()["data"][0]["id"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise AskError(f"{client.base_url}: what answers there is no rag-llm service") from error


def _check(response: httpx.Response) -> httpx.Response:
    if response.status_code == 200:
        return response
    try:
        said = response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        said = response.text[:200]
    raise AskError(f"the service answered {response.status_code}: {said}")


def _show_event(event: dict[str, Any]) -> None:
    if "error" in event:
        raise AskError(f"the answer broke off: {event['error']['message']}")
    for number, passage in enumerate(event.get("rag", {}).get("passages", []), 1):
        text = " ".join(passage["text"].split())
        messages.print(
            f"[cyan]\\[{number}][/] {passage['score']:.2f} [bold]{escape(passage['id'])}[/] "
            f"[dim]{escape(text[:140])}{'…' if len(text) > 140 else ''}[/]"
        )
    for choice in event.get("choices", []):
        sys.stdout.write(choice["delta"].get("content", ""))
        sys.stdout.flush()
