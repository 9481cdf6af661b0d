"""JSON schemas for kubeconform, made from Kubernetes' own description and from resource definitions (CRDs).

They are strict: a field that isn't described is an error.
"""

import json
from pathlib import Path
from typing import Any

import yaml

KINDS = {
    "ConfigMap",
    "Deployment",
    "Ingress",
    "Job",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
}
ANY_OF_TWO = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string"]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["number", "string"]},
}


def write_schemas(folder: Path, swagger: Path, definitions: list[Path]) -> None:
    """Write a file for each kind and version, named as kubeconform asks for them: kind-group-version.json."""
    folder.mkdir(parents=True)
    described: dict[str, Any] = json.loads(swagger.read_text("utf-8"))["definitions"]
    described |= ANY_OF_TWO
    for name, schema in described.items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            if kind["kind"] in KINDS:
                whole = strict(schema) | {"definitions": _needed(name, described)}
                _write(folder, kind["kind"], kind["group"], kind["version"], whole)
    for path in definitions:
        spec = yaml.safe_load(path.read_text("utf-8"))["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            _write(folder, spec["names"]["kind"], spec["group"], version["name"], schema)


def _write(folder: Path, kind: str, group: str, version: str, schema: dict[str, Any]) -> None:
    group = f"-{group.split('.')[0]}" if group else ""
    (folder / f"{kind.lower()}{group}-{version}.json").write_text(json.dumps(schema), "utf-8")


def _needed(name: str, described: dict[str, Any]) -> dict[str, Any]:
    """The definitions that one refers to, and those that they refer to."""
    needed: dict[str, Any] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in needed:
            needed[current] = strict(described[current])
            waiting += _references(described[current])
    return needed


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for item in schema for name in _references(item)]
    if not isinstance(schema, dict):
        return []
    here = [schema["$ref"].removeprefix("#/definitions/")] if isinstance(schema.get("$ref"), str) else []
    return here + [name for value in schema.values() for name in _references(value)]


def strict(schema: Any) -> Any:
    """The same schema, refusing fields that it doesn't name, and knowing what may be number or text."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if made.pop("x-kubernetes-int-or-string", False):
        made |= {"type": ["integer", "string"]}
        made.pop("anyOf", None)
    open_to_all = made.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in made
    if isinstance(made.get("properties"), dict) and "type" in made and not open_to_all:
        made["additionalProperties"] = False
    return made
