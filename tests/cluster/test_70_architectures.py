"""The same API behind the same Service, whichever architecture answers: compared, and put back."""

import json
from typing import Any

import pytest

from tests.cluster.kube import REPOSITORY, Namespace

SIDES = ["rvc", "baseline", "rac", "rsc"]


@pytest.mark.timeout(1500)
def test_architectures_are_compared_behind_one_service(release: Namespace) -> None:
    address = release.get("service", release.release)["spec"]["clusterIP"]
    options = ["RPS=1", "DURATION=5", "WARMUP=1", "ROUNDS=1", "SAMPLE=4", f"SIDES={' '.join(SIDES)}"]
    printed = release.make("compare", *options, "NAME=four", timeout_s=1400)
    assert "Sides against baseline" in printed
    assert release.get("service", release.release)["spec"]["clusterIP"] == address
    experiment = read(release, "four")
    assert experiment["complete"], experiment["incomplete_reasons"]
    assert [side["architecture"] for side in experiment["comparison"]["sides"]] == SIDES
    for run, side in zip(experiment["runs"], SIDES, strict=True):
        (level,) = run["levels"]
        counts = level["rounds"][0]["counts"]
        assert counts["completed"] == counts["scheduled"] > 0, (side, counts)
        assert level["rounds"][0]["waterfall"]["requests"] == counts["completed"], side
        assert level["rounds"][0]["cache_reset"] == (1 if side == "rvc" else 0), side
        assert all(answer["passages"] for answer in run["answers"]["answers"]), side
    same = [side["same_passages"] for side in experiment["comparison"]["sides"]]
    assert same == [1] * len(SIDES)


def test_comparisons_are_listed_with_their_runs(release: Namespace) -> None:
    listed = release.make("report")
    kinds = {line.split()[0]: line.split()[1] for line in listed.splitlines()}
    assert kinds["four"] == "compare"
    assert all(kinds[f"four-{side}"] == "run" for side in SIDES)


def test_the_release_is_put_back(release: Namespace) -> None:
    assert "num_replicas: 1" in release.get("rayservice", release.release)["spec"]["serveConfigV2"]
    assert release.items("deployments") == []
    given = json.loads(release.helm("get", "values", release.release, "-o", "json"))
    assert "architecture" not in given
    assert "allow_cache_reset" not in given.get("server", {})


def read(release: Namespace, name: str) -> dict[str, Any]:
    """An experiment as `make report` saves it."""
    release.make("report", f"NAME={name}")
    saved = REPOSITORY / "var" / "reports" / f"{release.release}-report-{name}" / "experiment.json"
    experiment: dict[str, Any] = json.loads(saved.read_text("utf-8"))
    return experiment
