"""A crew of worker processes: spawned here, or awaited from elsewhere."""

import os
import subprocess
import sys

import gevent
from locust.env import Environment

from loadtest.errors import WorkersError
from loadtest.generate.crew import Crew
from loadtest.generate.user import ScheduledUser
from loadtest.settings import RunSettings


class WorkerCrew(Crew):
    """A crew that also knows the processes it has spawned."""

    def __init__(self, environment: Environment, host: str, port: int) -> None:
        """Bind the master's port; port 0 takes a free one."""
        super().__init__(environment, environment.create_master_runner(host, port))
        self.port = int(self.runner.server.port)
        self.processes: list[subprocess.Popen[bytes]] = []

    def spawn(self, count: int, api_key: str | None) -> None:
        """Start so many local workers."""
        variables = dict(os.environ)
        for name in list(variables):
            # What was meant for the run is not a setting of a worker.
            if name.upper().startswith("LOADTEST_"):
                del variables[name]
        if api_key:
            variables["LOADTEST_API_KEY"] = api_key
        command = [sys.executable, "-m", "loadtest", "worker", "--master-host", "127.0.0.1"]
        command += ["--master-port", str(self.port), "--parent-pid", str(os.getpid())]
        self.processes = [
            subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL) for _ in range(count)
        ]

    def check_spawned(self) -> None:
        """Raise WorkersError if a spawned worker has already ended."""
        for process in self.processes:
            if process.poll() is not None:
                raise WorkersError(
                    f"A worker process ended at once, with exit code {process.returncode}: see its output."
                )

    def lost(self) -> list[str]:
        """As in Crew; a dead child is known at once, without waiting for missing heartbeats."""
        dead = {process.pid for process in self.processes if process.poll() is not None}
        named = [
            f"{hello['host']} pid {hello['pid']}" for hello in self._hellos.values() if hello["pid"] in dead
        ]
        return sorted({*named, *super().lost()})

    def end(self) -> None:
        """Tell all workers to quit; spawned ones that don't are killed."""
        super().end()
        for process in self.processes:
            with gevent.Timeout(3, False):
                process.wait()
            if process.poll() is None:
                process.kill()
                process.wait()


def worker_crew(settings: RunSettings, api_key: str | None) -> WorkerCrew:
    """A crew of workers that have all reported.

    Raises:
        WorkersError: the port is taken, or not all workers reported in time.
    """
    environment = Environment(user_classes=[ScheduledUser])
    host, port = settings.master_bind_host, settings.master_bind_port
    if settings.workers:
        host, port = "127.0.0.1", 0
    try:
        crew = WorkerCrew(environment, host, port)
    except (SystemExit, OSError, RuntimeError) as error:
        raise WorkersError(f"The master's port {host}:{port} can't be bound: {error}.") from None
    try:
        if settings.workers:
            crew.spawn(settings.workers, api_key)
        crew.wait_for(
            settings.workers or settings.expect_workers, settings.workers_timeout, crew.check_spawned
        )
    except BaseException:
        crew.end()
        raise
    return crew
