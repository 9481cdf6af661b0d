"""Every pod is as restricted as Kubernetes' strictest profile asks, and starts, answers and ends in time."""

from typing import Any

import pytest

from tests.chart.render import ARCHITECTURES, Document, Values, pick, pod_templates, render

ALL: list[tuple[Values, bool]] = [
    ({"architecture": name}, cpu) for name in ARCHITECTURES for cpu in (False, True)
]
EXTRA: Values = {
    "extraEnv": [{"name": "EXTRA", "value": "1"}],
    "extraVolumes": [{"name": "extra", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "extra", "mountPath": "/extra"}],
}


def pods(values: Values, cpu: bool = False) -> dict[str, Document]:
    found = pod_templates(render(values, cpu=cpu))
    assert len(found) >= 2
    return found


def operators_containers(documents: list[Document]) -> list[Document]:
    """What the operator adds from the chart's options: the autoscaler beside the head."""
    services = [item for item in documents if item["kind"] == "RayService"]
    return [
        {"name": "autoscaler", **item["spec"]["rayClusterConfig"]["autoscalerOptions"]} for item in services
    ]


@pytest.mark.parametrize(("values", "cpu"), ALL)
def test_restricted_profile(values: Values, cpu: bool) -> None:
    documents = render(values, cpu=cpu)
    for name, pod in pod_templates(documents).items():
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] == 1000, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"]), name
        allowed = {"emptyDir", "persistentVolumeClaim", "projected", "configMap", "name"}
        assert all(set(volume) <= allowed for volume in pod["spec"].get("volumes", [])), name
    containers = [item for pod in pod_templates(documents).values() for item in pod["spec"]["containers"]]
    for container in containers + operators_containers(documents):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, container["name"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, container["name"]


@pytest.mark.parametrize(("values", "cpu"), ALL)
def test_only_the_autoscaler_has_a_token(values: Values, cpu: bool) -> None:
    for name, pod in pods(values, cpu).items():
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        for container in pod["spec"]["containers"]:
            assert "autoscaler-token" not in [mount["name"] for mount in container.get("volumeMounts", [])], (
                name
            )
    for container in operators_containers(render(values, cpu=cpu)):
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts["autoscaler-token"] == "/var/run/secrets/kubernetes.io/serviceaccount"


def test_no_token_anywhere_without_the_autoscaler() -> None:
    documents = render({"ray": {"autoscaler": {"enabled": False}}})
    assert "autoscaler-token" not in str(documents)
    assert "autoscalerOptions" not in pick(documents, "RayService")["spec"]["rayClusterConfig"]


@pytest.mark.parametrize(("values", "cpu"), ALL)
def test_a_service_account_for_each_component(values: Values, cpu: bool) -> None:
    documents = render(values, cpu=cpu)
    made = {item["metadata"]["name"] for item in documents if item["kind"] == "ServiceAccount"}
    used = {pod["spec"]["serviceAccountName"] for pod in pod_templates(documents).values()}
    assert used == made
    assert all(
        item["automountServiceAccountToken"] is False
        for item in documents
        if item["kind"] == "ServiceAccount"
    )
    assert not {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"} & {
        item["kind"] for item in documents
    }


def test_one_existing_account_for_all() -> None:
    documents = render({"serviceAccounts": {"create": False, "name": "mine"}})
    assert {pod["spec"]["serviceAccountName"] for pod in pod_templates(documents).values()} == {"mine"}
    assert "ServiceAccount" not in {item["kind"] for item in documents}


@pytest.mark.parametrize(("values", "cpu"), ALL)
def test_every_container_says_what_it_needs(values: Values, cpu: bool) -> None:
    for name, pod in pods(values, cpu).items():
        for container in pod["spec"]["containers"]:
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name


def test_the_cpu_values_fit_two_cores() -> None:
    """Head, autoscaler, two workers, the operator's 100m and a load job's 200m."""

    def millicores(pod: str) -> int:
        return int(found[pod]["spec"]["containers"][0]["resources"]["requests"]["cpu"].removesuffix("m"))

    documents = render(cpu=True)
    found = pod_templates(documents)
    autoscaler = int(operators_containers(documents)[0]["resources"]["requests"]["cpu"].removesuffix("m"))
    assert millicores("head") + autoscaler + 2 * millicores("workers") + 100 + 200 <= 2000
    for pod in found.values():
        assert all("cpu" not in container["resources"]["limits"] for container in pod["spec"]["containers"])


def test_the_head_runs_no_replica() -> None:
    params = pick(render(), "RayService")["spec"]["rayClusterConfig"]["headGroupSpec"]["rayStartParams"]
    assert (params["num-cpus"], params["num-gpus"]) == ("0", "0")


@pytest.mark.parametrize(
    ("architecture", "answering"),
    [("baseline", {"rag-llm"}), ("rac", {"dispatcher"}), ("rsc", {"workers"}), ("rvc", {"workers"})],
)
def test_pods_join_the_service_when_they_can_answer(architecture: str, answering: set[str]) -> None:
    documents = render({"architecture": architecture})
    found = pod_templates(documents)
    selector = pick(documents, "Service")["spec"]["selector"]
    chosen = {
        name for name, pod in found.items() if selector.items() <= pod["metadata"].get("labels", {}).items()
    }
    assert chosen == answering
    for name in answering:
        container = found[name]["spec"]["containers"][0]
        if architecture == "baseline":
            assert container["readinessProbe"]["httpGet"] == {"path": "/health", "port": 8000}
        else:  # not only the replica's word: a proxy that Serve drains has to leave the Service first
            assert "for path in -/healthz health;" in container["readinessProbe"]["exec"]["command"][-1]
        assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "15"]
        assert "RAG_LLM_SERVER__API_KEYS" in [item["name"] for item in container["env"]]
    for name in set(found) - answering:
        assert "RAG_LLM_SERVER__API_KEYS" not in [
            item["name"] for item in found[name]["spec"]["containers"][0]["env"]
        ]


def test_racs_engines_are_ready_with_their_raylet() -> None:
    """They take no requests over HTTP, and KubeRay's probe would wait for a proxy that isn't there."""
    probe = pods({"architecture": "rac"})["workers"]["spec"]["containers"][0]["readinessProbe"]
    assert "52365/api/local_raylet_healthz" in probe["exec"]["command"][-1]


def test_nothing_restarts_a_ray_pod_while_weights_load() -> None:
    for architecture in ("rac", "rsc", "rvc"):
        for pod in pods({"architecture": architecture}).values():
            for container in pod["spec"]["containers"]:
                assert not {"startupProbe", "livenessProbe"} & set(container)


def test_baseline_has_an_hour_to_load() -> None:
    container = pods({"architecture": "baseline"})["rag-llm"]["spec"]["containers"][0]
    probe = container["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 3600
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_grace_is_longer_than_the_wait(architecture: str) -> None:
    for pod in pods({"architecture": architecture}).values():
        if "lifecycle" in pod["spec"]["containers"][0]:
            assert pod["spec"]["terminationGracePeriodSeconds"] == 90


def test_no_process_that_ignores_sigterm_is_the_first_of_the_head() -> None:
    assert pods({})["head"]["spec"]["shareProcessNamespace"] is True
    alone = pod_templates(render({"ray": {"autoscaler": {"enabled": False}}}))["head"]
    assert "shareProcessNamespace" not in alone["spec"]


def test_ray_reads_the_same_switches_on_head_and_workers() -> None:
    def switches(pod: Document) -> dict[str, Any]:
        variables = pod["spec"]["containers"][0]["env"]
        return {item["name"]: item["value"] for item in variables if item["name"].startswith("RAY_")}

    found = pods({"architecture": "rac"})
    assert switches(found["head"]) == switches(found["workers"]) == switches(found["dispatcher"])
    assert switches(found["head"])["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert switches(found["head"])["RAY_SERVE_HAPROXY_BINARY_PATH"] == "/opt/rag-llm/bin/haproxy"
    assert len(switches(found["head"])) == 12


@pytest.mark.parametrize(("values", "cpu"), ALL)
def test_the_volume_is_read_only_where_requests_are_answered(values: Values, cpu: bool) -> None:
    for name, pod in pods(values, cpu).items():
        for mount in pod["spec"]["containers"][0].get("volumeMounts", []):
            if mount["name"] == "shared":
                assert mount["mountPath"] == "/mnt/shared"
                assert mount.get("readOnly", False) is not ("-index-" in name or "-models-" in name), name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_extras_reach_every_container(architecture: str) -> None:
    documents = render({"architecture": architecture, **EXTRA})
    found = pod_templates(documents)
    for name, pod in found.items():
        assert EXTRA["extraVolumes"][0] in pod["spec"]["volumes"], name
    containers = [item for pod in found.values() for item in pod["spec"]["containers"]]
    for container in containers + operators_containers(documents):
        assert EXTRA["extraEnv"][0] in container["env"], container["name"]
        assert EXTRA["extraVolumeMounts"][0] in container["volumeMounts"], container["name"]
