"""Where the target is: its URL taken apart, its host name resolved once."""

import socket
from dataclasses import dataclass
from ssl import PROTOCOL_TLS_CLIENT
from typing import Any
from urllib.parse import urlsplit

from gevent import ssl

from loadtest.errors import TargetError


@dataclass(frozen=True, slots=True)
class Address:
    """A target that can be connected to.

    Attributes:
        netloc: host and port as in the URL, for the Host header.
        base_path: path of the URL, often empty.
        host: name for TLS.
        family: address family of `sockaddr`.
        sockaddr: what connect() takes.
        tls: the context for https, else None.
    """

    netloc: str
    base_path: str
    host: str
    family: int
    sockaddr: tuple[Any, ...]
    tls: ssl.SSLContext | None


def resolve(target: str) -> Address:
    """The address of a base URL: the first that accepts a connection, else the first.

    Resolved once and not at every arrival: name look-ups would be part of the first token's time.

    Raises:
        TargetError: no such host name, or a wrong port.
    """
    url = urlsplit(target)
    host = url.hostname or ""
    try:
        port = url.port or (443 if url.scheme == "https" else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError) as error:
        raise TargetError(f"The target {target} can't be resolved: {error}.") from None
    family, _, _, _, sockaddr = next((each for each in found if _accepts(each[0], each[4])), found[0])
    tls = None
    if url.scheme == "https":
        # gevent's own class, so that its sockets are gevent's whether or not `ssl` was patched.
        tls = ssl.SSLContext(PROTOCOL_TLS_CLIENT)
        tls.load_default_certs()
    return Address(
        netloc=url.netloc.rpartition("@")[2],
        base_path=url.path.rstrip("/"),
        host=host,
        family=family,
        sockaddr=sockaddr,
        tls=tls,
    )


def _accepts(family: int, sockaddr: tuple[Any, ...]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(sockaddr)
        except OSError:
            return False
    return True
