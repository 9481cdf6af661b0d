"""Ray on this machine, for as long as the service runs; or a running cluster."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.architectures.haproxy import write_haproxy
from app.errors import SettingsError
from app.settings import Settings

OBJECT_STORE_BYTES = 128 * 1024 * 1024
"""Nothing large goes through Ray's object store here."""
BLOCKS = range(30000, 32700, 100)
"""Blocks of 100 ports for what Serve opens inside, from where Serve itself begins to below those that the
kernel hands out."""


def prepare_environment(folder: Path, *, http_port: int, block: int) -> None:
    """Set what Ray and Serve read when they start; must come before they are imported.

    Args:
        folder: HAProxy's own files; one for each embedded Ray, or two on a machine would share them.
        http_port: the service's; HAProxy's other ports are the next free ones.
        block: the first of 100 ports for the replicas and Serve's fallback proxy.

    Raises:
        SettingsError: there are no free ports.
    """
    metrics_port, stats_port = _free_ports(http_port, 2)
    for name, value in {
        # HAProxy in place of the Python proxy, straight to the replicas.
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(write_haproxy(folder / "haproxy")),
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": metrics_port,
        "RAY_SERVE_HAPROXY_STATS_PORT": stats_port,
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(block),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(block + 98),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(block + 98),
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(block + 99),
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


@contextmanager
def reserved_block() -> Iterator[int]:
    """A block of 100 ports that no other service of ours uses; gives the first.

    Serve's replicas and its fallback proxy share ports with whoever listens there already (SO_REUSEPORT):
    two services on one machine would answer each other's requests. The reservation is a name in the
    kernel's abstract socket space, which ends with this process, however it ends.

    Raises:
        SettingsError: all blocks are taken.
    """
    for first in BLOCKS:
        with socket.socket(socket.AF_UNIX) as reservation:
            if _all_ours(reservation, first):
                yield first
                return
    raise SettingsError(f"no 100 free ports in a row between {BLOCKS.start} and {BLOCKS.stop}")


def _all_ours(reservation: socket.socket, first: int) -> bool:
    try:
        reservation.bind(f"\0rag-llm-ports-{first}")
        for port in range(first, first + BLOCKS.step):
            socket.create_server(("", port)).close()
    except OSError:
        return False
    return True


def _free_ports(after: int, count: int) -> list[str]:
    """Ports above the service's that nothing listens on now."""
    free: list[str] = []
    for port in range(after + 1, min(after + 200, 65536)):
        with suppress(OSError), socket.create_server(("", port)):
            free.append(str(port))
        if len(free) == count:
            return free
    raise SettingsError(f"{count} more free ports are needed above {after}; choose another server.port")


@contextmanager
def connected_ray(settings: Settings) -> Iterator[None]:
    """Connect to settings.replicas.ray_address, or start Ray here and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="rag-llm-haproxy-") as folder, reserved_block() as block:
        prepare_environment(Path(folder), http_port=settings.server.port, block=block)
        import ray

        replicas = settings.replicas
        address = replicas.ray_address
        if address is not None:
            ray.init(address, log_to_driver=False, namespace="rag-llm")
        else:
            wanted = replicas.count * replicas.cpus
            ray.init(
                "local",  # without it Ray would join whichever cluster runs on this machine
                num_cpus=int(max(os.cpu_count() or 1, wanted) + 1),
                resources={name: count * replicas.count for name, count in replicas.resources.items()},
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
