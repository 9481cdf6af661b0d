"""The socket that HTTP comes in by. Imports nothing slow: it is tried before anything starts."""

import socket

from app.errors import SettingsError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        SettingsError: the port is taken or the address isn't this machine's.
    """
    try:
        return socket.create_server((host, port), backlog=2048)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"server.host = {host!r}, server.port = {port}: can't listen there ({error}); choose another port"
        ) from error
