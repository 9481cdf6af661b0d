"""What is found and said before the load: missing extensions, too few generators, the sample."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from loadtest.errors import TargetError
from loadtest.layering import load_settings
from loadtest.preparing import prepare
from loadtest.settings import RunSettings
from tests.loadtest.rag_server import rag_server


def _settings(url: str, questions: Path, **more: str) -> RunSettings:
    return load_settings(RunSettings, {"target": url, "rps": "5", "questions": str(questions), **more})


def test_spans_are_asked_for_where_the_target_says_that_it_has_them(questions: Path) -> None:
    with rag_server() as server:
        assert prepare(_settings(server.url, questions), Console(file=StringIO())).shape.timings
        server.environment = {"extensions": "timings"}
        plain = prepare(_settings(server.url, questions), Console(file=StringIO()))
    # Another server may refuse a field that it doesn't know, in the probe already.
    assert [body.get("timings") for body in server.bodies] == [True, None]
    assert "timings" not in plain.shape.body("?")


def test_caches_that_cannot_be_emptied_are_an_error_before_the_load(questions: Path) -> None:
    with (
        rag_server(environment={"extensions": ["timings"]}) as server,
        pytest.raises(TargetError, match=r"set server\.allow_cache_reset there"),
    ):
        prepare(_settings(server.url, questions, reset_cache="true"), Console(file=StringIO()))


def test_the_cache_of_plain_vllm_is_emptied_its_way(questions: Path) -> None:
    with rag_server(environment={}, vllm_resets=[(200, {"success": True})] * 2) as server:
        prepared = prepare(_settings(server.url, questions, reset_cache="true"), Console(file=StringIO()))
        assert prepared.reset_caches is not None
        assert prepared.reset_caches().emptied == 1


@pytest.mark.parametrize("replicas", [2, None])
def test_caches_of_as_many_replicas_as_the_target_says_are_emptied(
    questions: Path, replicas: int | None
) -> None:
    environment = {"extensions": ["reset_prefix_cache"], "replicas": replicas}
    with rag_server(environment=environment) as server:
        server.resets = [{"replica": name, "reset": True} for name in ("a", "a", "b")]
        prepared = prepare(_settings(server.url, questions, reset_cache="true"), Console(file=StringIO()))
        assert "reset" not in server.events
        assert prepared.reset_caches is not None
        assert prepared.reset_caches().emptied == (replicas or 1)


def test_too_few_generators_are_said_and_noted(questions: Path) -> None:
    said = StringIO()
    with rag_server() as server:
        few = prepare(_settings(server.url, questions, rps="2,900", workers="1"), Console(file=said))
        enough = prepare(_settings(server.url, questions, rps="2,900", workers="9"), Console(file=said))
    (warning,) = few.facts.warnings
    assert warning.startswith("900 requests a second with up to 64 tokens each take about ")
    assert said.getvalue() == f"Warning: {warning}.\n"
    assert enough.facts.warnings == ()


def test_the_sample_is_taken_with_its_progress_shown(questions: Path) -> None:
    said = StringIO()
    with rag_server() as server:
        answers = prepare(_settings(server.url, questions, sample="2"), Console(file=said)).facts.answers
    assert answers is not None
    assert [answer.question for answer in answers.answers] == ["q0", "q2"]
    assert said.getvalue() == "sample of answers: 2 of 2\n"
