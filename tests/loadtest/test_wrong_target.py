"""A wrong target or setting is one sentence before any load, with exit code 1 and no report."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.loadtest.conftest import Serve, Start
from tests.loadtest.json_server import JsonHandler, listening

RATE = ("--rps", "5")


def _sentence(start: Start, tmp_path: Path, target: str, *options: str) -> str:
    run = start(target, *RATE, *options)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 1, output
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in output
    return output


@contextmanager
def _answering(status: int, content: object) -> Iterator[str]:
    """A server that gives every request the same answer."""

    class Same(JsonHandler):
        def do_GET(self) -> None:
            self.answer(status, content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

    with listening(Same) as url:
        yield url


def test_nobody_listens(start: Start, tmp_path: Path) -> None:
    assert "can't be reached" in _sentence(start, tmp_path, "http://127.0.0.1:9")


def test_no_such_model(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server:
        said = _sentence(start, tmp_path, server.url, "--model", "gpt-0")
    assert "has no model 'gpt-0'; it lists bare" in said


@pytest.mark.parametrize(
    ("key", "said"), [((), "wants an API key"), (("--api-key", "x"), "refuses the API key")]
)
def test_unauthorized(start: Start, tmp_path: Path, key: tuple[str, ...], said: str) -> None:
    with _answering(401, {"error": {"message": "no"}}) as url:
        assert said in _sentence(start, tmp_path, url, *key)


def test_not_a_server_of_models(start: Start, tmp_path: Path) -> None:
    with _answering(200, {"hello": 1}) as url:
        assert "lists no model" in _sentence(start, tmp_path, url)
        said = _sentence(start, tmp_path, url, "--model", "m")
    assert "failed (protocol)" in said


def test_no_such_process_to_watch(serve: Serve, start: Start, tmp_path: Path) -> None:
    with serve() as server:
        said = _sentence(start, tmp_path, server.url, "--watch-pid", "4194303")
    assert "watch_pid = 4194303 is wrong: there is no such process" in said


def test_a_misspelled_variable(start: Start, tmp_path: Path) -> None:
    run = start("http://127.0.0.1:9", *RATE, variables={"LOADTEST_ROUND": "3"})
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "LOADTEST_ROUND is not a setting: did you mean LOADTEST_ROUNDS?" in output
