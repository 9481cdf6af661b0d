"""`make compare LOCAL=1` and its like on this machine: real servers, real loads, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.loadtest.conftest import ROOT
from tests.loadtest.quality_server import quality_server, questions_text

SHORT = {"RPS": "2", "DURATION": "3", "WARMUP": "0", "ROUNDS": "1", "SAMPLE": "2", "MAX_TOKENS": "8"}


class Script:
    """A script of loadtest/bin, run as make runs it; what it printed is in ``output``."""

    def __init__(self, name: str, folder: Path, serve: str, **variables: str) -> None:
        self._log = folder / "output"
        given = SHORT | {"LOCAL": "1", "NAME": "t", "REPORTS": str(folder), "ARGS": serve} | variables
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("LOADTEST_", "RAG_LLM_"))
        }
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "loadtest" / "bin" / name],
                cwd=ROOT,
                env=kept | given,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text("utf-8")

    def end(self, within_s: float = 180) -> int:
        return self.process.wait(within_s)

    def wait_for(self, text: str, within_s: float = 90) -> None:
        until = time.monotonic() + within_s
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.2)

    def servers(self) -> list[int]:
        """Servers that it started and that still run."""
        started = [int(number) for number in re.findall(r"\(process (\d+),", self.output)]
        assert started, self.output
        return [number for number in started if psutil.pid_exists(number)]


@pytest.fixture
def serve(random_model: Path, demo_indexes: Path) -> str:
    """Options of ``rag-llm serve`` for the demo's model and index."""
    return f"--preset demo --model {random_model} --index {demo_indexes}"


@pytest.fixture
def scripts() -> Iterator[list[Script]]:
    started: list[Script] = []
    yield started
    for script in started:
        with suppress(ProcessLookupError):
            os.killpg(script.process.pid, signal.SIGKILL)


def read(folder: Path, run: str, file: str = "report.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / run / file).read_text("utf-8"))
    return content


def test_two_sides_are_served_loaded_and_joined(tmp_path: Path, serve: str, scripts: list[Script]) -> None:
    script = Script("compare", tmp_path, serve, SIDES="baseline baseline-improved", QUALITY="1")
    scripts.append(script)
    assert script.end() == 0, script.output
    experiment = read(tmp_path, "t", "experiment.json")
    assert experiment["complete"]
    assert [run["plan"]["quality"] for run in experiment["runs"]] == [50, 50]
    assert all(level["quality"]["n"] > 0 for level in experiment["comparison"]["levels"])
    comparison = experiment["comparison"]
    assert [side["name"] for side in comparison["sides"]] == ["baseline", "baseline-improved"]
    assert [side["same_passages"] for side in comparison["sides"]] == [1, 1]
    batches = [run["environment"]["server"]["engine"]["batch"] for run in experiment["runs"]]
    assert batches == [False, True]
    for run in experiment["runs"]:
        (figures,) = run["levels"][0]["rounds"]
        assert figures["waterfall"]["requests"] == figures["counts"]["completed"] > 0
        assert run["plan"]["seed"] == experiment["runs"][0]["plan"]["seed"]
        assert any("rag-llm" in process["name"] for process in run["processes"])
    assert "Sides against baseline" in script.output
    assert (tmp_path / "t" / "report.html").stat().st_size > 10_000
    assert script.servers() == []
    nothing = dict.fromkeys(SHORT, "")  # so the plan is the baseline's
    gated = Script(
        "gate", tmp_path, serve, **nothing, NAME="g", BASELINE="t-baseline", ARCHITECTURE="baseline"
    )
    scripts.append(gated)
    assert gated.end() in (0, 5), gated.output
    report = read(tmp_path, "g")
    assert report["gate"]["baseline_run"] == "t-baseline"
    assert report["plan"]["duration"] == 3
    assert gated.servers() == []


def test_a_stop_keeps_what_was_measured_and_ends_the_server(
    tmp_path: Path, serve: str, scripts: list[Script]
) -> None:
    script = Script("compare", tmp_path, serve, SIDES="baseline rsc", DURATION="120", RPS="4")
    scripts.append(script)
    script.wait_for("sent")
    assert len(script.servers()) == 1
    time.sleep(3)
    script.process.terminate()
    assert script.end() == 128 + signal.SIGTERM, script.output
    experiment = read(tmp_path, "t", "experiment.json")
    assert not experiment["complete"]
    assert any(reason.startswith("rsc: it was stopped") for reason in experiment["incomplete_reasons"])
    (run,) = experiment["runs"]
    assert run["levels"][0]["rounds"][0]["counts"]["completed"] > 0
    assert script.servers() == []


def test_sides_that_do_not_start_are_named_and_leave_nothing(tmp_path: Path, serve: str) -> None:
    script = Script("compare", tmp_path, serve, SIDES="baseline rsc", START_TIMEOUT="0")
    assert script.end() == 1
    assert "baseline: it did not answer within 0 s" in script.output
    assert "rsc: it did not answer within 0 s" in script.output
    assert "Nothing was measured" in script.output
    assert [
        each for each in psutil.process_iter(["cmdline"]) if serve.split()[-1] in (each.info["cmdline"] or ())
    ] == []


def test_each_side_is_asked_how_right_it_answers(tmp_path: Path, serve: str, scripts: list[Script]) -> None:
    sides = {"SIDES": "baseline baseline-improved", "COUNT": "2", "MODES": "retrieved,none"}
    script = Script("quality", tmp_path, serve, **sides, REQUIRE="retrieved.recall>=0.5")
    scripts.append(script)
    assert script.end() == 0, script.output
    checks = [read(tmp_path, f"t/{side}", "quality.json") for side in ("baseline", "baseline-improved")]
    assert [check["name"] for check in checks] == ["baseline", "baseline-improved"]
    assert [check["server"]["engine"]["batch"] for check in checks] == [False, True]
    assert [check["asked"] for check in checks] == [2, 2]
    assert "Quality of 2 targets" in script.output
    assert script.servers() == []


def test_a_server_that_runs_is_asked_and_left_running(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(questions_text(), "utf-8")
    with quality_server() as server:
        asked = {"TARGET": server.url, "QUESTIONS": str(questions), "COUNT": "1", "REQUIRE": "none.f1>=0.5"}
        script = Script("quality", tmp_path, "--concurrency 2", **asked, SETTINGS="max_tokens=7")
        assert script.end(60) == 5, script.output
        assert server.bodies[0]["max_tokens"] == 7
    assert "none.f1>=0.5 is not met" in script.output
    plan = read(tmp_path, "t", "quality.json")["plan"]
    assert (plan["concurrency"], plan["count"]) == (2, 1)


@pytest.mark.parametrize(
    ("script", "variables", "sentence"),
    [
        ("compare", {"SIDES": "baseline rvd"}, "there is no side rvd"),
        ("compare", {"SIDES": "rvc rvc"}, "rvc is there twice"),
        ("compare", {"BASELINE": "rac", "SIDES": "rvc"}, "BASELINE=rac is none of SIDES"),
        ("compare", {"NAME": "a" * 30}, "is too long"),
        ("compare", {"NAME": "No"}, "small letters, digits and dashes"),
        ("compare", {"RPS": "fast"}, 'RPS="fast" is wrong'),
        ("compare", {"QUESTIONS": "/nowhere"}, "QUESTIONS=/nowhere can't be read"),
        ("knee", {}, "Give the service levels"),
        ("knee", {"SLO": "ttft=1s", "RPS": "2 4"}, "give one rate"),
        ("gate", {}, "Give the run that is the baseline"),
        ("gate", {"BASELINE": "nobody"}, "There is no report of a run nobody"),
        ("scaling", {}, "there is no LOCAL=1"),
        ("compare", {"QUALITY": "yes"}, "QUALITY=yes is wrong: it should be a number"),
        ("quality", {"SIDES": "rvd"}, "there is no side rvd"),
        ("quality", {"COUNT": "all"}, "COUNT=all is wrong"),
        ("quality", {"QUESTIONS": "/nowhere"}, "QUESTIONS=/nowhere can't be read"),
    ],
)
def test_wrong_variables_are_refused(
    tmp_path: Path, script: str, variables: dict[str, str], sentence: str
) -> None:
    refused = Script(script, tmp_path, "--preset demo", **variables)
    assert refused.end(30) == 1
    assert sentence in refused.output
