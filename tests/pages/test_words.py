"""What the pages say in their first sentences."""

import pytest

from loadtest.experiments.compare_words import decisive_rate, headline, lede
from loadtest.report.gate_rows import gate_rows
from loadtest.report.headline import headline as run_headline
from loadtest.report.start_bars import lag_stack
from loadtest.schema import VerdictKind
from loadtest.schema.experiment import Comparison
from tests.loadtest.made_experiment import comparison
from tests.loadtest.made_kinds import RVC, autoscaling_run, gated_run, knee_run
from tests.loadtest.made_runs import made_run


@pytest.fixture(scope="module")
def made() -> Comparison:
    found = comparison().comparison
    assert found is not None
    return found


def judged(made: Comparison, **verdicts: VerdictKind) -> Comparison:
    """With these verdicts, by side; a dash in the name of a side is written as an underscore."""
    levels = [
        level.model_copy(update={"verdict": verdicts.get(level.side.replace("-", "_"), level.verdict)})
        for level in made.levels
    ]
    return made.model_copy(update={"levels": levels})


def test_a_comparison_says_who_keeps_up_with_most(made: Comparison) -> None:
    assert headline(made) == "rvc keeps up with 32 requests a second, baseline with 8."
    assert headline(judged(made, baseline="saturated")).endswith(", baseline with none that was tried.")
    assert headline(judged(made, rsc="valid")).startswith("rsc and rvc keep up with 32")
    every: dict[str, VerdictKind] = dict.fromkeys(
        ("baseline", "baseline_improved", "rac", "rsc", "rvc"), "valid"
    )
    assert headline(judged(made, **every)).endswith("; rvc answers first.")
    none: dict[str, VerdictKind] = dict.fromkeys(every, "errors")
    assert headline(judged(made, **none)) == "No side has a valid point."


def test_the_changes_are_told_where_most_points_count(made: Comparison) -> None:
    assert decisive_rate(made) == 24
    (said,) = lede(made, 24)
    assert said.startswith("At 24 requests a second, rvc against baseline: TTFT −99.")
    assert said.endswith("Published: −88.5%, −73.0%, −71.0%, +171.2%.")
    # One that fails is not the fastest, however soon it does.
    assert lede(judged(made, rvc="errors"), 24)[0].startswith("At 24 requests a second, rsc")


def test_a_winner_that_finds_less_is_told_at_once(made: Comparison) -> None:
    sides = [side.model_copy(update={"recall": 0.5}) if side.name == "rvc" else side for side in made.sides]
    said = lede(made.model_copy(update={"sides": sides}), 24)
    assert said[1] == "But rvc finds the gold document less often than baseline: 50%, not 90%."


def test_a_run_says_its_result() -> None:
    assert run_headline(knee_run()) == "Holds 36 requests a second inside the service levels."
    assert run_headline(gated_run()) == "Not worse than night-1."
    assert run_headline(gated_run(passed=False)) == "Worse than night-1 in 1 of 14 figures."
    assert run_headline(autoscaling_run()) == "From 1 to 3 ready replicas under 2 to 8 requests a second."
    bad = made_run("bad", RVC, (8,), 1, verdicts={8: "errors"})
    assert run_headline(bad) == "No level gave a valid point."


def test_better_is_left_and_worse_is_right_whatever_the_figure_is() -> None:
    gate = gated_run(passed=False).gate
    assert gate is not None
    first, *others = gate_rows(gate)
    assert first.figure.worse
    assert first.at > first.room_high
    assert all(row.room_low < row.at < row.room_high for row in others)
    slower = gate.model_copy(
        update={"figures": [each.model_copy(update={"change": -0.2}) for each in gate.figures]}
    )
    places = {row.figure.figure: row.at for row in gate_rows(slower)}
    assert places["tps"] > 50 > places["ttft_s.p50"]


def test_a_moment_that_was_not_seen_joins_the_next() -> None:
    stack = lag_stack("1 → 2", {"scheduled_s": 1.0, "pulled_s": None, "started_s": 4.0, "first_token_s": 9.0})
    assert stack.parts == {"scheduled": 1.0, "started": 3.0, "first_token": 5.0}
    assert stack.note == ""
    assert lag_stack("1 → 2", {"scheduled_s": 1.0}).note == "first token not seen"
