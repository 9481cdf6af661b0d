"""Actors and replicas that die are replaced; the others go on; unbegun answers are tried again once."""

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from app.settings import Settings
from tests.architectures.questions import some
from tests.architectures.service import ServiceProcess, free_port

WORKER = {"rac": "ray::EngineActor", "rsc": "ray::ServeReplica"}


@pytest.fixture(scope="module", params=list(WORKER))
def pair(
    request: pytest.FixtureRequest,
    make_settings: Callable[..., Settings],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ServiceProcess, str]]:
    """An architecture with two actors or replicas, and the name of their processes."""
    port = {"port": free_port()}
    settings = make_settings(architecture=request.param, replicas={"count": 2}, server=port)
    service = ServiceProcess(settings, tmp_path_factory.mktemp("pair"))
    try:
        service.wait_ready()
        yield service, WORKER[request.param]
    finally:
        assert not service.stop_and_look()


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


def test_a_killed_worker_costs_only_the_answers_it_had_begun(pair: tuple[ServiceProcess, str]) -> None:
    service, name = pair
    assert len(service.descendants(name)) == 2
    load = Load(service.url, clients=4)
    try:
        load.wait_for(10)
        victim = service.descendants(name)[0]
        victim.kill()
        load.wait_for(20)  # the other one goes on
    finally:
        load.stop()
    assert load.unbegun == []
    assert load.broken_off <= 4
    until = time.monotonic() + 120
    while len([p for p in service.descendants(name) if p.pid != victim.pid]) < 2:
        assert time.monotonic() < until, "the dead worker was not replaced"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def rvc(
    make_settings: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    settings = make_settings(architecture="rvc", server={"port": free_port()})
    service = ServiceProcess(settings, tmp_path_factory.mktemp("rvc"))
    try:
        service.wait_ready()
        yield service
    finally:
        assert not service.stop_and_look()


def test_a_restarted_controller_keeps_the_replica(rvc: ServiceProcess) -> None:
    """As after the loss of a cluster's head, which takes the controller with it."""
    [controller] = rvc.descendants("ray::ServeController")
    before = pids(rvc, "ray::ServeReplica"), pids(rvc, "VLLM::EngineCore")
    load = Load(rvc.url, clients=1)
    try:
        controller.kill()
        until = time.monotonic() + 60
        while pids(rvc, "ray::ServeController") in ([], [controller.pid]):
            assert time.monotonic() < until, "the controller was not restarted"
            time.sleep(0.2)
        # One that takes the replica for broken starts another within 5 s.
        time.sleep(10)
        load.wait_for(3)
    finally:
        load.stop()
    assert (load.unbegun, load.broken_off) == ([], 0)
    assert (pids(rvc, "ray::ServeReplica"), pids(rvc, "VLLM::EngineCore")) == before


def pids(service: ServiceProcess, name: str) -> list[int]:
    return [process.pid for process in service.descendants(name)]


def test_a_dead_vllm_engine_is_replaced(rvc: ServiceProcess) -> None:
    [engine] = rvc.descendants("VLLM::EngineCore")
    engine.kill()
    until = time.monotonic() + 180
    while True:
        assert time.monotonic() < until, "the service did not come back"
        found = pids(rvc, "VLLM::EngineCore")
        if found and found != [engine.pid] and rvc.healthy():
            break
        time.sleep(0.5)
    assert rvc.chat("Who orders the gate closed?", max_tokens=3).status_code == 200
    assert len(rvc.descendants("VLLM::EngineCore")) == 1
