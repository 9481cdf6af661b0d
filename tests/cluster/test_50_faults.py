"""What breaks under load, with two workers: who loses what, and whether it comes back."""

import json

import yaml

from tests.cluster.kube import Namespace, run, wait_until
from tests.cluster.load import Load, load

KILL_REPLICA = """
import psutil
commands = {one: ' '.join(one.info['cmdline'] or ()) for one in psutil.process_iter(['cmdline'])}
found = [one for one, command in commands.items() if 'ray::ServeReplica' in command]
for one in found:
    one.kill()
print(len(found))
"""


def test_deleted_worker_pod_costs_its_own_streams_at_most(release: Namespace) -> None:
    two_workers(release)
    with load(release, "pod", rps=3, duration_s=25) as under:
        gone = release.serving_pods()[0]["metadata"]["name"]
        release.kubectl("delete", "pod", gone, "--wait=false")
    lost_at_most_what_streamed(under)
    names = two_workers(release)
    assert gone not in names


def test_killed_replica_costs_its_own_streams_at_most(release: Namespace) -> None:
    two_workers(release)
    with load(release, "replica", rps=3, duration_s=20) as under:
        assert release.python(KILL_REPLICA) == 1
    lost_at_most_what_streamed(under)
    wait_until("two replicas", lambda: running_replicas(release) == 2, 120)


def test_operator_restart_fails_nothing(release: Namespace) -> None:
    with load(release, "operator", rps=2, duration_s=12) as under:
        namespace, name = operator()
        run("kubectl", "-n", namespace, "rollout", "restart", f"deployment/{name}")
        run("kubectl", "-n", namespace, "rollout", "status", f"deployment/{name}", timeout_s=120)
    assert under.all_answered(), under.printed


def test_killed_generator_leaves_an_incomplete_report(release: Namespace) -> None:
    with load(release, "generator", rps=2, duration_s=60) as under:
        release.kubectl("delete", "pod", "-l", "rag-llm/run=generator", "--force", "--grace-period=0")
    assert not under.report["complete"]
    assert under.report["incomplete_reasons"]
    assert under.code != 0


def test_deleted_job_leaves_what_it_measured(release: Namespace) -> None:
    with load(release, "deleted", rps=2, duration_s=60) as under:
        release.kubectl("delete", "job", "rag-llm-loadtest-deleted", "--wait=false")
    assert not under.report["complete"]
    assert under.counts()["completed"] > 0


def two_workers(release: Namespace) -> list[str]:
    """Wait for two ready workers; gives their names."""
    pods = wait_until(
        "two ready workers", lambda: (pods := release.serving_pods()) and len(pods) >= 2 and pods, 180
    )
    wait_until("two replicas", lambda: running_replicas(release) >= 2, 120)
    return [pod["metadata"]["name"] for pod in pods]


def running_replicas(release: Namespace) -> int:
    """Replicas that Serve calls RUNNING, asked of the head."""
    status = yaml.safe_load(release.on_head("serve status --name rag-llm"))
    return int(status["deployments"]["rag-llm"]["replica_states"].get("RUNNING", 0))


def lost_at_most_what_streamed(under: Load) -> None:
    """Only requests that were under way when it happened may have failed, and the report has each."""
    counts = under.counts()
    assert under.report["complete"]
    most = max(one["in_flight_max"] for level in under.report["levels"] for one in level["rounds"])
    assert counts["failed"] + counts["unfinished"] <= most, under.printed
    assert counts["completed"] + counts["failed"] + counts["unfinished"] == counts["scheduled"]


def operator() -> tuple[str, str]:
    """Namespace and name of the KubeRay operator's Deployment."""
    listed = json.loads(run("kubectl", "get", "deployments", "-A", "-o", "json"))["items"]
    (found,) = (each["metadata"] for each in listed if "kuberay-operator" in each["metadata"]["name"])
    return found["namespace"], found["name"]
