"""https targets: read in the same way, and refused when the certificate is not trusted."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gevent import socket as gevent_socket
from gevent import ssl as gevent_ssl

from loadtest.client.address import resolve
from loadtest.client.exchange import Reading, exchange
from loadtest.client.stream import parse_reply

import socket  # isort: skip

DELTA = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    command += [
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(path),
        "-out",
        str(tmp_path / "crt"),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    path.write_bytes(path.read_bytes() + (tmp_path / "crt").read_bytes())
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    """A TLS server that answers one request with more than one TLS record."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def answer() -> None:
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(HEAD + DELTA)
                    secure.sendall(DELTA * 2000)
                    secure.sendall(b"data: [DONE]\n\n")
            except OSError:
                pass

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_stream_over_tls_is_read_whole(port: int, certificate: Path) -> None:
    trusting = gevent_ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(certificate)
    address = replace(
        resolve("https://localhost"),
        family=gevent_socket.AF_INET,
        sockaddr=("127.0.0.1", port),
        tls=trusting,
    )
    reading = Reading()
    exchange(address, b"POST / HTTP/1.1\r\n\r\n", 10.0, reading)
    reply = parse_reply(reading)
    assert reply.error is None
    assert len(reply.deltas) == 2001


def test_an_untrusted_certificate_is_a_connect_error(port: int) -> None:
    address = replace(
        resolve("https://localhost"), family=gevent_socket.AF_INET, sockaddr=("127.0.0.1", port)
    )
    reading = Reading()
    exchange(address, b"POST / HTTP/1.1\r\n\r\n", 10.0, reading)
    assert reading.failure is not None
    assert reading.failure[0] == "connect"
    assert "certificate" in reading.failure[1]
