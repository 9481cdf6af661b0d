"""What is kept of pods, and what is said when they changed."""

from typing import Any

from loadtest.cluster.pods import changes, metrics_endpoints, observed_pods, of_the_server


def _pod(name: str, restarts: int = 0, labels: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}} if restarts else {}
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": "worker"} | (labels or {})},
        "spec": {
            "nodeName": "n1",
            "containers": [
                {
                    "name": "ray-worker",
                    "image": "rag-llm:1",
                    "resources": {"limits": {"cpu": "2", "nvidia.com/gpu": "1"}},
                    "ports": [
                        {"name": "http", "containerPort": 8000},
                        {"name": "app-metrics", "containerPort": 9700},
                    ],
                }
            ],
        },
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "containerStatuses": [{"name": "ray-worker", "restartCount": restarts, "lastState": ended}],
        }
        | status,
    }


def test_a_pod_is_described() -> None:
    labels = {"n1": {"nvidia.com/gpu.product": "H100", "kubernetes.io/hostname": "secret"}}
    (pod,) = observed_pods([_pod("a")], [_pod("a")], labels)
    assert pod.component == "worker"
    assert (pod.node, pod.node_labels) == ("n1", {"nvidia.com/gpu.product": "H100"})
    assert pod.accelerators == {"nvidia.com/gpu": "1"}
    assert (pod.cpu, pod.images) == ("2", {"ray-worker": "rag-llm:1"})


def test_restarts_comings_and_goings_are_told() -> None:
    before = [_pod("steady"), _pod("unlucky", 1), _pod("went")]
    after = [_pod("steady"), _pod("unlucky", 3), _pod("came")]
    assert changes(observed_pods(before, after, {}), after) == [
        "pod came (worker) came during the run",
        "pod unlucky (worker) restarted 2 times during the run (ray-worker: OOMKilled, exit code 137)",
        "pod went (worker) went during the run",
    ]


def test_jobs_do_not_serve_and_heads_are_not_scraped() -> None:
    pods = [
        _pod("worker"),
        _pod("load", labels={"app.kubernetes.io/component": "loadtest"}),
        _pod("index", labels={"batch.kubernetes.io/job-name": "index"}),
        _pod("head", labels={"ray.io/node-type": "head"}),
        _pod("pending", phase="Pending", podIP=None),
    ]
    serving = of_the_server(pods)
    assert [pod["metadata"]["name"] for pod in serving] == ["worker", "head", "pending"]
    endpoints = list(metrics_endpoints(serving).items())
    assert endpoints[0] == ("10.0.0.1:9700", "worker:9700")
    assert endpoints[-1] == ("10.0.0.1:9715", "worker:9715")
    assert len(endpoints) == 16


def test_metrics_are_asked_for_where_the_pod_says_that_they_are() -> None:
    silent, six = _pod("silent"), _pod("six", podIP="fd00::7")
    silent["spec"]["containers"][0]["ports"].pop()
    endpoints = list(metrics_endpoints([silent, six]))
    assert endpoints[0] == "[fd00::7]:9700"
    assert len(endpoints) == 16
