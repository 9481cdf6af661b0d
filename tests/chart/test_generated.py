"""What is made from the chart and kept in the repository is current: documentation, snapshots, manifests."""

import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.chart.generated import RENDERED, SNAPSHOTS, VALUES_PAGE, snapshot, values_page
from tests.chart.render import CHART, REPOSITORY, tool

MANIFESTS = REPOSITORY / "manifests"


@pytest.mark.parametrize("name", RENDERED)
def test_snapshot(name: str) -> None:
    """Whoever changes a template sees here what that does; `make docs` takes it over."""
    assert snapshot(name) == (SNAPSHOTS / f"{name}.yaml").read_text("utf-8")


def test_values_page() -> None:
    tool("helm-docs")
    assert values_page() == VALUES_PAGE.read_text("utf-8"), "run `make docs`"


def test_every_value_is_explained() -> None:
    rows = re.findall(r"^\| (\S+) \| .* \| (.*) \|$", VALUES_PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 150
    assert [key for key, description in rows if len(description) < 10 and key != "embedding.threads"] == []


def generator() -> ModuleType:
    tool("helm")
    spec = spec_from_file_location("generate", MANIFESTS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_manifests() -> None:
    expected = generator().manifests()
    there = {str(path.relative_to(MANIFESTS)) for path in MANIFESTS.rglob("*.yaml")}
    assert there == set(expected)
    for name, text in expected.items():
        assert (MANIFESTS / name).read_text("utf-8") == text, f"{name}: run `make manifests`"


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in MANIFESTS.rglob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            yield path.name, document


def test_manifests_name_nothing_of_helms() -> None:
    kinds = set()
    for name, document in documents():
        assert "helm" not in yaml.dump(document).lower(), name
        assert "namespace" not in document["metadata"], name
        assert document["kind"] != "Secret", name
        kinds.add(document["kind"])
    assert {"RayService", "Deployment", "Job", "Service", "PersistentVolumeClaim"} <= kinds


def test_the_four_architectures_share_one_index() -> None:
    found = {
        name: yaml.dump(document)
        for name, document in documents()
        if document["kind"] in ("RayService", "Deployment")
    }
    index = re.search(
        r"/mnt/shared/faiss_index/\w+", (MANIFESTS / "four-architectures" / "shared.yaml").read_text("utf-8")
    )
    assert index is not None
    for architecture in ("baseline", "rac", "rsc", "rvc"):
        assert index[0] in found[f"{architecture}.yaml"]
        assert "claimName: rag-llm-shared" in found[f"{architecture}.yaml"]


def test_versions_are_the_images() -> None:
    """Ray in the chart, in its note and in the images; the app's version is the chart's appVersion."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    project = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    ray = values["ray"]["version"]
    assert chart["annotations"]["rag-llm/ray-version"] == ray
    assert f'"ray[serve]=={ray}"' in project
    for flavour in ("cpu", "gpu"):
        assert f"ray=={ray}\n" in (REPOSITORY / "requirements" / f"{flavour}.txt").read_text("utf-8")
    assert f'version = "{chart["appVersion"]}"' in project
