"""/metrics over HTTP, in a thread of its own."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

log = logging.getLogger(__name__)
FURTHER_PORTS = 15


def serve_metrics(host: str, port: int, registry: CollectorRegistry) -> Callable[[], None]:
    """Serve a registry on a port, or on the next free one of those after it: replicas may share a machine.

    Without a free port it goes on without metrics, and says so in the log: no request depends on them.

    Returns:
        What ends it.
    """
    ports = range(port, port + FURTHER_PORTS + 1)
    for each in ports:
        with suppress(OSError):
            return partial(_stop, *start_http_server(each, host, registry))
    log.error("metrics.port = %d: no port up to %d is free; there are no metrics", port, ports[-1])
    return lambda: None


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()
