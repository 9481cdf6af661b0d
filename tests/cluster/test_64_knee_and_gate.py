"""The knee of a release, and its gate: by `make gate`, and as a part of `helm test`."""

import json
import re
from typing import Any

import pytest

from tests.cluster.kube import Namespace

TRIES = 5
"""A busy machine can make the generator late, and such a run is no answer."""
CPU = "800m"
"""Of the generator: more than other runs have, so that it isn't throttled."""


def test_the_knee_is_searched(release: Namespace) -> None:
    options = ["SLO=ttft_p99=5s", "RPS=1", "DURATION=3", "WARMUP=1", "NAME=knee"]
    release.make("knee", *options, "SETTINGS=knee_levels=2 settle=2")
    report = read(release, "knee")
    assert report["complete"]
    assert report["knee"]["steps"][0]["rate_rps"] == 1
    assert report["knee"]["sentence"] in release.make("report", "NAME=knee").replace("\n", " ")


def test_a_run_no_worse_than_its_baseline_passes_the_gate(release: Namespace) -> None:
    keep_baseline(release, "slower", factor=20)
    for number in range(TRIES):
        release.make("gate", "BASELINE=slower", f"NAME=gate-{number}", f"CPU={CPU}", check=False)
        gate = read(release, f"gate-{number}")["gate"]
        if gate["figures"]:
            break
    assert gate["baseline_run"] == "slower"
    require_figures(gate)
    assert gate["passed"], gate["sentences"]


def test_helm_test_fails_with_a_sentence_where_a_figure_is_worse(release: Namespace) -> None:
    keep_baseline(release, "faster", factor=1 / 20)
    printed = run_helm_test(release, "faster")
    assert re.search("[34] passages", printed)
    assert "Gate: not passed" in printed
    assert "At 1 RPS TTFT p50 is worse" in " ".join(printed.split())
    assert phases(printed).count("Failed") == 1


def test_helm_test_succeeds_where_none_is(release: Namespace) -> None:
    printed = run_helm_test(release, "slower")
    assert "Gate: passed" in printed
    assert set(phases(printed)) == {"Succeeded"}
    set_values(release, "gate.baseline=,loadtest.resources.cpu=500m")


def run_helm_test(release: Namespace, baseline: str) -> str:
    """What `helm test` prints with this baseline, tried again while the machine is too busy for an answer."""
    set_values(release, f"gate.baseline={baseline},loadtest.resources.cpu={CPU}")
    for _ in range(TRIES):
        printed = release.helm("test", release.release, "--logs", "--timeout", "5m", check=False)
        gate = read(release, "gate")["gate"]
        if gate["figures"]:
            break
    else:
        set_values(release, "gate.baseline=,loadtest.resources.cpu=500m")
    require_figures(gate)
    return printed


def require_figures(gate: dict[str, Any]) -> None:
    """Without a valid point a gate doesn't pass and says why: all that a node that is too busy can show."""
    if not gate["figures"]:
        assert not gate["passed"]
        assert gate["sentences"]
        pytest.skip(f"no valid point in {TRIES} tries on this node: {gate['sentences'][0]}")


def set_values(release: Namespace, values: str) -> None:
    release.helm("upgrade", release.release, "charts/", "--reset-then-reuse-values", "--set", values)


def phases(printed: str) -> list[str]:
    """How each part of a `helm test` ended."""
    return [line.split()[-1] for line in printed.splitlines() if line.startswith("Phase:")]


def read(release: Namespace, run: str) -> dict[str, Any]:
    """A run's report.json."""
    data = release.get("configmap", f"{release.release}-report-{run}")["data"]
    report: dict[str, Any] = json.loads(data["report.json"])
    return report


def keep_baseline(release: Namespace, name: str, *, factor: float) -> None:
    """The report of test_20 at 1 request a second as a valid one, with every time multiplied by a factor."""
    source = f"{release.release}-report-three"
    kept = release.get("configmap", source)
    report = json.loads(kept["data"]["report.json"])
    level = next(each for each in report["levels"] if each["rate_rps"] == 1)
    valid = {"kind": "valid", "reasons": [], "notes": []}
    level["verdict"] = valid
    for one in level["rounds"]:
        one["verdict"] = valid
        one["tps"] /= factor
        one["latency_avg_s"] *= factor
        for figure in ("ttft_s", "tpot_s"):
            for part in set(one[figure]) - {"count"}:
                one[figure][part] *= factor
    report |= {"run": name, "levels": [level], "complete": True, "incomplete_reasons": []}
    report["plan"] |= {"rps": [1], "duration": 4, "warmup": 1}
    target = f"{release.release}-report-{name}"
    files = f"report.json\tplain\t{target}\treport.json\n"
    data = {"report.json": json.dumps(report), "figures.tsv": kept["data"]["figures.tsv"], "files.tsv": files}
    labels = kept["metadata"]["labels"] | {"rag-llm/run": name}
    metadata = {"name": target, "labels": labels}
    release.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
