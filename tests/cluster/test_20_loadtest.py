"""`make loadtest` at three rates; the report is read back from the cluster."""

import json

from tests.cluster.kube import Namespace


def test_three_rates_leave_a_report(release: Namespace) -> None:
    printed = release.make("loadtest", "RPS=1 2 4", "DURATION=8", "WARMUP=2", "RUN=three")
    assert "Report: ConfigMap rag-llm-report-three" in printed
    data = release.get("configmap", "rag-llm-report-three")["data"]
    report = json.loads(data["report.json"])
    assert report["complete"]
    assert [level["rate_rps"] for level in report["levels"]] == [1, 2, 4]
    assert all(level["rounds"][0]["counts"]["failed"] == 0 for level in report["levels"])
    assert "<html" in data["report.html"]
    assert "TTFT" in data["summary.txt"]


def test_report_joins_what_the_server_knows(release: Namespace) -> None:
    report = json.loads(release.get("configmap", "rag-llm-report-three")["data"]["report.json"])
    server = report["server"]
    workers = [pod for pod in server["pods"] if pod["component"] == "worker"]
    assert workers
    assert all(pod["node"] and pod["restarts_after"] == 0 for pod in workers)
    assert report["environment"]["server"]["versions"]["ray"] == "2.60.0"
    window = server["windows"][-1]
    assert window["requests"]["ok"] >= 20
    assert window["stage_mean_s"]["embed"] > 0


def test_report_is_owned_by_nothing_that_goes(release: Namespace) -> None:
    metadata = release.get("configmap", "rag-llm-report-three")["metadata"]
    assert "ownerReferences" not in metadata
    assert metadata["labels"]["rag-llm/report"] == "true"
    assert metadata["labels"].get("app.kubernetes.io/managed-by") != "Helm"


def test_reports_are_listed_opened_and_compared(release: Namespace) -> None:
    release.make("loadtest", "RPS=2", "DURATION=4", "WARMUP=1", "RUN=other", "QUALITY=20")
    listed = release.make("report")
    assert "three" in listed
    assert "other" in listed
    assert "TTFT" in release.make("report", "NAME=three")
    assert "%" in release.make("report", "A=three", "B=other")


def test_answers_under_load_are_right(release: Namespace) -> None:
    report = json.loads(release.get("configmap", "rag-llm-report-other")["data"]["report.json"])
    quality = report["levels"][0]["rounds"][0]["quality"]
    assert quality["n"] > 0
    # The demo model answers 85 % of all questions as expected; here are a few of them.
    assert quality["exact_match"] >= 0.4
    assert quality["recall"] == 1


def test_two_generators_share_the_load(release: Namespace) -> None:
    release.make("loadtest", "RPS=4", "DURATION=5", "WARMUP=1", "RUN=crew", "GENERATORS=2", "CPU=350m")
    report = json.loads(release.get("configmap", "rag-llm-report-crew")["data"]["report.json"])
    assert report["complete"]
    assert len(report["levels"][0]["rounds"][0]["generators"]) == 2
