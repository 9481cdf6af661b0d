"""From an empty namespace to an answer with passages."""

from tests.cluster.kube import Namespace, wait_until


def test_install_becomes_ready_and_answers(release: Namespace, values: list[str]) -> None:
    notes = release.helm("install", release.release, "charts/", *values)
    assert "helm test" in notes
    wait_until("RayService Ready", lambda: is_service_ready(release), 600)
    printed = release.helm("test", release.release, "--logs")
    assert "Succeeded" in printed
    assert "4 passages" in printed


def test_index_comes_from_its_job(release: Namespace) -> None:
    (job,) = release.items("job", "-l", "app.kubernetes.io/component=index")
    assert job["status"]["succeeded"] == 1
    assert release.environment()["rag"]["index"].startswith("/mnt/shared/faiss_index/")


def test_head_runs_no_replica(release: Namespace) -> None:
    processes = release.on_head("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "ServeController" in processes
    assert "ServeReplica" not in processes


def test_serving_pods_have_no_token_of_the_api_server(release: Namespace) -> None:
    for pod in release.serving_pods():
        assert pod["spec"]["automountServiceAccountToken"] is False


def is_service_ready(release: Namespace) -> bool:
    conditions = release.items("rayservice")[0].get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
