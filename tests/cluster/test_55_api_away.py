"""The API server can't be reached for 20 s while the report is written: the report is complete all the same.

The load job's way to the API server leads through a pod that can close it, so that nobody else is cut off.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any

from tests.cluster.kube import Namespace, is_ready, wait_until
from tests.cluster.load import load

AWAY_S = 20
GATE = """
import asyncio, os, pathlib
API = os.environ['KUBERNETES_SERVICE_HOST'], int(os.environ['KUBERNETES_SERVICE_PORT'])
CLOSED = pathlib.Path('/tmp/closed')
async def copy(source, sink):
    try:
        while (block := await source.read(65536)) and not CLOSED.exists():
            sink.write(block)
            await sink.drain()
    finally:
        sink.close()
async def forward(reader, writer):
    if CLOSED.exists():
        return writer.transport.abort()
    there, back = await asyncio.open_connection(*API)
    await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)
async def main():
    await (await asyncio.start_server(forward, '', 6443)).serve_forever()
asyncio.run(main())
"""


def test_report_is_complete_although_the_api_server_was_away(release: Namespace, tmp_path: Path) -> None:
    address = start_gate(release)
    values = tmp_path / "values.json"
    given = json.loads(release.helm("get", "values", release.release, "-o", "json")) or {}
    alias = {"ip": address, "hostnames": ["kubernetes.default.svc"]}
    given["loadtest"] = given.get("loadtest", {}) | {"hostAliases": [alias]}
    given["extraEnv"] = [
        *given.get("extraEnv", []),
        {"name": "KUBERNETES_SERVICE_HOST", "value": "kubernetes.default.svc"},
        {"name": "KUBERNETES_SERVICE_PORT", "value": "6443"},
    ]
    values.write_text(json.dumps(given))
    with load(release, "away", rps=2, duration_s=10, CHART_VALUES=str(values)) as under:
        gate(release, "touch /tmp/closed")
        closed_s = time.monotonic()
        opening = threading.Timer(AWAY_S, gate, (release, "rm /tmp/closed"))
        opening.start()
    opening.join()
    assert time.monotonic() - closed_s >= AWAY_S
    wait_until("the whole report", lambda: under.read_report().get("complete"), 60)
    release.kubectl("delete", "pod", "gate", "--wait=false")


def start_gate(release: Namespace) -> str:
    """The pod between the load job and the API server; gives its address."""
    serving = release.serving_pods()[0]["spec"]
    container = serving["containers"][0]
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "gate"},
        "spec": {
            "securityContext": serving["securityContext"],
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "gate",
                    "image": container["image"],
                    "command": ["python", "-c", GATE],
                    "securityContext": container["securityContext"],
                    "resources": {"requests": {"cpu": "20m"}},
                    "volumeMounts": container["volumeMounts"],
                }
            ],
            "volumes": serving["volumes"],
        },
    }
    release.apply(pod)
    wait_until("the gate", lambda: is_ready(release.get("pod", "gate")), 60)
    return str(release.get("pod", "gate")["status"]["podIP"])


def gate(release: Namespace, command: str) -> None:
    release.kubectl("exec", "gate", "--", "bash", "-c", command)
