"""Actors and replicas that die are replaced; the others go on; unbegun answers are tried again once.

As nothing is lost, the services of the other files are used; these tests are the last of each.
"""

import threading
import time

import httpx
import pytest

from tests.architectures.questions import some
from tests.architectures.service import ServiceProcess

WORKER = {"rac": "ray::EngineActor", "rsc": "ray::ServeReplica"}


class Load:
    """Clients that ask all the time; counts how their requests end."""

    def __init__(self, url: str, clients: int) -> None:
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        self.complete = 0
        self.broken_off = 0
        self.unbegun: list[str] = []
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        body = {"model": "demo", "max_tokens": 40, "ignore_eos": True, "stream": True}
        while not self._stop.is_set():
            for question in some(5):
                messages = [{"role": "user", "content": question}]
                self._one({**body, "messages": messages})

    def _one(self, body: dict[str, object]) -> None:
        text, status, failure = "", 0, ""
        try:
            with httpx.stream("POST", f"{self._url}/v1/chat/completions", json=body, timeout=60) as answer:
                status = answer.status_code
                for piece in answer.iter_text():
                    text += piece
        except httpx.HTTPError as error:
            failure = repr(error)
        if text.endswith("data: [DONE]\n\n"):
            self.complete += 1
        elif '"role":"assistant"' in text:
            self.broken_off += 1
        else:
            self.unbegun.append(f"status {status}, {failure}, {text!r}")

    def wait_for(self, more: int) -> None:
        until, target = time.monotonic() + 60, self.complete + more
        while self.complete < target:
            assert time.monotonic() < until, f"{self.complete} complete, {self.unbegun[-3:]}"
            time.sleep(0.05)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


@pytest.mark.variants(*WORKER)
def test_a_killed_worker_costs_only_the_answers_it_had_begun(running: ServiceProcess, variant: str) -> None:
    name = WORKER[variant]
    assert len(running.descendants(name)) == 2
    load = Load(running.url, clients=4)
    try:
        load.wait_for(10)
        victim = running.descendants(name)[0]
        victim.kill()
        load.wait_for(20)  # the other one goes on
    finally:
        load.stop()
    assert load.unbegun == []
    assert load.broken_off <= 4
    until = time.monotonic() + 120
    while len([p for p in running.descendants(name) if p.pid != victim.pid]) < 2:
        assert time.monotonic() < until, "the dead worker was not replaced"
        time.sleep(0.5)


@pytest.mark.variants("rvc")
def test_a_restarted_controller_keeps_the_replica(running: ServiceProcess) -> None:
    """As after the loss of a cluster's head, which takes the controller with it."""
    [controller] = running.descendants("ray::ServeController")
    before = pids(running, "ray::ServeReplica"), pids(running, "VLLM::EngineCore")
    load = Load(running.url, clients=1)
    try:
        controller.kill()
        until = time.monotonic() + 60
        while pids(running, "ray::ServeController") in ([], [controller.pid]):
            assert time.monotonic() < until, "the controller was not restarted"
            time.sleep(0.2)
        # One that takes the replica for broken starts another within 5 s.
        time.sleep(10)
        load.wait_for(3)
    finally:
        load.stop()
    assert (load.unbegun, load.broken_off) == ([], 0)
    assert (pids(running, "ray::ServeReplica"), pids(running, "VLLM::EngineCore")) == before


def pids(service: ServiceProcess, name: str) -> list[int]:
    return [process.pid for process in service.descendants(name)]


@pytest.mark.variants("rvc")
def test_a_dead_vllm_engine_is_replaced(running: ServiceProcess) -> None:
    [engine] = running.descendants("VLLM::EngineCore")
    engine.kill()
    until = time.monotonic() + 180
    while True:
        assert time.monotonic() < until, "the service did not come back"
        found = pids(running, "VLLM::EngineCore")
        if found and found != [engine.pid] and running.healthy():
            break
        time.sleep(0.5)
    assert running.chat("Who orders the gate closed?", max_tokens=3).status_code == 200
    assert len(running.descendants("VLLM::EngineCore")) == 1
