"""Ray on this machine, for as long as the service runs; or a running cluster."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import Settings

OBJECT_STORE_BYTES = 128 * 1024 * 1024
"""Nothing large goes through Ray's object store here."""


def prepare_environment(folder: Path, *, http_port: int) -> None:
    """Set what Ray and Serve read when they start; must come before they are imported.

    Args:
        folder: HAProxy's own files; one for each embedded Ray, or two on a machine would share them.
        http_port: the service's; HAProxy's other ports are derived from it.
    """
    for name, value in {
        # HAProxy in place of the Python proxy, straight to the replicas.
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(_side_port(http_port, 1)),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(_side_port(http_port, 2)),
        # A replica that dies before it has sent anything: the request goes to another one, once.
        "RAY_SERVE_HAPROXY_RETRY_ON": "conn-failure empty-response",
        "RAY_SERVE_HAPROXY_RETRIES": "1",
        # A request can only be sent again while all of it fits HAProxy's buffer.
        "RAY_SERVE_HAPROXY_TUNE_BUFSIZE": "131072",
        # User code on the replica's main loop, and buffered logs.
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        # Workers and HAProxy would run at nice 15.
        "RAY_worker_niceness": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        # vLLM's engine core is a child of the replica: it must not outlive it.
        "RAY_kill_child_processes_on_worker_exit_with_raylet_subreaper": "true",
        # No load balancer in front has to notice first that this machine's service goes away.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
    }.items():
        os.environ.setdefault(name, value)


def _side_port(http_port: int, offset: int) -> int:
    return http_port + offset if http_port < 65000 else http_port - offset


@contextmanager
def connected_ray(settings: Settings) -> Iterator[None]:
    """Connect to settings.replicas.ray_address, or start Ray here and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="rag-llm-haproxy-") as folder:
        prepare_environment(Path(folder), http_port=settings.server.port)
        import ray

        address = settings.replicas.ray_address
        if address is not None:
            ray.init(address, log_to_driver=False, namespace="rag-llm")
        else:
            wanted = settings.replicas.count * settings.replicas.cpus
            ray.init(
                num_cpus=int(max(os.cpu_count() or 1, wanted) + 1),
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                log_to_driver=False,
                namespace="rag-llm",
                logging_level="warning",
            )
        try:
            yield
        finally:
            ray.shutdown()
