"""2 → 1 with plain kubectl, as docs/operations.md tells it."""

import json

from tests.cluster.kube import Namespace, wait_until
from tests.cluster.load import load


def test_scale_down_fails_no_request_and_gives_the_pod_back(release: Namespace) -> None:
    cluster = release.ray_cluster()
    with load(release, "down", rps=2, duration_s=45) as under:
        config = str(release.items("rayservice")[0]["spec"]["serveConfigV2"])
        patch = {"spec": {"serveConfigV2": config.replace("num_replicas: 2", "num_replicas: 1")}}
        release.kubectl("patch", "rayservice", release.release, "--type=merge", "-p", json.dumps(patch))
    assert under.all_answered(), under.printed
    wait_until("one worker pod", lambda: len(release.worker_pods()) == 1, 240)
    assert release.ray_cluster() == cluster


def test_release_takes_the_field_back(release: Namespace) -> None:
    """Helm 4 applies on the server, where a field that kubectl patched is kubectl's."""
    force = ["--force-conflicts"] if "--force-conflicts" in release.helm("upgrade", "--help") else []
    words = ["--reset-then-reuse-values", "--set", "replicas.count=1,rag.top_k=3", *force]
    assert "in place" in release.helm("upgrade", release.release, "charts/", *words)
    managers = release.get("rayservice", release.release, "--show-managed-fields")["metadata"][
        "managedFields"
    ]
    owning = [each["manager"] for each in managers if "f:serveConfigV2" in each["fieldsV1"].get("f:spec", {})]
    assert owning == ["helm"]
