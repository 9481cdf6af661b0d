"""A real uvicorn server in a thread, around a real service with the scripted engine."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from app.api.application import build_application
from app.architectures.listen import listen
from app.engines.contract import Engine
from app.rag.service import Service
from app.settings import Settings


class Server:
    """A running server.

    Attributes:
        service: the one behind it, to look into.
        url: its address.
        client: an HTTP client for it.
    """

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=30)

    def chat(self, text: str = "When is the tide gate closed?", **fields: object) -> httpx.Response:
        body = {"model": "demo", "messages": [{"role": "user", "content": text}], **fields}
        return self.client.post("/v1/chat/completions", json=body)

    def wait_idle(self) -> bool:
        """Whether the engine gets idle within ten seconds."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            load = self.service.engine.load()
            if load.running + load.waiting + self.service.ongoing == 0:
                return True
            time.sleep(0.02)
        return False


@contextmanager
def running_server(settings: Settings, engine: Engine, *, start: bool = True) -> Iterator[Server]:
    """Serve until the block ends; with start=False the service stays as it is while it loads."""
    service = Service(settings, engine)
    config = uvicorn.Config(build_application(service), log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    with listen("127.0.0.1", 0) as listener:

        async def serve() -> None:
            if start:
                await service.start()
            await server.serve(sockets=[listener])

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        host = Server(service, f"http://127.0.0.1:{listener.getsockname()[1]}")
        try:
            yield host
        finally:
            host.client.close()
            server.should_exit = True
            thread.join(20)
