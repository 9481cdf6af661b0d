"""Combinations that can't work are refused, each with a sentence that says what would."""

import re

import pytest

from tests.chart.render import CHART, Values, helm, refusal, template

NO_KUBERAY = ("--api-versions", "apiregistration.k8s.io/v1")
"""What Helm knows of a cluster that it has asked and that has no KubeRay."""
REFUSED: list[tuple[Values, str]] = [
    ({"fullnameOverride": "r" * 48}, "KubeRay takes at most 47 characters"),
    ({"fullnameOverride": "1rag"}, "set fullnameOverride or choose another release name"),
    (
        {"ray": {"version": "2.54.0"}},
        "ray.version = 2.54.0: the switches that the chart sets came with Ray 2.60",
    ),
    ({"ray": {"gcsFaultTolerance": {"enabled": True}}}, "needs ray.gcsFaultTolerance.redisAddress"),
    (
        {"ray": {"upgradeStrategy": {"type": "NewClusterWithIncrementalUpgrade"}}},
        "needs ray.autoscaler.enabled = true and ray.upgradeStrategy.gatewayClassName",
    ),
    (
        {"shutdown": {"preStopSeconds": 60}},
        "shutdown.gracePeriodSeconds = 90 must be more than shutdown.preStopSeconds and drainSeconds",
    ),
    (
        {"architecture": "baseline", "shutdown": {"preStopSeconds": 90}},
        "must be more than shutdown.preStopSeconds and drainSeconds together = 90",
    ),
    (
        {"metrics": {"port": 7990}},
        "metrics.port = 7990: it and the 15 ports after it must be free, and 8000 belongs",
    ),
    ({"engine": {"quantization": "awq"}}, "engine.quantization = awq needs a model with AWQ weights"),
    (
        {"engine": {"quantization": "awq_marlin"}},
        "model.path = /mnt/shared/models/qwen25_1_5b_instruct doesn't say",
    ),
    ({"engine": {"quantization": "gptq"}}, "needs a model with GPTQ weights"),
    (
        {"architecture": "rsc", "engine": {"tensor_parallel_size": 2}, "workerDefaults": {"accelerators": 2}},
        "only rvc's engine splits a model, and architecture = rsc",
    ),
    (
        {"sampling": {"max_tokens": 4096}},
        "leaves no room for a prompt: it must be below engine.max_model_len = 4096",
    ),
    ({"engine": {"batch": True}}, "engine.batch = true is for the engine of baseline, rac and rsc"),
    ({"workerGroups": [{"name": "a"}, {"name": "a"}]}, 'the name "a" is taken'),
    ({"workerGroups": [{"name": "dispatcher"}]}, "other than headgroup and dispatcher"),
    ({"workerDefaults": {"accelerators": 0}}, "accelerators = 0 with accelerator = nvidia"),
    (
        {"engine": {"tensor_parallel_size": 2}},
        'engine.tensor_parallel_size = 2, but a pod of workerGroups "workers" has 1 accelerators',
    ),
    (
        {"engine": {"tensor_parallel_size": 2}, "workerDefaults": {"accelerator": "none"}},
        "raise its accelerators or lower engine.tensor_parallel_size",
    ),
    (
        {"engine": {"tensor_parallel_size": 2}, "workerDefaults": {"accelerators": 3}},
        "accelerators = 3 is no multiple of engine.tensor_parallel_size = 2",
    ),
    ({"workerDefaults": {"min": 9}}, "min = 9, count = 9, max = 8 must not fall"),
    ({"workerDefaults": {"count": 9}}, "min = 1, count = 9, max = 8 must not fall"),
    (
        {"workerGroups": [{"name": "a"}, {"name": "b", "accelerator": "ascend"}]},
        "workerGroups mix accelerators that Ray counts under different names (GPU, NPU)",
    ),
    (
        {"architecture": "rac", "replicas": {"autoscaling": {"enabled": True}}},
        "replicas.autoscaling.enabled = true is for rsc and rvc",
    ),
    (
        {"replicas": {"autoscaling": {"enabled": True, "min_replicas": 5}}},
        "min_replicas = 5, initial_replicas = 5, max_replicas = 4 must not fall",
    ),
    (
        {"replicas": {"autoscaling": {"enabled": True, "initial_replicas": 5}}},
        "min_replicas = 1, initial_replicas = 5, max_replicas = 4 must not fall",
    ),
    (
        {"replicas": {"count": 9}},
        "replicas.count = 9, but the worker groups have room for 8: raise their max",
    ),
    (
        {"replicas": {"autoscaling": {"enabled": True, "max_replicas": 20}}},
        "replicas.autoscaling.max_replicas = 20, but the worker groups have room for 8",
    ),
    (
        {"replicas": {"count": 2}, "ray": {"autoscaler": {"enabled": False}}, "workerDefaults": {"count": 1}},
        "room for 1: raise their count (or set ray.autoscaler.enabled=true)",
    ),
    ({"storage": {"enabled": False}}, "is on the volume, and storage.enabled = false"),
    (
        {"storage": {"enabled": False}, "model": {"path": "/m"}},
        "models.download = true needs storage.enabled = true",
    ),
    (
        {"storage": {"enabled": False}, "model": {"path": "/m"}, "models": {"download": False}},
        "corpus.build = true needs storage.enabled = true",
    ),
    ({"corpus": {"build": False}}, "there is no index: set corpus.build = true, or rag.index"),
    ({"corpus": {"source": "path"}}, "corpus.source = path needs corpus.path"),
    ({"corpus": {"source": "files"}}, "corpus.source = files needs corpus.files"),
    (
        {"corpus": {"source": "files", "files": {"a.md": "x" * 1_000_000}}},
        "a ConfigMap holds 900 KiB: put the documents on the volume",
    ),
    ({"serviceAccounts": {"create": False}}, "serviceAccounts.create = false needs serviceAccounts.name"),
    (
        {"apiKeys": {"existingSecret": "a", "keys": ["sk-12345678"]}},
        "apiKeys.existingSecret and apiKeys.keys are both set",
    ),
    ({"httpRoute": {"enabled": True}}, "httpRoute.enabled = true needs httpRoute.parentRefs"),
    ({"ingress": {"enabled": True, "hosts": []}}, "ingress.enabled = true needs ingress.hosts"),
    (
        {"loadtest": {"run": "r1", "join": {"kind": "compare"}}},
        "loadtest.join.kind = compare needs loadtest.join.runs: the runs that are joined",
    ),
    (
        {"loadtest": {"run": "r1", "gate": "old", "join": {"kind": "scaling", "runs": ["a"]}}},
        "loadtest.gate and loadtest.join are both set: a gate is a run of its own",
    ),
    (
        {"loadtest": {"run": "r1", "settings": {"rps": None}}},
        "loadtest.settings needs rps, duration and rounds, or steps, or a loadtest.gate whose plan is taken",
    ),
]


@pytest.mark.parametrize(("values", "sentence"), REFUSED, ids=[sentence[:40] for _, sentence in REFUSED])
def test_refused_with_a_sentence(values: Values, sentence: str) -> None:
    assert sentence in refusal(values)


def test_every_guard_is_asserted() -> None:
    """The longest literal part of each sentence in the chart is in what was said above or below."""
    source = (CHART / "templates" / "_guards.tpl").read_text("utf-8")
    sentences = re.findall(r'fail (?:\(printf )?"((?:[^"\\]|\\.)*)"', source)
    assert len(sentences) == source.count("{{- fail ")
    said = "\n".join([refusal(values) for values, _ in REFUSED] + [refusal({}, options=NO_KUBERAY)])
    unseen = [text for text in sentences if max(re.split(r"%[a-z]", text), key=len) not in said]
    assert not unseen


def test_a_cluster_without_kuberay() -> None:
    assert "doesn't know ray.io/v1 RayService: install KubeRay 1.6.2" in refusal({}, options=NO_KUBERAY)
    template({}, options=(*NO_KUBERAY, "--api-versions", "ray.io/v1/RayService"))
    template({"ray": {"checkCRDs": False}}, options=NO_KUBERAY)
    template({"architecture": "baseline"}, options=NO_KUBERAY)


def test_long_release_names() -> None:
    template(release="r" * 39)
    assert "at most 47 characters" in refusal({}, release="r" * 40)


def test_sentences_reach_who_installs() -> None:
    """Not only `helm template`: `helm lint` says them too."""
    done = helm("lint", str(CHART), values={"corpus": {"build": False}})
    assert "there is no index" in done.stdout + done.stderr
