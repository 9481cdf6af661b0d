"""One request over one new connection: send it, then note (time, bytes) at each read.

Reads are callbacks of the event loop and not a greenlet's loop of recv(): no switch and no second system
call lie between the bytes' arrival and their time. The HTTP framing is read on the way (well under a
microsecond for each read, in C) because nothing else says surely where the answer ends; events and JSON
are left for `stream`, after the end.
"""

import ssl
from time import perf_counter

import httptools
from gevent import get_hub, socket
from gevent.event import Event

from loadtest.client.address import Address

READ = 1
_READ_BYTES = 65536


class Reading:
    """What was read of one answer; also the callbacks of its HTTP parser.

    Attributes:
        t_send: when the request began to be sent (before connecting), by perf_counter.
        t_end: when the last byte was read or the failure was noticed.
        status: HTTP status, 0 before it is known.
        content_type: of the answer.
        pieces: (time, bytes) of the body, in order.
        complete: the answer ended where its framing said it would.
        failure: (kind, detail) if the exchange failed: connect, timeout, incomplete, protocol, unfinished,
            or generator if this process has no socket left.
    """

    __slots__ = ("complete", "content_type", "failure", "now", "pieces", "status", "t_end", "t_send")

    def __init__(self) -> None:
        """An answer of which nothing was read yet."""
        self.t_send = 0.0
        self.t_end = 0.0
        self.now = 0.0
        self.status = 0
        self.content_type = b""
        self.pieces: list[tuple[float, bytes]] = []
        self.complete = False
        self.failure: tuple[str, str] | None = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Callback of the HTTP parser."""
        if name.lower() == b"content-type":
            self.content_type = value

    def on_body(self, body: bytes) -> None:
        """Callback of the HTTP parser."""
        self.pieces.append((self.now, body))

    def on_message_complete(self) -> None:
        """Callback of the HTTP parser."""
        self.complete = True


def exchange(address: Address, payload: bytes, timeout_s: float, reading: Reading) -> None:
    """Send `payload` on a new connection and fill `reading`; returns when the answer has ended.

    Failures are noted in the reading, not raised; gevent.GreenletExit passes.
    """
    reading.t_send = perf_counter()
    try:
        connection = socket.socket(address.family, socket.SOCK_STREAM)
    except OSError as error:
        reading.failure, reading.t_end = ("generator", str(error)), perf_counter()
        return
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(timeout_s)
        try:
            connection.connect(address.sockaddr)
            if address.tls is not None:
                connection = address.tls.wrap_socket(connection, server_hostname=address.host)
        except OSError as error:
            reading.failure = ("connect", str(error))
            return
        try:
            connection.sendall(payload)
        except TimeoutError:
            reading.failure = ("timeout", f"not sent after {timeout_s:g} s")
            return
        except OSError as error:
            reading.failure = ("incomplete", str(error))
            return
        _read_to_the_end(connection, reading, reading.t_send + timeout_s - perf_counter())
        if not reading.complete and reading.failure is None and not reading.status:
            reading.failure = ("incomplete", "the connection was closed without an answer")
    finally:
        reading.t_end = reading.now if reading.complete else perf_counter()
        connection.close()


def _read_to_the_end(connection: socket.socket, reading: Reading, remaining_s: float) -> None:
    """Read until the answer is complete, the peer closes, or the time is over."""
    ended = Event()
    parser = httptools.HttpResponseParser(reading)
    watcher = get_hub().loop.io(connection.fileno(), READ)
    receive = connection.recv
    # From here on recv() must never wait: it is called in the event loop itself.
    connection.settimeout(0.0)

    def on_readable() -> None:
        reading.now = perf_counter()
        data = b""
        try:
            data = receive(_READ_BYTES)
            if data:
                parser.feed_data(data)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except httptools.HttpParserError as error:
            reading.failure = ("protocol", f"not HTTP/1.1: {error}")
        except OSError as error:
            reading.failure = ("incomplete", str(error))
        if reading.complete or reading.failure is not None or not data:
            watcher.stop()
            ended.set()

    watcher.start(on_readable)
    try:
        if not ended.wait(max(remaining_s, 0.0)):
            reading.failure = ("timeout", "no end within the time limit")
    finally:
        watcher.stop()
        watcher.close()
        reading.status = parser.get_status_code()
