"""Write the manifests from the chart: ``make manifests``. With a folder as argument: there instead.

What is Helm's own is left out: its labels, hooks, and the annotations that only Helm reads. So is the API
keys' Secret, which has to be made by hand; each file's head says how.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
CHART = HERE.parent / "charts"
HELM = shutil.which("helm") or str(HERE.parent / "var" / "tools" / "helm")
CPU = ["-f", str(CHART / "values-cpu.yaml")]
KEYS = ["--set", "apiKeys.existingSecret=rag-llm-api-keys"]
LABELS = {"app.kubernetes.io/managed-by", "helm.sh/chart"}
ANNOTATIONS = {"helm.sh/resource-policy", "rag-llm/ray-cluster-hash"}
MAKE_KEYS = """The service asks for a key; make one first:
  kubectl create secret generic rag-llm-api-keys --from-literal=keys="sk-$(openssl rand -hex 20)"
"""
SHARED = [
    "storage-persistentvolumeclaim",
    "jobs-serviceaccount",
    "jobs-networkpolicy",
    "models-job",
    "index-job",
]


class Dumper(yaml.SafeDumper):
    """YAML as people write it: texts of several lines as blocks, lists indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """PyYAML would set lists at their key's column."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, _text)


def manifests() -> dict[str, str]:
    """Each manifest's path below this folder, and its text."""
    shared = _render("rag-llm", *KEYS, only=SHARED)
    index = _index_of(shared)
    written = {
        "rayservice-gpu.yaml": _written(
            "A RayService of one worker with one NVIDIA GPU, the volume, and the Jobs that fill it.\n"
            + MAKE_KEYS,
            _render("rag-llm", *KEYS),
        ),
        "rayservice-cpu.yaml": _written(
            "A RayService on the CPU, with the demo model and corpus that are in the image.\n" + MAKE_KEYS,
            _render("rag-llm", *CPU, *KEYS),
        ),
        "loadtest-job.yaml": _written(
            "One load test of rayservice-gpu.yaml, by hand. For another run, replace `manual` everywhere.\n"
            "LOADTEST_RPS and its like say what is measured; ConfigMap rag-llm-report-manual keeps it.\n",
            [item for item in _render("rag-llm", *KEYS, "--set", "loadtest.run=manual") if _loads(item)],
        ),
        "four-architectures/shared.yaml": _written(
            "The volume of the four architectures, and the Jobs that put the model and the index onto it.\n",
            shared,
        ),
    }
    for architecture in ("baseline", "rac", "rsc", "rvc"):
        options = f"architecture={architecture},storage.existingClaim=rag-llm-shared,models.download=false"
        documents = _render(f"rag-llm-{architecture}", *KEYS, "--set", f"{options},rag.index={index}")
        head = f"{architecture} on one NVIDIA GPU, at rag-llm-{architecture}:8000; needs shared.yaml.\n"
        written[f"four-architectures/{architecture}.yaml"] = _written(head + MAKE_KEYS, documents)
    return written


def _render(release: str, *options: str, only: list[str] | None = None) -> list[dict[str, Any]]:
    chosen = [word for name in only or [] for word in ("-s", f"templates/{name}.yaml")]
    command = [HELM, "template", release, str(CHART), "--skip-tests", *options, *chosen]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    documents = [document for document in yaml.safe_load_all(done.stdout) if document]
    return [_without_helm(item) for item in documents if _component(item) != "test"]


def _component(document: dict[str, Any]) -> str:
    return str(document["metadata"]["labels"]["app.kubernetes.io/component"])


def _loads(document: dict[str, Any]) -> bool:
    return _component(document) in ("loadtest", "report") or "rag-llm/run" in document["metadata"]["labels"]


def _without_helm(document: dict[str, Any]) -> dict[str, Any]:
    metadata = document["metadata"]
    metadata.pop("namespace", None)  # whichever kubectl is told
    for name, unwanted in (("labels", LABELS), ("annotations", ANNOTATIONS)):
        kept = {key: value for key, value in (metadata.get(name) or {}).items() if key not in unwanted}
        metadata.pop(name, None)
        if kept:
            metadata[name] = kept
    return document


def _index_of(documents: list[dict[str, Any]]) -> str:
    """Where the index Job puts its index."""
    job = next(item for item in documents if _component(item) == "index")
    variables = job["spec"]["template"]["spec"]["containers"][0]["env"]
    return str(next(item["value"] for item in variables if item["name"] == "INDEX_ROOT"))


def _written(head: str, documents: list[dict[str, Any]]) -> str:
    comment = "".join(
        f"# {line}\n" for line in (head + "Made from the chart by `make manifests`.").splitlines()
    )
    texts = [
        yaml.dump(item, Dumper=Dumper, sort_keys=False, width=110, allow_unicode=True) for item in documents
    ]
    return comment + "---\n" + "---\n".join(texts)


def main(folder: Path) -> None:
    """Write them all."""
    for name, text in manifests().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
