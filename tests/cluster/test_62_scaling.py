"""`make scaling`: loads at two numbers of replicas, and what the change between them took, in one report."""

import json

from tests.cluster.kube import Namespace, wait_until


def test_loads_at_one_and_two_replicas_are_one_report(release: Namespace) -> None:
    cluster = release.ray_cluster()
    options = ["REPLICAS=1 2", "RPS=2", "DURATION=4", "WARMUP=1", "NAME=grown"]
    printed = release.make("scaling", *options)
    assert "Report: ConfigMap rag-llm-report-grown" in printed
    experiment = json.loads(release.get("configmap", "rag-llm-report-grown")["data"]["experiment.json"])
    assert experiment["complete"], experiment["incomplete_reasons"]
    assert {point["replicas"] for point in experiment["scaling"]["points"]} == {1, 2}
    (change,) = experiment["scaling"]["changes"]
    steps = ("accepted_s", "scheduled_s", "pulled_s", "started_s", "loaded_s", "first_token_s")
    times = [change[step] for step in steps]
    assert None not in times, change
    assert times == sorted(times), change
    assert [run["server"]["windows"][0]["replicas"] for run in experiment["runs"]] == [1, 2]
    assert release.ray_cluster() == cluster


def test_the_number_of_before_is_back_and_the_releases_own(release: Namespace) -> None:
    service = release.get("rayservice", release.release, "--show-managed-fields")
    assert "num_replicas: 1" in service["spec"]["serveConfigV2"]
    owning = [
        each["manager"]
        for each in service["metadata"]["managedFields"]
        if "f:serveConfigV2" in each["fieldsV1"].get("f:spec", {})
    ]
    assert owning == ["helm"]
    wait_until("one worker pod", lambda: len(release.worker_pods()) == 1, 240)
