"""The programs that the chart's tests run, and where they are: ``make chart-tools`` builds what is missing.

Everything comes as a Go module; Helm on the PATH is taken as it is.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "var" / "tools"
SCHEMAS = FOLDER / "schemas"
COMMANDS = {
    "helm": "helm.sh/helm/v4/cmd/helm@v4.3.1",
    "helm-docs": "github.com/norwoodj/helm-docs/cmd/helm-docs@v1.14.2",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
}
KUBERNETES = "k8s.io/kubernetes@v1.36.3"
DEFINITIONS = {
    "github.com/ray-project/kuberay/ray-operator@v1.6.2": ["config/crd/bases/ray.io_rayservices.yaml"],
    "sigs.k8s.io/gateway-api@v1.4.1": ["config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"],
}
"""Modules that define the resources which aren't Kubernetes' own, and where in them."""


def found(name: str) -> str | None:
    """A program's path, or None."""
    built = FOLDER / name
    return str(built) if built.exists() else shutil.which(name)


def build() -> None:
    """Build the programs that are missing, and the schemas from the modules that define them."""
    from tests.chart.schemas import write_schemas

    FOLDER.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"GOBIN": str(FOLDER), "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
    for name, source in COMMANDS.items():
        if found(name) is None:
            print(f"building {name}", flush=True)
            subprocess.run(["go", "install", source], check=True, env=environment)
    if not SCHEMAS.exists():
        print("writing the schemas", flush=True)
        swagger = _module(KUBERNETES) / "api" / "openapi-spec" / "swagger.json"
        files = [_module(module) / name for module, names in DEFINITIONS.items() for name in names]
        write_schemas(SCHEMAS, swagger, files)


def _module(name: str) -> Path:
    """A Go module's folder, fetched if need be."""
    answer = subprocess.run(
        ["go", "mod", "download", "-json", name], check=True, capture_output=True, text=True
    )
    return Path(json.loads(answer.stdout)["Dir"])


if __name__ == "__main__":
    build()
