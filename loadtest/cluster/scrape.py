"""The metrics ports of the serving pods, read all at once."""

import http.client
from collections.abc import Iterable

import gevent
from gevent.pool import Pool

from loadtest.cluster.metrics import Reading, read_text

CONNECT_S = 1.0
READ_S = 3.0
AT_ONCE = 64
LARGEST_BYTES = 8 * 1024 * 1024


def scrape(endpoints: Iterable[str]) -> dict[str, Reading]:
    """What each endpoint says; those that don't answer, or say something else, are missing."""
    pool = Pool(AT_ONCE)
    answers = pool.imap_unordered(_read, endpoints)
    return {endpoint: reading for endpoint, reading in answers if reading is not None}


def _read(endpoint: str) -> tuple[str, Reading | None]:
    host, _, port = endpoint.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=CONNECT_S)
    try:
        with gevent.Timeout(CONNECT_S + READ_S):
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            if answer.status != 200:
                return endpoint, None
            return endpoint, read_text(answer.read(LARGEST_BYTES))
    except (OSError, http.client.HTTPException, ValueError, gevent.Timeout):
        return endpoint, None
    finally:
        connection.close()
