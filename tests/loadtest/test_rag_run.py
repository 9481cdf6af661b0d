"""A run against a server with all extensions: sample, cache resets and spans, in one report."""

from pathlib import Path

import pytest

from loadtest.report.file import load_report
from loadtest.report.tsv import figures_tsv
from tests.loadtest.conftest import Start
from tests.loadtest.rag_server import SPANS, rag_server

OPTIONS = (
    "--rps",
    "5,10",
    "--rounds",
    "2",
    "--warmup",
    "0",
    "--duration",
    "0.5",
    "--settle",
    "1",
    "--no-html",
)


def test_sample_resets_and_spans_come_together(start: Start, tmp_path: Path) -> None:
    with rag_server(foreign_spans=True) as server:
        # A header can't carry this name as it is.
        run = start(
            server.url,
            *OPTIONS,
            "--run",
            "기준 1",
            "--sample",
            "2",
            "--reset-cache",
            "--passage-order",
            "cached",
        )
        output, _ = run.communicate(timeout=60)
        happened = list(server.events)
        asked = [body.get("rag") for body in server.bodies]
    assert run.returncode == 0, output
    report = load_report(tmp_path / "out")
    rounds = [each for level in report.levels for each in level.rounds]

    # Probe and sample, then four times a reset before a level's requests, and never among them.
    assert happened[:4] == ["request", "request", "request", "reset"]
    groups = "".join("." if kind == "request" else "r" for kind in happened).split("r")
    assert len(groups) == 5
    assert all(groups)
    assert [each.cache_reset for each in rounds] == [1, 1, 1, 1]

    assert report.answers is not None
    assert report.answers.answers[1].text == "You asked: What is fact 2?"
    assert "Sample of 2 answers: 0 failed" in output

    # Every third answer had spans of another request.
    joined = [each.waterfall for each in rounds if each.waterfall is not None]
    completed = sum(each.counts.completed for each in rounds)
    assert sum(each.requests + each.unjoined for each in joined) == completed
    assert 0 < sum(each.unjoined for each in joined) <= completed / 2
    assert all(each.mean_s["prefill"] == pytest.approx(SPANS["prefill"]) for each in joined)
    assert "10 RPS, mean ms: send_lag" in output
    assert "\n10\twaterfall.prefill\t0.008" in figures_tsv(report)
    assert "\n-\tplan.reset_cache\ttrue" in figures_tsv(report)
    assert "\n-\tplan.passage_order\tcached" in figures_tsv(report)
    assert asked.count({"passage_order": "cached"}) == len(asked) > 10
