"""Joins of runs and the gate of `helm test`: they read the reports that they are about, and no other."""

import pytest

from tests.chart.render import Document, Values, environment, pick, pod_templates, refusal, render

JOIN: Values = {"loadtest": {"run": "c1", "join": {"kind": "compare", "runs": ["a", "b"]}}}
GATE: Values = {"gate": {"baseline": "old", "tolerance": 0.1}}


def of(documents: list[Document], name: str) -> list[Document]:
    return [each for each in documents if name in each["metadata"]["name"]]


def may_read(role: Document) -> list[str]:
    """ConfigMaps that may be read and not written."""
    return [name for rule in role["rules"] if rule["verbs"] == ["get"] for name in rule["resourceNames"]]


def test_a_join_is_told_its_reports_and_may_read_only_these() -> None:
    documents = render(JOIN, cpu=True)
    container = pod_templates(documents)["rag-llm-loadtest-c1"]["spec"]["containers"][0]
    assert container["command"] == ["loadtest", "join"]
    assert environment(pod_templates(documents)["rag-llm-loadtest-c1"]) == {
        "LOADTEST_KIND": "compare",
        "LOADTEST_NAME": "c1",
        "LOADTEST_RUNS": "rag-llm-report-a,rag-llm-report-b",
        "LOADTEST_REPORT_CONFIGMAP": "rag-llm-report-c1",
        "LOADTEST_REPORT_PARTS": "2",
        "LOADTEST_NAMESPACE": "default",
        "PYTHONUNBUFFERED": "1",
        "MPLCONFIGDIR": "/tmp/matplotlib",
    }
    role = pick(of(documents, "loadtest-c1"), "Role")
    parts = ("", "-part-1", "-part-2")
    assert may_read(role) == [f"rag-llm-report-{run}{part}" for run in "ab" for part in parts]
    assert not any("pods" in rule["resources"] for rule in role["rules"])
    report = pick(of(documents, "report-c1"), "ConfigMap", "c1")
    assert report["metadata"]["labels"]["rag-llm/experiment"] == "compare"


def test_what_is_missing_comes_as_one_variable() -> None:
    join = {"kind": "scaling", "runs": ["a"], "baseline": "a", "incomplete": ["b: it died; so", "c: no"]}
    variables = environment(
        pod_templates(render({"loadtest": {"run": "s", "join": join}}))["rag-llm-loadtest-s"]
    )
    assert variables["LOADTEST_INCOMPLETE"] == "b: it died, so; c: no"
    assert variables["LOADTEST_BASELINE"] == "a"


def test_a_join_generates_nothing() -> None:
    values = {"loadtest": JOIN["loadtest"] | {"generators": 3, "questions": '{"question": "?"}'}}
    documents = of(render(values), "loadtest-c1")
    assert [each["metadata"]["name"] for each in documents if each["kind"] == "Job"] == [
        "rag-llm-loadtest-c1"
    ]
    assert [each for each in documents if each["kind"] in ("Service", "ConfigMap")] == []


def test_a_gated_run_may_read_its_baseline() -> None:
    settings = {"rps": None, "duration": None, "warmup": None, "rounds": None, "quality": None}
    documents = render({"loadtest": {"run": "r1", "gate": "old", "settings": settings}})
    variables = environment(pod_templates(documents)["rag-llm-loadtest-r1"])
    assert variables["LOADTEST_GATE"] == "rag-llm-report-old"
    plan = ("RPS", "DURATION", "WARMUP", "ROUNDS", "QUALITY")
    assert not {f"LOADTEST_{name}" for name in plan} & set(variables)
    role = pick(of(documents, "loadtest-r1"), "Role")
    assert may_read(role) == [f"rag-llm-report-old{part}" for part in ("", "-part-1", "-part-2")]


def test_without_a_baseline_there_is_no_gate() -> None:
    assert of(render(), "gate") == []


def test_the_gate_of_helm_test_asks_first_and_then_runs_the_plan_of_its_baseline() -> None:
    documents = render(GATE | {"loadtest": {"settings": {"rps": "4", "slo": "ttft=1s", "nice": 0}}}, cpu=True)
    pod = pick(documents, "Pod", "-gate")
    report = pick(documents, "ConfigMap", "report-gate")
    weights = [
        int(each["metadata"]["annotations"].get("helm.sh/hook-weight", "0"))
        for each in (pick(documents, "Pod", "-test"), report, pod)
    ]
    assert weights == sorted(set(weights))
    assert all(each["metadata"]["annotations"]["helm.sh/hook"] == "test" for each in (report, pod))
    variables = environment(pod)
    assert variables["LOADTEST_GATE"] == "rag-llm-report-old"
    assert variables["LOADTEST_GATE_TOLERANCE"] == "0.1"
    assert variables["LOADTEST_REPORT_CONFIGMAP"] == report["metadata"]["name"]
    assert variables["LOADTEST_REPORT_PARTS"] == "0"
    assert variables["LOADTEST_NICE"] == "0"
    plan = ("RPS", "SLO", "DURATION", "QUALITY")
    assert not {f"LOADTEST_{name}" for name in plan} & set(variables)
    role = pick(of(documents, "gate"), "Role")
    assert may_read(role) == [f"rag-llm-report-old{part}" for part in ("", "-part-1", "-part-2")]
    assert (
        pod["spec"]["serviceAccountName"] == pick(of(documents, "gate"), "ServiceAccount")["metadata"]["name"]
    )
    assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


def test_questions_of_ones_own_are_the_gates_too() -> None:
    documents = render(GATE | {"loadtest": {"questions": '{"question": "?"}'}})
    volumes = pick(documents, "Pod", "-gate")["spec"]["volumes"]
    (mounted,) = [each["configMap"]["name"] for each in volumes if "configMap" in each]
    assert pick(documents, "ConfigMap", mounted)["data"]["questions.jsonl"] == '{"question": "?"}'


@pytest.mark.parametrize(
    ("loadtest", "sentence"),
    [
        ({"join": {"kind": "rank"}}, "/loadtest/join/kind"),
        ({"join": {"kind": "compare", "runs": ["No Name"]}}, "does not match pattern"),
    ],
)
def test_refused(loadtest: Values, sentence: str) -> None:
    assert sentence in refusal({"loadtest": {"run": "r1", **loadtest}})


@pytest.mark.parametrize(
    ("settings", "at_least", "at_most"),
    [
        ({"rps": "1,2", "duration": 60, "rounds": 3}, 2 * 3 * 150, 3000),
        ({"rps": "4", "knee": True, "knee_levels": 5}, 2 * 5 * 150, 3000),
        ({"rps": None, "steps": "2:30,8:600"}, 630, 2100),
    ],
)
def test_the_deadline_fits_the_plan(settings: Values, at_least: int, at_most: int) -> None:
    job = pick(render({"loadtest": {"run": "r1", "settings": settings}}), "Job", "loadtest-r1")
    assert at_least < job["spec"]["activeDeadlineSeconds"] < at_most
