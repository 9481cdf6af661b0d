"""Everything rendered is what Kubernetes and KubeRay describe, to the last field."""

import subprocess

import pytest

from tests.chart.render import ARCHITECTURES, CPU, Values, helm, template, tool
from tests.chart.tools import SCHEMAS

CHART = CPU.parent
MATRIX: dict[str, tuple[Values, bool]] = {
    **{name: ({"architecture": name}, False) for name in ARCHITECTURES},
    **{f"{name} on CPU": ({"architecture": name}, True) for name in ARCHITECTURES},
    **{
        name: ({"workerDefaults": {"accelerator": name}}, False)
        for name in ("amd", "rebellions", "ascend", "none")
    },
    "everything": (
        {
            "replicas": {
                "count": 2,
                "autoscaling": {"enabled": True, "min_replicas": 2, "upscaling_factor": 0.5},
            },
            "corpus": {"source": "files", "files": {"a.md": "text"}},
            "models": {"tokenSecret": {"name": "hub"}, "endpoint": "https://hub.example"},
            "ingress": {"enabled": True, "className": "nginx", "tls": [{"hosts": ["a"], "secretName": "b"}]},
            "httpRoute": {"enabled": True, "parentRefs": [{"name": "gateway"}], "hostnames": ["a.example"]},
            "networkPolicy": {"clients": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]},
            "image": {"pullSecrets": [{"name": "registry"}]},
            "serviceAccounts": {"annotations": {"a": "b"}},
            "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
            "ray": {
                "gcsFaultTolerance": {
                    "enabled": True,
                    "redisAddress": "redis:6379",
                    "usernameSecret": {"name": "redis"},
                    "passwordSecret": {"name": "redis"},
                    "externalStorageNamespace": "x",
                },
                "auth": {"existingSecret": "token"},
                "upgradeStrategy": {"type": "NewClusterWithIncrementalUpgrade", "gatewayClassName": "istio"},
                "initializingTimeout": "1h",
                "head": {"priorityClassName": "high", "tolerations": [{"key": "a", "operator": "Exists"}]},
            },
            "workerDefaults": {
                "spot": True,
                "idleTimeoutSeconds": 9,
                "affinity": {"podAntiAffinity": {}},
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
                ],
            },
            "extraEnv": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            "extraVolumes": [{"name": "v", "hostPath": {"path": "/v"}}],
            "extraVolumeMounts": [{"name": "v", "mountPath": "/v"}],
        },
        False,
    ),
    "load test": ({"loadtest": {"run": "one", "generators": 3}}, True),
    "no policies": (
        {"networkPolicy": {"enabled": False}, "serviceAccounts": {"create": False, "name": "a"}},
        False,
    ),
    "no autoscaler": ({"ray": {"autoscaler": {"enabled": False}}}, False),
}


def check(rendered: str) -> "subprocess.CompletedProcess[str]":
    """Run kubeconform with the schemas that `make chart-tools` has written."""
    if not SCHEMAS.exists():
        pytest.skip("var/tools/schemas is missing: run `make chart-tools`")
    location = f"{SCHEMAS}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    command = [tool("kubeconform"), "-strict", "-summary", "-schema-location", location, "-"]
    return subprocess.run(command, input=rendered, capture_output=True, text=True)


@pytest.mark.parametrize("case", MATRIX)
def test_valid(case: str) -> None:
    values, cpu = MATRIX[case]
    done = check(template(values, cpu=cpu))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Invalid: 0, Errors: 0, Skipped: 0" in done.stdout


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("rayClusterDeletionDelaySeconds: 60", "rayClusterDeletionDelaySeconds: soon"),
        ("rayStartParams:", "rayStartParameters:"),
        ("readinessProbe:", "readyProbe:"),
        ("policyTypes: [Ingress]", "policyTypes: Ingress"),
        ("backoffLimit: 6", "backofLimit: 6"),
        ("targetPort: 8000", "targetPort: 8000.5"),
    ],
)
def test_what_is_wrong_is_found(wrong: str, right: str) -> None:
    rendered = template()
    assert wrong in rendered
    assert check(rendered.replace(wrong, right)).returncode != 0


@pytest.mark.parametrize("values", [{}, {"architecture": "baseline"}])
@pytest.mark.parametrize("cpu", [False, True])
def test_lint(values: Values, cpu: bool) -> None:
    files = ["-f", str(CPU)] if cpu else []
    done = helm("lint", "--strict", str(CHART), *files, values=values)
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout + done.stderr
