"""Ray Serve in a process of its own, told by configurations as KubeRay tells it.

``python -m tests.architectures.serve_config PORT``: each line of the standard input is the JSON of one
serveConfigV2 application; after each the process says ``RUNNING``, or what went wrong.
"""

import json
import sys
import time
from typing import Any

from app.architectures.embedded_ray import connected_ray
from app.cli.processes import no_process_left
from app.settings import load_settings


def main(port: int) -> None:
    """Deploy each configuration that comes, until the input ends."""
    settings = load_settings(
        overrides={"server": {"port": port}, "replicas": {"resources": {"dispatcher": 1}}}
    )
    with no_process_left(), connected_ray(settings):
        from ray import serve
        from ray.serve.config import HTTPOptions
        from ray.serve.context import _get_global_client
        from ray.serve.schema import ServeDeploySchema

        serve.start(http_options=HTTPOptions(host="127.0.0.1", port=port))
        for line in sys.stdin:
            schema: Any = ServeDeploySchema(applications=[json.loads(line)])
            _get_global_client().deploy_apps(schema)
            print(_outcome(serve), flush=True)
        serve.shutdown()


def _outcome(serve: Any) -> str:
    time.sleep(1)  # the controller takes the configuration in first
    while (application := serve.status().applications.get("rag-llm")) is None or not _settled(application):
        time.sleep(0.2)
    if application.status == "RUNNING":
        return "RUNNING"
    return str(application.message).replace("\n", " ")


def _settled(application: Any) -> bool:
    return application.status in ("RUNNING", "DEPLOY_FAILED", "UNHEALTHY")


if __name__ == "__main__":
    main(int(sys.argv[1]))
