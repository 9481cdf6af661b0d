"""``rag-llm serve`` as a process in the background: started, waited for, stopped."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from app.errors import StartError
from app.settings import Settings
from app.settings.sources import without_settings

START_TIMEOUT_S = 240
STOP_TIMEOUT_S = 45


class BackgroundService:
    """A service in a process of its own.

    It has a session of its own too: Ctrl-C in the terminal reaches only its parent, which stops things
    in order.

    Args:
        settings: all of them; they go to the process as one file.
        folder: for that file and the log.
        more: variables of its environment.

    Attributes:
        url: its address.
        process: Ray, replicas and engines are its descendants.
        log: what it prints.
    """

    def __init__(self, settings: Settings, folder: Path, more: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://{settings.server.host}:{settings.server.port}"
        self.log = folder / "service.log"
        config = folder / "service-settings.yaml"
        config.write_text(json.dumps(settings.model_dump(mode="json")), "utf-8")  # JSON is YAML
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--config", str(config)],
                env=without_settings() | dict(more or {}),  # variables would win over the file
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Return when requests are answered.

        Raises:
            StartError: it ended, or took too long; with the end of its log.
        """
        until = time.monotonic() + START_TIMEOUT_S
        while not self.healthy():
            if self.process.poll() is not None:
                raise StartError(f"the service has ended; the end of {self.log}:\n{self._tail()}")
            if time.monotonic() > until:
                end = f"the end of {self.log}:\n{self._tail()}"
                raise StartError(f"the service was not ready in {START_TIMEOUT_S} s; {end}")
            time.sleep(0.3)

    def healthy(self) -> bool:
        """Whether /health says so."""
        return answers(self.url)

    def stop(self) -> None:
        """As Ctrl-C does; kill it if that takes too long."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _tail(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])


def answers(url: str) -> bool:
    """Whether the server at an address is up and says that it is healthy."""
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
