"""Clients that do it wrong get the right error, and the service stays ready."""

import pytest

from tests.cluster.kube import Namespace

ASK = """
import httpx
answer = httpx.post(URL + '/v1/chat/completions', headers={headers}, content={content}, timeout=60)
print(json.dumps([answer.status_code, answer.json()]))
"""
RIGHT = "{'authorization': 'Bearer ' + KEY, 'content-type': 'application/json'}"


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ("{'authorization': 'Bearer wrong'}", "b'{}'", 401),
        ("{}", "b'{}'", 401),
        (RIGHT, "b'{\"messages\": [', ", 400),
        (RIGHT, "b'x' * (2 << 20)", 413),
        (
            RIGHT,
            "json.dumps({'model': 'nobody', 'messages': [{'role': 'user', 'content': 'hi'}]}).encode()",
            404,
        ),
    ],
    ids=["wrong key", "no key", "malformed", "oversized", "unknown model"],
)
def test_wrong_request_gets_its_error(release: Namespace, headers: str, content: str, status: int) -> None:
    script = ASK.replace("{headers}", headers).replace("{content}", content.rstrip(", "))
    got, body = release.python(script)
    assert got == status
    assert body["error"]["message"]
    assert release.serving_pods()


def test_thousand_idle_connections_are_borne(release: Namespace) -> None:
    script = """
import asyncio, httpx
async def main():
    held = []
    for _ in range(1000):
        held.append(await asyncio.open_connection(URL.split('//')[1].split(':')[0], 8000))
    body = {'model': 'rag-llm-demo', 'messages': [{'role': 'user', 'content': 'Who?'}], 'max_tokens': 4}
    async with httpx.AsyncClient(timeout=60, headers={'authorization': 'Bearer ' + KEY}) as client:
        answer = await client.post(URL + '/v1/chat/completions', json=body)
    alive = sum(not writer.is_closing() for _, writer in held)
    for _, writer in held:
        writer.close()
    print(json.dumps([alive, answer.status_code]))
asyncio.run(main())
"""
    alive, status = release.python(script)
    assert alive == 1000
    assert status == 200
    assert release.serving_pods()
