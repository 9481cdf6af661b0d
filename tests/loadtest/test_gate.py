"""A gate on runs made by hand: it fails for what is worse, and for nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from loadtest.errors import ReportError, SettingsError
from loadtest.figures.gate import gate
from loadtest.gating import read_baseline, remarks_on, with_plan_of
from loadtest.layering import load_settings
from loadtest.report.build import ReportBuilder, RunFacts
from loadtest.report.decisions import print_gate
from loadtest.report.file import load_report, save_report
from loadtest.schema import Report
from loadtest.schema.gate import Gate, GateFigure
from loadtest.settings import RunSettings
from tests.loadtest.conftest import Serve, Start
from tests.loadtest.made import level, record, result


def _run(
    ttfts_s: Sequence[float],
    name: str = "base",
    seconds: int = 200,
    failing: int = 0,
    cpu_share: float = 0.1,
    tokens: int = 11,
    reasons: Sequence[str] = (),
    **options: str,
) -> Report:
    """A run at 1 RPS with one round for each TTFT; so many requests of each round fail."""
    given = {"target": "http://h:1", "rps": "1", "questions": "q", "duration": str(seconds)}
    given |= {"warmup": "2", "rounds": str(len(ttfts_s)), "slo": "ttft_p99=500ms"} | options
    settings = load_settings(RunSettings, given)
    builder = ReportBuilder(RunFacts(name, datetime.now(UTC), settings, "m", {"architecture": "rvc"}))
    results = []
    for number, ttft_s in enumerate(ttfts_s, 1):
        of = level(window_s=seconds).model_copy(update={"round": number})
        records = [
            record(float(t), error="http_500")
            if 2 <= t < 2 + failing
            else record(float(t), [t + ttft_s, t + ttft_s + 0.1], tokens=tokens)
            for t in range(seconds + 4)
        ]
        results.append(result(records, of, cpu_share=cpu_share))
    builder.add(results)
    return builder.report(reasons, [])


def _figures(judged: Gate) -> dict[str, GateFigure]:
    return {each.figure: each for each in judged.figures}


BASE = (0.100, 0.101, 0.102)


def test_the_same_again_passes() -> None:
    judged = gate(_run(BASE), _run((0.102, 0.099, 0.101), "now"), 0.05)
    assert judged.passed
    assert judged.sentences == []
    assert set(_figures(judged)) == {
        "ttft_s.p50",
        "ttft_s.p99",
        "tpot_s.p50",
        "latency_avg_s",
        "tps",
        "goodput_share",
        "failed",
    }


def test_a_slower_run_fails_and_the_figures_are_named() -> None:
    judged = gate(_run(BASE), _run((0.120, 0.121, 0.122), "now"), 0.05)
    assert not judged.passed
    worse = {name for name, each in _figures(judged).items() if each.worse}
    assert worse == {"ttft_s.p50", "ttft_s.p99", "latency_avg_s"}
    ttft = _figures(judged)["ttft_s.p50"]
    assert ttft.change == pytest.approx(0.020 / 0.101)
    assert (ttft.change_low, ttft.change_high) == pytest.approx((0.122 / 0.102 - 1, 0.120 / 0.100 - 1))
    assert ttft.allowed == 0.05
    assert judged.sentences[0].startswith(
        "At 1 RPS TTFT p50 is worse: 0.121 after 0.101 (+19.8%, interval +19.6 to +20.0; allowed 5.0)"
    )


def test_a_faster_run_passes() -> None:
    judged = gate(_run(BASE), _run((0.05, 0.051, 0.052), "now"), 0.05)
    assert judged.passed
    assert _figures(judged)["ttft_s.p50"].change < -0.4


def test_the_whole_interval_has_to_be_beyond_what_is_allowed() -> None:
    # A median of +9%, of which one round lies within the tolerance.
    assert gate(_run(BASE), _run((0.103, 0.110, 0.111), "now"), 0.05).passed
    assert not gate(_run(BASE), _run((0.109, 0.110, 0.111), "now"), 0.05).passed
    assert gate(_run(BASE), _run((0.109, 0.110, 0.111), "now"), 0.12).passed


def test_what_rounds_have_in_common_is_no_noise() -> None:
    """Rounds differ by their arrivals, which are the same in both runs: each was slower by a tenth."""
    uneven, slower = (0.08, 0.1, 0.12), (0.088, 0.11, 0.132)
    judged = gate(_run(uneven), _run(slower, "now"), 0.05)
    ttft = _figures(judged)["ttft_s.p50"]
    assert (ttft.change_low, ttft.change, ttft.change_high) == pytest.approx((0.1, 0.1, 0.1))
    assert ttft.allowed == 0.05
    assert ttft.worse


def test_without_pairs_a_noisy_baseline_allows_as_much_as_its_own_rounds_differ() -> None:
    noisy = (0.08, 0.1, 0.12)
    judged = gate(_run(noisy), _run((0.14, 0.141, 0.142), "now", seed="2"), 0.05)
    assert _figures(judged)["ttft_s.p50"].allowed == pytest.approx(0.2)
    assert not _figures(judged)["ttft_s.p50"].worse
    fewer = gate(_run(noisy), _run((0.14, 0.141), "now"), 0.05)
    assert _figures(fewer)["ttft_s.p50"].allowed == pytest.approx(0.2)


def test_one_round_allows_more_and_says_so() -> None:
    judged = gate(_run((0.1,)), _run((0.118,), "now"), 0.05)
    assert judged.passed
    assert judged.sentences == [
        "With one round a change of up to 20% may be noise: more rounds on both sides would tell more."
    ]
    assert not gate(_run((0.1,)), _run((0.13,), "now"), 0.05).passed


def test_a_share_of_failures_that_was_none_is_worse() -> None:
    judged = gate(_run(BASE), _run(BASE, "now", failing=6), 0.05)
    failed = _figures(judged)["failed"]
    assert (failed.baseline, failed.now, failed.change) == pytest.approx((0.0, 0.03, 0.03))
    assert failed.worse
    assert not _figures(judged)["ttft_s.p50"].worse
    assert "the share of failed requests is worse: 0.03 after 0 (+3.0 points" in judged.sentences[0]
    console = Console(record=True, width=200)
    print_gate(judged, console)
    assert "+3.0 pt" in console.export_text()
    # Less is lost than a verdict tolerates.
    assert gate(_run(BASE), _run(BASE, "now", failing=1), 0.05).passed


def test_of_tps_less_is_worse_and_more_is_not() -> None:
    fewer = _figures(gate(_run(BASE), _run(BASE, "now", tokens=9), 0.05))["tps"]
    assert fewer.change == pytest.approx(-2 / 11)
    assert fewer.worse
    more = _figures(gate(_run(BASE, tokens=9), _run(BASE, "now"), 0.05))["tps"]
    assert more.change > 0.2
    assert not more.worse


def test_p99_of_few_requests_is_not_judged() -> None:
    judged = gate(_run(BASE, seconds=50), _run(BASE, "now", seconds=50), 0.05)
    assert judged.passed
    assert "ttft_s.p99" not in _figures(judged)
    assert judged.sentences == ["At 1 RPS TTFT p99 is not judged: 50 answers in a round are fewer than 100."]


def test_points_that_say_nothing_make_no_verdict() -> None:
    judged = gate(_run(BASE), _run(BASE, "now", cpu_share=0.9), 0.05)
    assert not judged.passed
    assert judged.figures == []
    assert "1 RPS says nothing about the server: it is generator-limited (generator 0" in judged.sentences[0]
    assert judged.sentences[-1] == "There is nothing to compare with base."
    stopped = gate(_run(BASE), _run(BASE, "now", reasons=["stopped by SIGTERM"]), 0.05)
    assert not stopped.passed
    assert stopped.sentences[0] == "This run is incomplete: stopped by SIGTERM."
    other = gate(_run(BASE), _run(BASE, "now").model_copy(update={"levels": []}), 0.05)
    assert not other.passed


def test_of_a_saturated_baseline_only_the_tps_are_judged() -> None:
    # Each answer takes longer than the one before: they pile up.
    base = _run((0.1, 0.1))
    late = base.levels[0].model_copy(deep=True)
    late.verdict.kind = "saturated"
    judged = gate(base.model_copy(update={"levels": [late]}), _run((0.9, 0.9), "now"), 0.05)
    assert judged.passed
    assert set(_figures(judged)) == {"tps"}
    assert "only its TPS is judged" in judged.sentences[0]


def test_the_plan_is_the_baseline_s_but_for_what_is_given() -> None:
    base = _run(BASE, max_tokens="9", arrivals="constant", popularity="uniform")
    given = {"target": "http://other:1", "questions": str(Path("q").absolute()), "gate": "base"}
    settings, baseline = with_plan_of(load_settings(RunSettings, given), base)
    assert (settings.rps, settings.rounds, settings.max_tokens, settings.arrivals) == (
        (1.0,),
        3,
        9,
        "constant",
    )
    assert (settings.slo, settings.duration) == ({"ttft_p99_s": 0.5}, 200)
    assert (settings.target, baseline.remarks) == ("http://other:1", [])

    given |= {"max_tokens": "5", "questions": "mine", "duration": "200"}
    settings, baseline = with_plan_of(load_settings(RunSettings, given), base)
    assert settings.max_tokens == 5
    assert sorted(baseline.remarks) == [
        "Not the baseline's plan: max_tokens is 5, there 9.",
        "Not the baseline's plan: questions is mine, there q.",
    ]
    now = _run(BASE, "now").model_copy(deep=True)
    now.environment.server["architecture"] = "baseline"
    assert remarks_on(baseline, now)[-1] == "Not the baseline's architecture: baseline, there rvc."


def test_a_load_of_one_s_own_replaces_the_baseline_s() -> None:
    stepped = _run((0.1,)).model_copy(deep=True)
    stepped.plan |= {"rps": [], "steps": [[2.0, 30.0], [8.0, 60.0]]}
    given = {"target": "http://h:1", "questions": "q", "gate": "base"}
    settings, _ = with_plan_of(load_settings(RunSettings, given), stepped)
    assert (settings.rps, settings.steps) == ((), ((2.0, 30.0), (8.0, 60.0)))
    settings, baseline = with_plan_of(load_settings(RunSettings, given | {"rps": "3,4"}), stepped)
    assert (settings.rps, settings.steps) == ((3.0, 4.0), ())
    assert baseline.remarks == [
        "Not the baseline's plan: rps is 3, 4, there none.",
        "Not the baseline's plan: steps is none, there 2, 30, 8, 60.",
    ]
    with pytest.raises(SettingsError, match="The plan of the baseline base can't be taken: steps exclude"):
        with_plan_of(load_settings(RunSettings, given | {"rounds": "3"}), stepped)


def test_a_search_gives_its_valid_rates() -> None:
    searched = _run(BASE).model_copy(deep=True)
    searched.plan |= {"knee": True, "rps": [4.0]}
    given = {"target": "http://h:1", "questions": "q", "gate": "base"}
    settings, _ = with_plan_of(load_settings(RunSettings, given), searched)
    assert (settings.rps, settings.knee) == ((1.0,), False)


def test_a_baseline_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    settings = load_settings(
        RunSettings, {"target": "http://h:1", "questions": "q", "gate": str(tmp_path / "none")}
    )
    with pytest.raises(ReportError, match="can't be read"):
        read_baseline(settings)
    save_report(_run(BASE).model_copy(update={"levels": []}), tmp_path / "none")
    with pytest.raises(ReportError, match="has no level to compare with"):
        read_baseline(settings)


def test_a_run_behind_a_gate(serve: Serve, start: Start, tmp_path: Path) -> None:
    """The exit code, the plan, the summary; the baseline is doctored to be twice as fast as it was."""
    options = ("--rps", "20", "--warmup", "0.5", "--duration", "2", "--max-tokens", "5", "--no-html")
    with serve() as server:
        first = start(server.url, *options, "--out", str(tmp_path / "base"))
        output, _ = first.communicate(timeout=60)
        assert first.returncode == 0, output
        path = tmp_path / "base" / "report.json"
        content = orjson.loads(path.read_bytes())
        for each in content["levels"][0]["rounds"]:
            each["ttft_s"]["p50"] /= 2
            # Whatever else this machine did: the verdict on the first run is not the matter here.
            each["verdict"] = content["levels"][0]["verdict"] = {"kind": "valid", "reasons": [], "notes": []}
        path.write_bytes(orjson.dumps(content))
        second = start(server.url, "--gate", str(path.parent), "--no-html")
        output, _ = second.communicate(timeout=60)
    report = load_report(tmp_path / "out")
    assert second.returncode == 5, output
    assert (report.plan["rps"], report.plan["max_tokens"]) == ([20.0], 5)
    assert report.gate is not None
    assert not report.gate.passed
    assert "Gate: not passed." in output
    if report.gate.figures:
        assert "At 20 RPS TTFT p50 is worse" in output
    else:
        assert report.levels[0].verdict.kind == "generator-limited"
