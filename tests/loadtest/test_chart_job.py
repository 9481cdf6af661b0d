"""The load job as the chart makes it: only when a run is named, unthrottled, with few rights."""

import pytest

from tests.chart.render import Document, environment, pick, pod_templates, refusal, render

RUN = {"loadtest": {"run": "r1"}}


def _of_the_run(documents: list[Document]) -> list[Document]:
    return [each for each in documents if each["metadata"].get("labels", {}).get("rag-llm/run") == "r1"]


def test_without_a_run_there_is_nothing_of_it() -> None:
    assert [each for each in render(cpu=True) if "rag-llm/run" in each["metadata"].get("labels", {})] == []


def test_requests_are_limits_and_the_pod_is_restricted() -> None:
    pod = pod_templates(render(RUN, cpu=True))["rag-llm-loadtest-r1"]["spec"]
    (container,) = pod["containers"]
    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert set(container["resources"]["limits"]) == {"cpu", "memory"}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["restartPolicy"] == "Never"
    assert not pod["enableServiceLinks"]


def test_it_may_patch_its_own_report_and_nothing_else() -> None:
    role = pick(_of_the_run(render(RUN)), "Role")
    writing = [rule for rule in role["rules"] if set(rule["verbs"]) - {"get", "list"}]
    assert writing == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": [
                "rag-llm-report-r1",
                "rag-llm-report-r1-part-1",
                "rag-llm-report-r1-part-2",
            ],
            "verbs": ["get", "patch"],
        }
    ]
    assert not any("secrets" in rule["resources"] for rule in role["rules"])


def test_the_settings_become_variables() -> None:
    values = {"loadtest": {"run": "r1", "settings": {"rps": "8,16", "slo": "ttft_s=0.5", "ignore_eos": True}}}
    documents = render(values, cpu=True)
    variables = environment(pod_templates(documents)["rag-llm-loadtest-r1"])
    assert variables["LOADTEST_TARGET"] == "http://rag-llm:8000"
    assert variables["LOADTEST_RPS"] == "8,16"
    assert variables["LOADTEST_SLO"] == "ttft_s=0.5"
    assert variables["LOADTEST_IGNORE_EOS"] == "true"
    assert variables["LOADTEST_QUALITY"] == "0"
    assert variables["LOADTEST_WORKERS"] == "1"
    assert variables["LOADTEST_API_KEY"] is None
    # Two levels of 10 + 60 + 60 + 10 s and some.
    seconds = pick(_of_the_run(documents), "Job")["spec"]["activeDeadlineSeconds"]
    assert 2 * 140 + 300 < seconds < 3600


def test_several_generators_are_pods_beside_the_coordinator() -> None:
    documents = _of_the_run(render({"loadtest": {"run": "r1", "generators": 3}}, cpu=True))
    coordinator, workers = pick(documents, "Job", "r1"), pick(documents, "Job", "-w")
    assert workers["spec"]["completions"] == workers["spec"]["parallelism"] == 3
    variables = environment(coordinator["spec"]["template"])
    assert variables["LOADTEST_EXPECT_WORKERS"] == "3"
    assert "LOADTEST_WORKERS" not in variables
    service = pick(documents, "Service")
    assert service["spec"]["publishNotReadyAddresses"]
    template = workers["spec"]["template"]
    assert environment(template)["LOADTEST_MASTER_HOST"] == service["metadata"]["name"]
    assert not template["spec"]["automountServiceAccountToken"]
    labels = coordinator["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert not service["spec"]["selector"].items() <= template["metadata"]["labels"].items()


def test_questions_of_ones_own_are_mounted() -> None:
    lines = '{"question": "What is \\"it\\"?"}\n---\n{"question": "나?"}\n'
    documents = _of_the_run(render({"loadtest": {"run": "r1", "questions": lines}}, cpu=True))
    assert pick(documents, "ConfigMap", "loadtest-r1")["data"]["questions.jsonl"] == lines
    variables = environment(pick(documents, "Job")["spec"]["template"])
    assert variables["LOADTEST_QUESTIONS"] == "/questions/questions.jsonl"


@pytest.mark.parametrize("release", ["rag-llm", "mine"])
def test_names_that_get_too_long_are_refused_with_how_much(release: str) -> None:
    said = refusal({"loadtest": {"run": "r" * 40}, "fullnameOverride": "f" * 30}, release=release)
    assert "too long" in said
    assert "Choose a run name shorter by 19." in said


def test_wrong_settings_are_refused() -> None:
    assert "rps" in refusal({"loadtest": {"run": "r1", "settings": {"rps": "fast"}}})
    assert "tempo" in refusal({"loadtest": {"run": "r1", "settings": {"tempo": 3}}})
