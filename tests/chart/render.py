"""The chart, rendered by Helm as a user's command would."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.tools import found

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "charts"
CPU = CHART / "values-cpu.yaml"
Document = dict[str, Any]
Values = dict[str, Any]
ARCHITECTURES = ("baseline", "rac", "rsc", "rvc")


def tool(name: str) -> str:
    """A program's path; the test is skipped, with the reason, where it isn't there."""
    path = found(name)
    if path is None:
        pytest.skip(f"{name} is neither on the PATH nor in var/tools: run `make chart-tools`")
    return path


def helm(*arguments: str, values: Values | None = None) -> "subprocess.CompletedProcess[str]":
    """Run Helm, far from any cluster, with ``values`` above the chart's own."""
    command = [tool("helm"), *arguments]
    if values is not None:
        command += ["-f", "-"]
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    return subprocess.run(
        command, input=json.dumps(values), capture_output=True, text=True, env=environment, timeout=60
    )


def template(
    values: Values | None = None,
    *,
    release: str = "rag-llm",
    cpu: bool = False,
    options: tuple[str, ...] = (),
) -> str:
    """Everything the chart makes of some values, as text; the same text for the same values.

    Raises:
        AssertionError: Helm refuses; with what it says.
    """
    return _templated(json.dumps(values or {}), release, cpu, options)


@cache
def _templated(values: str, release: str, cpu: bool, options: tuple[str, ...]) -> str:
    files = ("-f", str(CPU)) if cpu else ()
    done = helm("template", release, str(CHART), *files, *options, values=json.loads(values))
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(values: Values | None = None, **options: Any) -> list[Document]:
    """The same, parsed."""
    return [document for document in yaml.safe_load_all(template(values, **options)) if document]


def refusal(values: Values, **options: Any) -> str:
    """What Helm says to values that it must refuse."""
    with pytest.raises(AssertionError) as refused:
        template(values, **options)
    return str(refused.value)


def pick(documents: list[Document], kind: str, ending: str = "") -> Document:
    """The one document of a kind, or the one whose name ends so."""
    chosen = [
        item for item in documents if item["kind"] == kind and item["metadata"]["name"].endswith(ending)
    ]
    assert len(chosen) == 1, f"{len(chosen)} of {kind} {ending!r}"
    return chosen[0]


def kinds(documents: list[Document]) -> set[str]:
    """The kinds among them."""
    return {item["kind"] for item in documents}


def pod_templates(documents: list[Document]) -> dict[str, Document]:
    """Every pod that comes of them, by what it is: head, a worker group's name, or its object's name."""
    pods: dict[str, Document] = {}
    for item in documents:
        if item["kind"] == "Pod":
            pods[item["metadata"]["name"]] = item
        elif item["kind"] in ("Deployment", "Job"):
            pods[item["metadata"]["name"]] = item["spec"]["template"]
        elif item["kind"] == "RayService":
            cluster = item["spec"]["rayClusterConfig"]
            pods["head"] = cluster["headGroupSpec"]["template"]
            pods |= {group["groupName"]: group["template"] for group in cluster["workerGroupSpecs"]}
    return pods


def serve_config(documents: list[Document]) -> Document:
    """serveConfigV2."""
    config = yaml.safe_load(pick(documents, "RayService")["spec"]["serveConfigV2"])
    assert isinstance(config, dict)
    return config


def deployment(documents: list[Document]) -> Document:
    """The one deployment in serveConfigV2."""
    (application,) = serve_config(documents)["applications"]
    (only,) = application["deployments"]
    assert isinstance(only, dict)
    return only


def environment(pod: Document) -> dict[str, str | None]:
    """A pod's first container's variables; None for those that come from elsewhere."""
    return {item["name"]: item.get("value") for item in pod["spec"]["containers"][0]["env"]}
