"""What changes in place changes nothing on Ray's pods; anything else does, and NOTES.txt can tell."""

from typing import Any

import pytest

from tests.chart.render import Document, Values, pick, render

COUNTS = ("replicas", "minReplicas", "maxReplicas")
IN_PLACE: dict[str, Values] = {
    "top_k": {"rag": {"top_k": 9}},
    "order": {"rag": {"passage_order": "canonical"}},
    "retrieval off": {"rag": {"enabled": False}},
    "prompt": {"rag": {"system_prompt": "Answer in rhyme."}},
    "index": {"rag": {"index": "/mnt/shared/other"}},
    "corpus": {"corpus": {"version": "2"}},
    "indexing": {"indexing": {"passage_tokens": 64}},
    "sampling": {"sampling": {"max_tokens": 5, "temperature": 0.5, "top_p": 0.9}},
    "cache reset": {"server": {"allow_cache_reset": True}},
    "replicas": {"replicas": {"count": 3}},
    "autoscaling": {"replicas": {"autoscaling": {"enabled": True, "max_replicas": 7, "upscale_delay_s": 3}}},
    "serve limits": {"serve": {"max_ongoing_requests": 7, "max_queued_requests": 8}},
    "health checks": {"serve": {"health_check_period_s": 1, "health_check_timeout_s": 3}},
    "draining": {"serve": {"graceful_shutdown_timeout_s": 1, "graceful_shutdown_wait_loop_s": 1}},
}
ANEW: dict[str, Values] = {
    "model": {"model": {"path": "/mnt/shared/models/other"}},
    "engine": {"engine": {"max_num_seqs": 64}},
    "image": {"image": {"tag": "other"}},
    "workers": {"workerDefaults": {"shm": "3Gi"}},
    "head": {"ray": {"head": {"shm": "1Gi"}}},
    "architecture": {"architecture": "rac"},
}


def cluster(documents: list[Document]) -> Document:
    """spec.rayClusterConfig without the numbers of pods, which KubeRay ignores."""
    config: Document = pick(documents, "RayService")["spec"]["rayClusterConfig"]
    for group in config["workerGroupSpecs"]:
        for count in COUNTS:
            del group[count]
    return config


def noted_hash(documents: list[Document]) -> Any:
    return pick(documents, "RayService")["metadata"]["annotations"]["rag-llm/ray-cluster-hash"]


@pytest.mark.parametrize(
    ("architecture", "change"),
    [("rvc", change) for change in IN_PLACE]
    + [("rac", change) for change in IN_PLACE if change != "autoscaling"],
)
def test_pods_stay_as_they_are(architecture: str, change: str) -> None:
    before = render({"architecture": architecture})
    after = render({"architecture": architecture, **IN_PLACE[change]})
    assert cluster(before) == cluster(after)
    assert noted_hash(before) == noted_hash(after)


@pytest.mark.parametrize("change", IN_PLACE)
def test_the_change_is_in_serve_config(change: str) -> None:
    before, after = (pick(render(values), "RayService") for values in ({}, IN_PLACE[change]))
    assert before["spec"]["serveConfigV2"] != after["spec"]["serveConfigV2"]


@pytest.mark.parametrize("change", ANEW)
def test_another_pod_is_another_hash(change: str) -> None:
    before, after = render(), render(ANEW[change])
    assert cluster(before) != cluster(after)
    assert noted_hash(before) != noted_hash(after)


@pytest.mark.parametrize(
    "values",
    [
        {"workerDefaults": {"tolerations": [{"key": "x", "operator": "Exists"}]}},
        {"workerDefaults": {"max": 9}},
    ],
)
def test_the_hash_ignores_what_kuberay_ignores(values: Values) -> None:
    assert noted_hash(render()) == noted_hash(render(values))


@pytest.mark.parametrize("architecture", ["rac", "rsc", "rvc"])
def test_no_annotations_on_ray_pods(architecture: str) -> None:
    """KubeRay starts a new cluster when one changes."""
    config = cluster(render({"architecture": architecture}))
    for group in [config["headGroupSpec"], *config["workerGroupSpecs"]]:
        assert set(group["template"]["metadata"]) == {"labels"}


def test_a_chart_version_is_no_new_cluster() -> None:
    """Labels with versions are on our own objects only."""
    for group in (config := cluster(render()))["workerGroupSpecs"] + [config["headGroupSpec"]]:
        labels = group["template"]["metadata"]["labels"]
        assert not {"helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/name"} & set(labels)
