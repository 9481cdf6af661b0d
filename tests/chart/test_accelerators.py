"""Each accelerator preset: what Kubernetes counts, what Ray counts, and where pods may run."""

import json

import pytest

from tests.chart.render import ARCHITECTURES, Document, Values, deployment, pick, pod_templates, render

PRESETS = {
    # Kubernetes' resource, Ray's, image flavour, runtime class
    "nvidia": ("nvidia.com/gpu", "GPU", "gpu", None),
    "amd": ("amd.com/gpu", "GPU", "rocm", None),
    "rebellions": ("rebellions.ai/ATOM", "RBLN", "rebellions", None),
    "ascend": ("huawei.com/Ascend910", "NPU", "ascend", "ascend"),
    "none": (None, None, "cpu", None),
}


def group(documents: list[Document], name: str = "workers") -> Document:
    groups = pick(documents, "RayService")["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    found: Document = next(item for item in groups if item["groupName"] == name)
    return found


def main_container(pod: Document) -> Document:
    container: Document = pod["spec"]["containers"][0]
    return container


@pytest.mark.parametrize("accelerator", PRESETS)
def test_preset(accelerator: str) -> None:
    resource, ray, flavour, runtime_class = PRESETS[accelerator]
    documents = render({"workerDefaults": {"accelerator": accelerator, "accelerators": 2}})
    found = group(documents)
    container = main_container(found["template"])
    pod = found["template"]["spec"]
    for kind in ("requests", "limits"):
        counted = {name for name in container["resources"][kind] if "/" in name}
        assert counted == ({resource} if resource else set())
        if resource:
            assert container["resources"][kind][resource] == "2"
    params = found["rayStartParams"]
    assert params["num-gpus"] == ("2" if ray == "GPU" else "0")
    # In quotes, as the operator puts it into a shell command.
    assert params.get("resources") == (
        f"'{json.dumps({ray: 2}, separators=(',', ':'))}'" if ray in ("NPU", "RBLN") else None
    )
    assert container["image"] == f"rag-llm:0.1.0-{flavour}"
    assert pod.get("runtimeClassName") == runtime_class
    assert [item["key"] for item in pod.get("tolerations", [])] == ([resource] if resource else [])
    options = deployment(documents)["ray_actor_options"]
    assert options["num_gpus"] == (1 if ray == "GPU" else 0)
    assert options.get("resources") == ({ray: 1} if ray in ("NPU", "RBLN") else None)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_head_and_the_dispatcher_take_no_accelerator(architecture: str) -> None:
    pods = pod_templates(render({"architecture": architecture}))
    holding = {
        name
        for name, pod in pods.items()
        if any("nvidia.com/gpu" in item["resources"].get("limits", {}) for item in pod["spec"]["containers"])
    }
    assert holding == ({"rag-llm"} if architecture == "baseline" else {"workers"})


@pytest.mark.parametrize(
    ("accelerators", "split", "cpus", "num_cpus"), [(1, 1, 1, "1"), (8, 2, 1.5, "6"), (4, 4, 0.5, "1")]
)
def test_ray_cpus_are_for_the_replicas(accelerators: int, split: int, cpus: float, num_cpus: str) -> None:
    """So many that each model's worth of accelerators gets one replica, however many cores there are."""
    values = {
        "workerDefaults": {"accelerators": accelerators},
        "engine": {"tensor_parallel_size": split},
        "replicas": {"cpus": cpus},
    }
    assert group(render(values))["rayStartParams"]["num-cpus"] == num_cpus


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({}, 1),
        ({"replicas": {"count": 3}}, 3),
        ({"replicas": {"count": 3}, "workerDefaults": {"accelerators": 2}}, 2),
        ({"replicas": {"count": 3}, "workerDefaults": {"accelerator": "none"}}, 3),
        ({"replicas": {"autoscaling": {"enabled": True, "initial_replicas": 2}}}, 2),
        ({"workerDefaults": {"count": 2, "min": 2}}, 2),
        ({"replicas": {"count": 3}, "ray": {"autoscaler": {"enabled": False}}}, 3),
    ],
)
def test_pods_at_the_start(values: Values, count: int) -> None:
    assert group(render(values))["replicas"] == count


def test_a_fixed_number_of_pods() -> None:
    found = group(render({"replicas": {"count": 3}, "ray": {"autoscaler": {"enabled": False}}}))
    assert (found["minReplicas"], found["replicas"], found["maxReplicas"]) == (3, 3, 8)


def test_groups_differ_from_the_defaults_where_they_say_so() -> None:
    values = {
        "workerDefaults": {
            "shm": "4Gi",
            "tolerations": [{"key": "own", "operator": "Exists"}],
            "nodeSelector": {"zone": "a"},
        },
        "workerGroups": [
            {"name": "steady"},
            {
                "name": "spot",
                "spot": True,
                "count": 2,
                "max": 3,
                "image": "other:1",
                "idleTimeoutSeconds": 5,
                "priorityClassName": "low",
                "runtimeClassName": "nvidia",
                "nodeSelector": {"zone": "b"},
                "rayStartParams": {"num-cpus": "9"},
                "env": [{"name": "A", "value": "b"}],
            },
        ],
    }
    documents = render(values)
    steady, spot = group(documents, "steady"), group(documents, "spot")
    assert [item["key"] for item in steady["template"]["spec"]["tolerations"]] == ["own", "nvidia.com/gpu"]
    assert "cloud.google.com/gke-spot" in [item["key"] for item in spot["template"]["spec"]["tolerations"]]
    assert (spot["replicas"], spot["maxReplicas"], spot["idleTimeoutSeconds"]) == (2, 3, 5)
    assert main_container(spot["template"])["image"] == "other:1"
    assert spot["template"]["spec"]["nodeSelector"] == {"zone": "b"}
    assert spot["template"]["spec"]["priorityClassName"] == "low"
    assert spot["template"]["spec"]["runtimeClassName"] == "nvidia"
    assert spot["rayStartParams"]["num-cpus"] == "9"
    assert {"name": "A", "value": "b"} in main_container(spot["template"])["env"]
    assert {"name": "A", "value": "b"} not in main_container(steady["template"])["env"]
    for found in (steady, spot):
        assert found["template"]["spec"]["volumes"][0]["emptyDir"] == {"medium": "Memory", "sizeLimit": "4Gi"}


@pytest.mark.parametrize("field", ["affinity", "topologySpreadConstraints"])
def test_scheduling_fields_reach_the_pod(field: str) -> None:
    given = {
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
        },
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
        ],
    }[field]
    assert group(render({"workerDefaults": {field: given}}))["template"]["spec"][field] == given


@pytest.mark.parametrize("architecture", ["baseline", "rac", "rvc"])
def test_all_pods_have_the_same_image(architecture: str) -> None:
    """Head and workers must run the same Ray, client and server the same schema."""
    pods = pod_templates(render({"architecture": architecture}))
    assert {container["image"] for pod in pods.values() for container in pod["spec"]["containers"]} == {
        "rag-llm:0.1.0-gpu"
    }


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"tag": "v9"}, "rag-llm:v9"),
        ({"flavour": "cpu"}, "rag-llm:0.1.0-cpu"),
        ({"repository": "reg.example:5000/a/rag-llm"}, "reg.example:5000/a/rag-llm:0.1.0-gpu"),
    ],
)
def test_image_names(image: dict[str, str], expected: str) -> None:
    assert main_container(group(render({"image": image}))["template"])["image"] == expected
