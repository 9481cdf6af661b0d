"""values.schema.json refuses what no template could use: unknown keys, wrong types, numbers out of range."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.chart.render import CHART, Values, refusal, template

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text("utf-8"))
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
REFUSED: list[tuple[Values, str]] = [
    ({"replica": {"count": 1}}, "additional properties 'replica' not allowed"),
    ({"rag": {"topk": 3}}, "additional properties 'topk' not allowed"),
    ({"workerGroups": [{"name": "a", "gpus": 1}]}, "additional properties 'gpus' not allowed"),
    (
        {"replicas": {"autoscaling": {"max_ongoing_requests": 9}}},
        "additional properties 'max_ongoing_requests'",
    ),
    ({"ray": {"head": {"resources": {"request": {}}}}}, "additional properties 'request' not allowed"),
    ({"podSecurity": {"container": {"priviledged": True}}}, "additional properties 'priviledged'"),
    ({"workerDefaults": {"affinity": {"node": {}}}}, "additional properties 'node' not allowed"),
    ({"extraEnv": [{"name": "A", "from": "B"}]}, "additional properties 'from' not allowed"),
    ({"networkPolicy": {"clients": [{"pods": {}}]}}, "additional properties 'pods' not allowed"),
    ({"architecture": "rcv"}, "value must be one of 'baseline', 'rac', 'rsc', 'rvc'"),
    ({"workerDefaults": {"accelerator": "tpu"}}, "value must be one of 'nvidia', 'amd'"),
    ({"engine": {"quantization": "int3"}}, "/engine/quantization"),
    ({"replicas": {"count": 0}}, "minimum: got 0, want 1"),
    ({"replicas": {"count": "2"}}, "got string, want integer"),
    ({"replicas": {"autoscaling": {"min_replicas": 0}}}, "minimum: got 0, want 1"),
    ({"engine": {"gpu_memory_utilization": 1.2}}, "maximum: got 1.2, want 1"),
    ({"engine": {"gpu_memory_utilization": 0}}, "exclusiveMinimum: got 0, want 0"),
    ({"rag": {"top_k": 101}}, "maximum: got 101, want 100"),
    ({"sampling": {"temperature": 2.5}}, "maximum: got 2.5, want 2"),
    ({"workerDefaults": {"resources": {"requests": {"cpu": "lots"}}}}, "does not match pattern"),
    ({"apiKeys": {"keys": ["sk-1,sk-2-and-more"]}}, "does not match pattern"),
    ({"apiKeys": {"keys": ["short"]}}, "minLength: got 5, want 8"),
    ({"corpus": {"files": {"a/b.md": "text"}}}, "does not match pattern"),
    ({"workerGroups": []}, "minItems: got 0, want 1"),
    ({"workerGroups": [{"accelerator": "amd"}]}, "missing property 'name'"),
    ({"shutdown": {"preStopSeconds": -1}}, "minimum: got -1, want 0"),
    ({"ray": {"upgradeStrategy": {"type": "Recreate"}}}, "value must be one of 'NewCluster'"),
    ({"metrics": {"port": 80}}, "minimum: got 80, want 1,024"),
]


@pytest.mark.parametrize(
    ("values", "sentence"), REFUSED, ids=[json.dumps(values)[:60] for values, _ in REFUSED]
)
def test_refused(values: Values, sentence: str) -> None:
    assert sentence in refusal(values)


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every description of an object that names its properties."""
    if isinstance(schema, list):
        for item in schema:
            yield from objects(item, path)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            yield path, schema
        for key, value in schema.items():
            yield from objects(value, f"{path}/{key}")


def test_no_object_takes_unknown_keys() -> None:
    found = list(objects(SCHEMA))
    assert len(found) > 50
    assert [path for path, schema in found if schema.get("additionalProperties") is not False] == []


def test_values_and_schema_name_the_same_keys() -> None:
    assert list(differences(VALUES, SCHEMA)) == []


def differences(values: dict[str, Any], schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Keys that one of them lacks. Kubernetes' and the load test's own options may be left out."""
    described = schema["properties"]
    partly = path.startswith(("podSecurity.", "loadtest.settings."))
    yield from (f"{path}{key} isn't in the schema" for key in values.keys() - described.keys())
    if not partly:
        yield from (
            f"{path}{key} isn't in values.yaml" for key in described.keys() - values.keys() - {"global"}
        )
    for key, inner in described.items():
        value = values.get(key)
        if isinstance(value, dict) and "properties" in inner:
            yield from differences(value, inner, f"{path}{key}.")


def test_nothing_is_refused_that_is_meant() -> None:
    template(
        {
            "engine": {"quantization": "fp8", "max_num_seqs": 512, "enforce_eager": True},
            "workerDefaults": {"resources": {"requests": {"cpu": 0.5, "memory": "1.5Gi"}}},
            "extraEnv": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            "global": {"anything": 1},
        }
    )
