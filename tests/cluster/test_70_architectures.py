"""The same API behind the same Service, whichever architecture answers."""

import pytest

from tests.cluster.kube import Namespace, wait_until


@pytest.mark.parametrize("architecture", ["baseline", "rac", "rsc"])
def test_switch_architecture(release: Namespace, values: list[str], architecture: str) -> None:
    address = release.get("service", release.release)["spec"]["clusterIP"]
    release.helm("upgrade", release.release, "charts/", *values, "--set", f"architecture={architecture}")
    wait_until(f"{architecture} answers", lambda: answering(release) == {architecture}, 420, every_s=3)
    assert "Succeeded" in release.helm("test", release.release)
    assert release.get("service", release.release)["spec"]["clusterIP"] == address


def answering(release: Namespace) -> set[str]:
    """Architectures that the Service's pods say they are, old and new ones during a switch."""
    found = set()
    for pod in release.serving_pods():
        (container, *_) = pod["spec"]["containers"]
        found |= {
            each["value"]
            for each in container["env"]
            if each["name"] == "RAG_LLM_ARCHITECTURE" and "value" in each
        }
    return found
