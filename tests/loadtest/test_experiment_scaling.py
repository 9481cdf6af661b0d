"""Scaling: throughput against linear, the lag of each change, and what says nothing of either."""

from typing import Any

import pytest

from loadtest.errors import ReportError
from loadtest.experiments.build import build
from loadtest.experiments.scaling import scaling
from loadtest.schema import Report
from loadtest.schema.levels import VerdictKind
from loadtest.schema.observed import Observed, ObservedWindow
from tests.loadtest.made_experiment import counted_runs
from tests.loadtest.made_kinds import autoscaling_run
from tests.loadtest.made_runs import Speed, made_run


def _run(count: int, rate: float = 40, verdict: VerdictKind | None = None, **more: Any) -> Report:
    """10 requests a second and replica."""
    labels = {"replicas": str(count)} | more.pop("labels", {})
    speed = Speed("rvc", capacity_rps=10 * count, ttft_s=0.1, tpot_s=0.01)
    verdicts = {rate: verdict} if verdict else None
    return made_run(f"run-{count}", speed, (rate,), labels=labels, verdicts=verdicts, **more)


def test_efficiency_is_the_share_of_linear() -> None:
    points = scaling([_run(2), _run(1), _run(3)]).points
    assert [point.replicas for point in points] == [1, 2, 3]
    expected = [point.tps.value / point.replicas / points[0].tps.value for point in points]
    assert [point.efficiency for point in points] == pytest.approx(expected)
    assert points[0].efficiency == 1
    assert points[1].efficiency == pytest.approx(1, abs=0.03)


def test_each_rate_has_its_own_reference() -> None:
    points = scaling(counted_runs()).points
    assert [(point.rate_rps, point.replicas) for point in points] == [
        (rate, count) for rate in (24.0, 32.0) for count in (1, 2, 4)
    ]
    assert [point.efficiency for point in points if point.replicas == 1] == [1, 1]


def test_who_keeps_up_could_do_more() -> None:
    found = scaling([_run(1), _run(8)])
    assert found.points[1].verdict == "valid"
    assert found.points[1].efficiency == pytest.approx(0.5, abs=0.03)
    assert any("8 replicas keep up with all that is offered" in remark for remark in found.remarks)


def test_a_reference_that_keeps_up_gives_no_efficiency() -> None:
    found = scaling([_run(1, rate=5), _run(2, rate=5)])
    assert [point.efficiency for point in found.points] == [None, None]
    assert any("says nothing of efficiency. Give a higher rate" in remark for remark in found.remarks)


def test_a_point_that_does_not_count_is_no_reference() -> None:
    found = scaling([_run(1, verdict="generator-limited"), _run(2), _run(3)])
    assert [point.efficiency is None for point in found.points] == [True, False, False]
    assert found.points[1].efficiency == 1


def test_the_lags_of_changes_come_from_labels() -> None:
    runs = [_run(1), _run(2, labels={"replicas_before": "1", "accepted_s": "0.5", "loaded_s": "12.25"})]
    (change,) = scaling(runs).changes
    assert (change.replicas_before, change.replicas) == (1, 2)
    assert (change.accepted_s, change.loaded_s, change.pulled_s) == (0.5, 12.25, None)


def test_a_label_that_is_no_number_was_not_seen() -> None:
    (change,) = scaling([_run(2, labels={"replicas_before": "1", "pulled_s": "-"})]).changes
    assert change.pulled_s is None


def test_changes_stand_in_the_order_in_which_they_were_made() -> None:
    down = _run(1, labels={"replicas_before": "4"}).model_copy(update={"started_at": "2026-11-20T12:00:00"})
    up = _run(4, labels={"replicas_before": "1"}).model_copy(update={"started_at": "2026-11-20T11:00:00"})
    assert [change.replicas for change in scaling([down, up]).changes] == [4, 1]


def test_another_number_of_replicas_than_was_asked_for_is_told() -> None:
    window = ObservedWindow.model_validate(
        dict.fromkeys(ObservedWindow.model_fields)
        | {"rate_rps": 40, "round": 1, "span_s": 9, "replicas": 1, "requests": {}, "stage_mean_s": {}}
    )
    server = Observed(release="r", namespace="n", ray_services={}, pods=[], windows=[window], warnings=[])
    remarks = scaling([_run(2).model_copy(update={"server": server})]).remarks
    assert remarks == ["The run run-2 should have had 2 replicas; 1 answered to metrics."]


def test_unlike_runs_are_told() -> None:
    remarks = scaling([_run(1), _run(2, seed=9)]).remarks
    assert "Not the same plan: seed is 1 in run-1 and 9 in run-2." in remarks


def test_a_run_without_a_number_is_refused() -> None:
    run = _run(1)
    run.plan["label"] = {}
    with pytest.raises(ReportError, match="run-1 has no label `replicas`"):
        scaling([run])
    with pytest.raises(ReportError, match="run-1 and run-1 both have 1 replicas"):
        scaling([_run(1), _run(1)])


def test_an_autoscaling_run_keeps_what_its_page_shows() -> None:
    experiment = build("scaling", "auto", [autoscaling_run(), _run(1)])
    stepped, plain = experiment.runs
    assert stepped.levels[0].rounds[0].timeline
    assert stepped.server is not None
    assert stepped.server.samples
    assert not plain.levels[0].rounds[0].timeline
    assert experiment.scaling is not None
    assert [point.run for point in experiment.scaling.points] == ["run-1"]
