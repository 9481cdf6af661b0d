"""A worker process: a Locust worker runner with a generator behind it."""

import os
import signal

import gevent
from locust.env import Environment

from loadtest.errors import WorkersError
from loadtest.generate.generator import Generator
from loadtest.generate.user import ScheduledUser
from loadtest.settings import WorkerSettings


def run_worker(settings: WorkerSettings) -> None:
    """Connect to the master and generate until it says quit.

    Raises:
        WorkersError: the master can't be reached.
    """
    if settings.parent_pid is not None:
        # Ctrl-C reaches the whole foreground group; the master decides when its own workers end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gevent.spawn(_end_with_parent, settings.parent_pid)
    elif os.getpid() == 1:
        # The first process of a container ignores signals that it hasn't asked for; this one has nothing
        # to save, and its master notices.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    environment = Environment(user_classes=[ScheduledUser])
    try:
        runner = environment.create_worker_runner(settings.master_host, settings.master_port)
    except (ConnectionError, OSError) as error:
        raise WorkersError(
            f"No master answers at {settings.master_host}:{settings.master_port}: {error}."
        ) from None
    api_key = settings.api_key.get_secret_value() if settings.api_key else None
    environment.generator = Generator(environment, runner, api_key)
    runner.greenlet.join()


def _end_with_parent(parent_pid: int) -> None:
    """A master that was killed can't say quit: nothing may stay behind."""
    while os.getppid() == parent_pid:
        gevent.sleep(0.5)
    os._exit(1)
