"""Ask one question through the Service and check the streamed answer. Run by `helm test`."""

import json
import os
import sys
import time

import httpx
from httpx_sse import connect_sse

WAIT_S = 60.0
"""A service that has just become ready can't be reached at once: nodes hear of its pods a moment later."""


def wait(client: httpx.Client) -> None:
    """Return when somebody listens; raises httpx.ConnectError when nobody does for WAIT_S."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            client.get("/health")
        except httpx.ConnectError as error:
            if time.monotonic() > until:
                raise
            print(f"waiting for {client.base_url}: {error}", flush=True)
            time.sleep(2)
        else:
            return


def ask(client: httpx.Client) -> str:
    """Ask; gives what is wrong with the answer, or nothing."""
    started = time.perf_counter()
    model = client.get("/v1/models").raise_for_status().json()["data"][0]["id"]
    body = {
        "model": model,
        "messages": [{"role": "user", "content": os.environ["QUESTION"]}],
        "stream": True,
        "max_tokens": 16,
    }
    texts: list[str] = []
    passages: list[str] = []
    done = False
    with connect_sse(client, "POST", "/v1/chat/completions", json=body) as events:
        events.response.raise_for_status()
        for event in events.iter_sse():
            if event.data == "[DONE]":
                done = True
                break
            said = json.loads(event.data)
            if "error" in said:
                return f"the answer broke off: {said['error']['message']}"
            passages += [passage["id"] for passage in said.get("rag", {}).get("passages", [])]
            texts += [choice["delta"].get("content", "") for choice in said["choices"]]
    deltas = [text for text in texts if text]
    took_s = time.perf_counter() - started
    print(f"model {model}, {len(deltas)} deltas, {len(passages)} passages, {took_s:.1f} s")
    print(f"passages: {', '.join(passages)}\nanswer: {''.join(deltas)!r}")
    if len(deltas) < 2:
        return f"the answer had {len(deltas)} deltas: it wasn't streamed"
    if not passages and os.environ["EXPECT_PASSAGES"] == "true":
        return "the answer came without passages: is there an index?"
    return "" if done else "the stream ended without [DONE]"


def main() -> None:
    """Ask at the Service's address, with a key if there is one."""
    key = os.environ.get("API_KEYS", "").split(",")[0].strip()
    headers = {"authorization": f"Bearer {key}"} if key else {}
    address = os.environ["ADDRESS"]
    with httpx.Client(base_url=address, headers=headers, timeout=httpx.Timeout(300, connect=10)) as client:
        try:
            wait(client)
            if key and client.get("/v1/models", headers={"authorization": "Bearer wrong"}).status_code != 401:
                sys.exit("a wrong API key was not refused")
            wrong = ask(client)
        except httpx.HTTPError as error:
            sys.exit(f"{address}: {error or type(error).__name__}")
    if wrong:
        sys.exit(wrong)


main()
