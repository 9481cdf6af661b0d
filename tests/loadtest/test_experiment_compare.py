"""A comparison: the four figures of each side, their changes, and what makes them hard to believe."""

from typing import Any

import pytest

from loadtest.errors import ReportError
from loadtest.experiments.build import build
from loadtest.experiments.compare import compare
from loadtest.schema import Report
from loadtest.schema.answers import Answer, Answers
from loadtest.schema.experiment import ComparedLevel, Comparison
from tests.loadtest.made_experiment import SPEEDS, side_runs
from tests.loadtest.made_runs import Speed, made_run


def _run(side: str, rates: tuple[float, ...] = (8, 24), rounds: int = 3, **plan: Any) -> Report:
    architecture = "baseline" if side.startswith("baseline") else side
    speed = Speed(architecture, capacity_rps=50, ttft_s=0.4, tpot_s=0.02)
    return made_run(f"run-{side}", speed, rates, rounds, labels={"side": side}, **plan)


def _scaled(run: Report, factor: float) -> Report:
    """The same run with each round's TTFT multiplied."""
    copy = run.model_copy(deep=True)
    for each in (each for level in copy.levels for each in level.rounds):
        assert each.ttft_s is not None
        each.ttft_s = each.ttft_s.model_copy(update={"mean": each.ttft_s.mean * factor})
    return copy


def _answered(run: Report, *answers: tuple[str, str, list[str]]) -> Report:
    sample = [
        Answer(question=question, text=text, passages=passages, gold_rank=None)
        for question, text, passages in answers
    ]
    return run.model_copy(update={"answers": Answers(answers=sample, with_gold=0, recall=None)})


def _level(comparison: Comparison, side: str, rate: float) -> ComparedLevel:
    (found,) = [each for each in comparison.levels if (each.side, each.rate_rps) == (side, rate)]
    return found


def test_the_four_figures_are_medians_of_the_rounds() -> None:
    run = _run("baseline")
    means = sorted(each.ttft_s.mean for each in run.levels[0].rounds if each.ttft_s)
    figures = {each.figure: each for each in _level(compare([run]), "baseline", 8).figures}
    assert list(figures) == ["ttft_s", "latency_avg_s", "latency_total_s", "tps"]
    assert figures["ttft_s"].now.value == means[1]
    low, high = figures["ttft_s"].now.low, figures["ttft_s"].now.high
    assert low is not None
    assert high is not None
    assert means[0] <= low <= means[1] <= high <= means[2]
    assert all(each.change is None for each in figures.values())


def test_changes_are_relative_to_the_baseline_with_an_interval() -> None:
    base = _run("baseline")
    other = _scaled(base, 0.5)
    other.plan["label"] = {"side": "rac"}
    comparison = compare([other, base])
    assert comparison.baseline == "baseline"
    (ttft,) = [each for each in _level(comparison, "rac", 8).figures if each.figure == "ttft_s"]
    assert ttft.change is not None
    assert ttft.change.low is not None
    assert ttft.change.high is not None
    assert ttft.change.value == pytest.approx(-0.5)
    assert ttft.change.low <= -0.5 <= ttft.change.high < -0.3


def test_one_round_has_no_interval() -> None:
    comparison = compare([_run("baseline", rounds=1), _run("rac", rounds=1)])
    each = _level(comparison, "rac", 8).figures[0]
    assert each.now.low is None
    assert each.change is not None
    assert each.change.low is None


def test_a_rate_that_the_baseline_lacks_has_no_change() -> None:
    comparison = compare([_run("baseline", (8,)), _run("rac", (8, 24))])
    assert all(each.change is None for each in _level(comparison, "rac", 24).figures)
    assert "baseline has no point at 24 RPS." in comparison.remarks


def test_published_changes_stand_beside_rvc_from_24_on_and_nowhere_else() -> None:
    comparison = compare(side_runs((23, 24, 32), rounds=1))
    beside = {
        (level.side, level.rate_rps)
        for level in comparison.levels
        if any(each.published is not None for each in level.figures)
    }
    assert beside == {("rvc", 24.0), ("rvc", 32.0)}
    published = {each.figure: each.published for each in _level(comparison, "rvc", 24).figures}
    assert published["ttft_s"] == -0.8849
    against_rac = compare(side_runs((24,), rounds=1), baseline="rac")
    assert all(each.published is None for level in against_rac.levels for each in level.figures)


def test_without_a_point_at_24_this_is_said() -> None:
    said = "No point at 24 RPS or more: the published changes have nothing beside them."
    assert said in compare([_run("baseline", (8,)), _run("rvc", (8,))]).remarks
    assert said not in compare([_run("baseline"), _run("rvc")]).remarks


def test_points_that_do_not_count_are_named() -> None:
    remarks = compare(side_runs(rounds=1)).remarks
    assert "rac at 32 RPS does not count (errors): requests failed." in remarks
    assert "rsc at 32 RPS does not count (generator-limited): it says nothing of the server." in remarks


def test_unlike_plans_models_and_servers_are_named() -> None:
    base, other = _run("baseline"), _run("rac", seed=2, reset_cache=True)
    other.environment.server["index"] = {"hash": "b"}
    base.environment.server["index"] = {"hash": "a"}
    remarks = compare([base, other.model_copy(update={"model": "larger"})]).remarks
    assert "Not the same plan: seed is 1 in baseline and 2 in rac." in remarks
    assert "Not the same model: demo in baseline and larger in rac." in remarks
    assert "Prefix caches were emptied before the levels of rac, not before those of baseline." in remarks
    assert "Not the same index.hash: 'a' in baseline and 'b' in rac." in remarks


def test_who_retrieves_or_answers_otherwise_is_named() -> None:
    base = _answered(_run("baseline"), ("q1", "abcd", ["a", "b"]), ("q2", "same", ["c"]))
    other = _answered(_run("rac"), ("q1", "abXY", ["b", "a"]), ("q2", "same", ["c"]))
    comparison = compare([base, other])
    side = comparison.sides[1]
    assert (side.same_passages, side.same_answer, side.same_beginning) == (0.5, 0.5, 0.75)
    assert "rac retrieves what baseline does for only 50% of 2 sampled questions." in comparison.remarks
    assert any(remark.startswith("rac answers 50% of 2 sampled") for remark in comparison.remarks)


def test_a_lower_recall_is_named() -> None:
    comparison = compare(side_runs(rounds=1))
    assert "rsc finds the gold document less often than baseline: 80%, not 90%." in comparison.remarks
    assert {side.name: side.recall for side in comparison.sides}["rsc"] == 0.8


def test_no_sample_at_all_is_named() -> None:
    runs = [run.model_copy(update={"answers": None}) for run in (_run("baseline"), _run("rac"))]
    comparison = compare(runs)
    assert comparison.sides[1].same_answer is None
    assert any(remark.startswith("No sample of answers was taken") for remark in comparison.remarks)


def test_a_lost_baseline_does_not_lose_the_others() -> None:
    comparison = compare([_run("rac"), _run("rvc")], baseline="baseline")
    assert comparison.baseline == "rac"
    assert (
        comparison.remarks[0] == "There is no run of side baseline: the others are compared with rac instead."
    )


def test_two_runs_of_a_side_are_refused() -> None:
    with pytest.raises(ReportError, match="run-rac and run-rac are both of side rac"):
        compare([_run("rac"), _run("rac")])


def test_without_a_label_the_architecture_names_the_side() -> None:
    runs = [made_run(name, SPEEDS[name], (8,), rounds=1) for name in ("baseline", "rvc")]
    assert [side.name for side in compare(runs).sides] == ["baseline", "rvc"]


def test_an_incomplete_run_makes_an_incomplete_experiment() -> None:
    runs = [_run("baseline"), _run("rac", reasons=("stopped by SIGINT",))]
    experiment = build("compare", "x", runs, incomplete_reasons=["rvc did not start"])
    assert not experiment.complete
    assert experiment.incomplete_reasons == ["rvc did not start", "run-rac: stopped by SIGINT"]


def test_no_run_is_no_experiment() -> None:
    with pytest.raises(ReportError, match="has no run that can be read: rvc did not start"):
        build("compare", "x", [], incomplete_reasons=["rvc did not start"])
