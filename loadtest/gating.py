"""A gate's baseline: where it lies, and the plan that a run takes from it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from loadtest.cluster.packing import REPORT
from loadtest.errors import ClusterError, ReportError, SettingsError
from loadtest.report.file import load_report, parse_report
from loadtest.schema import Report
from loadtest.settings import RunSettings

# What a run takes from its baseline, unless it is told otherwise.
PLAN = (
    "endpoint",
    "max_tokens",
    "ignore_eos",
    "rag",
    "top_k",
    "passage_order",
    "rps",
    "steps",
    "duration",
    "warmup",
    "rounds",
    "arrivals",
    "seed",
    "popularity",
    "zipf_exponent",
    "slo",
    "sample",
    "quality",
    "reset_cache",
)
# Given by itself, each of these replaces the load of the baseline as a whole.
LOADS = frozenset({"rps", "steps"})


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run that a gate compares with, and what sets it apart from the run that is to be judged."""

    report: Report
    remarks: list[str]


def read_baseline(settings: RunSettings) -> Report:
    """The report that the setting `gate` names: in a ConfigMap if the run's own report goes to one.

    Raises:
        ReportError: it is missing, damaged, or has no level.
    """
    name = settings.gate
    assert name is not None, "asked for only with a gate"
    report = _of_config_map(name, settings) if settings.report_configmap else load_report(Path(name))
    if not report.levels:
        raise ReportError(f"The baseline {name} has no level to compare with.")
    return report


def with_plan_of(settings: RunSettings, report: Report) -> tuple[RunSettings, Baseline]:
    """The settings with the baseline's plan, but for what was given by option, variable or file.

    Raises:
        SettingsError: what was given doesn't go with the rest of the baseline's plan.
    """
    given = settings.model_fields_set
    plan = {name: value for name, value in _plan(report).items() if name not in given}
    if given & LOADS:
        plan = {name: value for name, value in plan.items() if name not in LOADS}
    try:
        merged = RunSettings(**(settings.model_dump(exclude_unset=True) | plan))
    except ValidationError as error:
        said = "; ".join(item["msg"].removeprefix("Value error, ") for item in error.errors())
        raise SettingsError(f"The plan of the baseline {report.run} can't be taken: {said}.") from None
    return merged, Baseline(report, _plan_remarks(merged, report))


def remarks_on(baseline: Baseline, now: Report) -> list[str]:
    """All that sets two runs apart beside time."""
    before, after = baseline.report, now
    facts: dict[str, tuple[object, object]] = {"model": (before.model, after.model)}
    for name in ("architecture", "replicas"):
        facts[name] = (before.environment.server.get(name), after.environment.server.get(name))
    return [
        *baseline.remarks,
        *(
            f"Not the baseline's {name}: {_shown(later)}, there {_shown(earlier)}."
            for name, (earlier, later) in facts.items()
            if earlier != later
        ),
    ]


def _plan(report: Report) -> dict[str, object]:
    plan = {name: report.plan[name] for name in PLAN if name in report.plan}
    if report.plan.get("knee"):
        # A search's rates are known only now.
        plan["rps"] = [level.rate_rps for level in report.levels if level.verdict.kind == "valid"]
    return plan


def _plan_remarks(settings: RunSettings, report: Report) -> list[str]:
    now = settings.model_dump(mode="json", include={*PLAN, "questions"})
    before = _plan(report)
    asked = report.plan.get("questions")
    # The same file may be written in two ways.
    if asked and Path(str(asked)).resolve() != settings.questions.resolve():
        before["questions"] = asked
    return [
        f"Not the baseline's plan: {name} is {_shown(now[name])}, there {_shown(before[name])}."
        for name in before
        if name in now and now[name] != before[name]
    ]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _of_config_map(name: str, settings: RunSettings) -> Report:
    # Kubernetes' client takes a second to import.
    from loadtest.cluster.api import ClusterApi
    from loadtest.cluster.kept import read_kept

    try:
        files = read_kept(ClusterApi(settings.namespace), name)
    except ClusterError as error:
        raise ReportError(f"The baseline {name} can't be read: {error}.") from None
    if REPORT not in files:
        raise ReportError(f"The baseline {name} has no {REPORT}: that run did not begin, or found no room.")
    return parse_report(files[REPORT], f"in ConfigMap {name}")
