"""Who reaches what: the Service, keys, network policies, routes, the disruption budget."""

import base64
from typing import Any

import pytest

from tests.chart.render import (
    ARCHITECTURES,
    Document,
    Values,
    environment,
    kinds,
    pick,
    pod_templates,
    render,
)


def chosen(policy: Document, documents: list[Document]) -> set[str]:
    """The pods that a policy is for, as KubeRay would label them."""
    selector = policy["spec"]["podSelector"]
    found = set()
    for name, pod in pod_templates(documents).items():
        labels = dict(pod["metadata"].get("labels", {}))
        if labels["app.kubernetes.io/component"] in ("head", "worker", "dispatcher"):
            labels["ray.io/is-ray-node"] = "yes"
        fits = all(labels.get(item["key"]) in item["values"] for item in selector.get("matchExpressions", []))
        if fits and selector.get("matchLabels", {}).items() <= labels.items():
            found.add(name.rpartition("-")[0] if "-index-" in name or "-models-" in name else name)
    return found


def rules(documents: list[Document], ending: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pick(documents, "NetworkPolicy", ending)["spec"]["ingress"]
    return found


def ports(rule: dict[str, Any]) -> set[int]:
    return {item["port"] for item in rule.get("ports", [])}


@pytest.mark.parametrize("cpu", [False, True])
def test_the_service_is_the_same_in_every_architecture(cpu: bool) -> None:
    services = [pick(render({"architecture": name}, cpu=cpu), "Service") for name in ARCHITECTURES]
    assert all(service == services[0] for service in services)
    assert services[0]["spec"]["ports"] == [{"name": "http", "port": 8000, "targetPort": 8000}]
    assert services[0]["spec"]["type"] == "ClusterIP"


@pytest.mark.parametrize(
    ("release", "name"), [("rag-llm", "rag-llm"), ("my-rag-llm-2", "my-rag-llm-2"), ("x", "x-rag-llm")]
)
def test_names_follow_the_release(release: str, name: str) -> None:
    documents = render(release=release)
    assert pick(documents, "Service")["metadata"]["name"] == name
    assert pick(documents, "RayService")["metadata"]["name"] == name


def test_two_releases_in_a_namespace_share_nothing() -> None:
    first, second = (
        {(item["kind"], item["metadata"]["name"]) for item in render(release=name)} for name in ("a", "b")
    )
    assert not first & second


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_pod_but_the_test_has_a_policy(architecture: str) -> None:
    documents = render({"architecture": architecture})
    policies = [item for item in documents if item["kind"] == "NetworkPolicy"]
    covered = set().union(*(chosen(policy, documents) for policy in policies))
    expected = {"rag-llm-index", "rag-llm-models"} | {
        "baseline": {"rag-llm"},
        "rac": {"head", "workers", "dispatcher"},
    }.get(architecture, {"head", "workers"})
    assert covered == expected


def test_everybody_may_ask_and_nothing_else() -> None:
    (rule,) = rules(render(), "-http")
    assert "from" not in rule
    assert ports(rule) == {8000}


def test_only_some_may_ask() -> None:
    client = {"podSelector": {"matchLabels": {"app": "chat"}}}
    (rule,) = rules(render({"networkPolicy": {"clients": [client]}}), "-http")
    assert rule["from"][0] == client
    # `helm test` and the load test still may.
    assert rule["from"][1]["podSelector"]["matchExpressions"][1]["values"] == ["loadtest", "test"]


def test_rays_ports_are_for_ray_the_operator_and_metrics() -> None:
    ray, operator, metrics = rules(render(), "-ray")
    assert "ports" not in ray
    assert ray["from"] == [
        {
            "podSelector": {
                "matchLabels": {"app.kubernetes.io/instance": "rag-llm", "ray.io/is-ray-node": "yes"}
            }
        }
    ]
    assert ports(operator) == {8265, 8000}
    (peer,) = operator["from"]
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "kuberay-operator"}
    assert ports(metrics) == {8080, 9400}
    assert {"protocol": "TCP", "port": 9400, "endPort": 9415} in metrics["ports"]
    assert all("podSelector" in item or "namespaceSelector" in item for item in metrics["from"])


def test_the_operator_is_one_peer() -> None:
    """Two would mean any pod of its namespace, or any operator-like pod here."""
    operator = {"namespaceSelector": {"matchLabels": {"a": "b"}}, "podSelector": {"matchLabels": {"c": "d"}}}
    assert rules(render({"networkPolicy": {"operator": operator}}), "-ray")[1]["from"] == [
        operator | {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "kuberay-operator", "c": "d"}}}
    ]


def test_no_policies_if_unwanted() -> None:
    assert "NetworkPolicy" not in kinds(render({"networkPolicy": {"enabled": False}}))


def test_a_key_is_made_and_kept() -> None:
    secrets = [pick(render(release=name), "Secret") for name in ("a", "b")]
    keys = [base64.b64decode(secret["data"]["keys"]).decode() for secret in secrets]
    assert keys[0] != keys[1]
    assert all(key.startswith("sk-") and len(key) == 43 for key in keys)
    assert secrets[0]["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_given_keys() -> None:
    secret = pick(render({"apiKeys": {"keys": ["sk-one-one-one", "sk-two-two-two"]}}), "Secret")
    assert base64.b64decode(secret["data"]["keys"]) == b"sk-one-one-one,sk-two-two-two"


def test_an_existing_secret() -> None:
    documents = render({"apiKeys": {"existingSecret": "mine"}})
    assert "Secret" not in kinds(documents)
    variables = pod_templates(documents)["workers"]["spec"]["containers"][0]["env"]
    (key,) = [item for item in variables if item["name"] == "RAG_LLM_SERVER__API_KEYS"]
    assert key["valueFrom"]["secretKeyRef"] == {"name": "mine", "key": "keys"}


def test_open_to_all() -> None:
    documents = render({"apiKeys": {"enabled": False}})
    assert "Secret" not in kinds(documents)
    assert all(
        "RAG_LLM_SERVER__API_KEYS" not in environment(pod) for pod in pod_templates(documents).values()
    )


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ({}, False),
        ({"replicas": {"count": 2}}, True),
        ({"replicas": {"count": 2}, "architecture": "baseline"}, True),
        ({"replicas": {"count": 2}, "architecture": "rac"}, False),
        ({"replicas": {"autoscaling": {"enabled": True, "min_replicas": 2}}}, True),
        ({"replicas": {"count": 2, "autoscaling": {"enabled": True}}}, False),
        ({"replicas": {"count": 2}, "podDisruptionBudget": {"enabled": False}}, False),
        ({"replicas": {"count": 2}, "podDisruptionBudget": {"minAvailable": 2}}, False),
    ],
)
def test_a_budget_where_one_can_be_kept(values: Values, made: bool) -> None:
    """With one pod that answers, a budget would block every drain of its node."""
    documents = render(values)
    assert ("PodDisruptionBudget" in kinds(documents)) is made
    if made:
        spec = pick(documents, "PodDisruptionBudget")["spec"]
        assert spec["minAvailable"] == 1
        assert spec["selector"]["matchLabels"] == pick(documents, "Service")["spec"]["selector"]


def test_token_authentication_is_on() -> None:
    cluster = pick(render(), "RayService")["spec"]["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["rayVersion"] == "2.60.0"
    named = pick(render({"ray": {"auth": {"existingSecret": "t"}}}), "RayService")["spec"]["rayClusterConfig"]
    assert named["authOptions"] == {"mode": "token", "secretName": "t"}


def test_a_redis_keeps_the_heads_state() -> None:
    redis = {"enabled": True, "redisAddress": "redis:6379", "passwordSecret": {"name": "r", "key": "p"}}
    cluster = pick(render({"ray": {"gcsFaultTolerance": redis}}), "RayService")["spec"]["rayClusterConfig"]
    assert cluster["gcsFaultToleranceOptions"] == {
        "redisAddress": "redis:6379",
        "redisPassword": {"valueFrom": {"secretKeyRef": {"name": "r", "key": "p"}}},
    }
    assert "gcsFaultToleranceOptions" not in pick(render(), "RayService")["spec"]["rayClusterConfig"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_heads_account_outlives_a_release_whose_redis_has_to_be_emptied(enabled: bool) -> None:
    """The operator does that in a Job of this account, once all pods of the cluster have gone."""
    redis = {"ray": {"gcsFaultTolerance": {"enabled": enabled, "redisAddress": "redis:6379"}}}
    accounts = [one for one in render(redis) if one["kind"] == "ServiceAccount"]
    kept = [one["metadata"]["name"] for one in accounts if "annotations" in one["metadata"]]
    assert kept == (["rag-llm-head"] if enabled else [])


def test_routes_lead_to_the_service() -> None:
    assert not {"Ingress", "HTTPRoute"} & kinds(render())
    documents = render(
        {"ingress": {"enabled": True}, "httpRoute": {"enabled": True, "parentRefs": [{"name": "gateway"}]}}
    )
    (path,) = pick(documents, "Ingress")["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "rag-llm", "port": {"name": "http"}}
    (rule,) = pick(documents, "HTTPRoute")["spec"]["rules"]
    assert rule["backendRefs"] == [{"name": "rag-llm", "port": 8000}]
    # A stream may take longer than a gateway's usual limit.
    assert rule["timeouts"] == {"request": "0s"}


def test_worker_groups_are_as_the_operator_writes_them_back() -> None:
    """What it adds makes the whole list its own, and the next server-side apply of Helm would fail."""
    for group in pick(render({"architecture": "rac"}), "RayService")["spec"]["rayClusterConfig"][
        "workerGroupSpecs"
    ]:
        assert group["scaleStrategy"] == {}
        for amounts in group["template"]["spec"]["containers"][0]["resources"].values():
            assert all(isinstance(amount, str) for amount in amounts.values())
