"""Medians and ratios of what was measured; each round against the other side's of the same number."""

from pathlib import Path

import numpy as np

from bench.gpu.measure import MEASURED, Measured
from bench.gpu.table import Row, markdown, read_parts
from loadtest.report.file import save_report
from loadtest.schema import RoundFigures
from tests.loadtest.made_runs import Speed, made_round, made_run

SPEED = Speed("rvc", 40.0, 0.1, 0.01)


def figures(number: int, tps: float, ttft: float) -> RoundFigures:
    made = made_round(SPEED, 8.0, number, 10.0, np.random.default_rng(1))
    assert made.ttft_s is not None
    return made.model_copy(
        update={"round": number, "tps": tps, "ttft_s": made.ttft_s.model_copy(update={"p50": ttft})}
    )


def row(side: str, *rounds: RoundFigures) -> Row:
    return Row(side, 8, list(rounds), [{"engine core": 0.5}] * len(rounds), 0.3)


def rows(text: str, side: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if f"| {side} |" in line
    ]


def test_figures_ratios_cpu_and_ledger() -> None:
    plain = row("plain", figures(1, 1000.0, 0.1), figures(2, 2000.0, 0.2))
    ours = row("rvc", figures(2, 3000.0, 0.1), figures(1, 2000.0, 0.2))
    text = markdown({"serving": [plain, ours]})
    told, ratios, cpu, ledger = rows(text, "rvc")
    assert told[1] == "2,500 (2,000 … 3,000)"
    assert told[3] == "150 (100 … 200)"
    assert told[-2:] == ["30%", "2 valid"]
    # 2000 ÷ 1000 and 3000 ÷ 2000; 0.2 ÷ 0.1 and 0.1 ÷ 0.2
    assert ratios[1] == "1.75 (1.50 … 2.00)"
    assert ratios[3] == "1.25 (0.50 … 2.00)"
    assert cpu == ["rvc", "50%"]
    assert len(ledger) > 5
    assert len(rows(text, "plain")) == 3


def test_a_round_without_its_counterpart_has_no_ratio() -> None:
    text = markdown({"serving": [row("plain", figures(1, 1000.0, 0.1)), row("rvc", figures(2, 3000.0, 0.1))]})
    assert rows(text, "rvc")[1][1] == "—"


def test_parts_are_read_from_their_reports(tmp_path: Path) -> None:
    for side in ("rvc", "plain"):
        folder = tmp_path / "serving" / side
        folder.mkdir(parents=True)
        report = made_run(side, SPEED, verdicts={16: "incomplete"})
        save_report(report, folder)
        rate, number = report.levels[0].rate_rps, report.levels[0].rounds[0].round
        kept = Measured(side=side, cpu={f"{rate:g}/{number}": {"replica": 0.25}}, cached_share=None)
        (folder / MEASURED).write_text(kept.model_dump_json(), "utf-8")
    (tmp_path / "serving" / "rvc+off").mkdir()  # begun, nothing measured
    found = read_parts(tmp_path)["serving"]
    assert [each.side for each in found if each.rate_rps == found[0].rate_rps] == ["plain", "rvc"]
    assert found[0].cpu[0] == {"replica": 0.25}
    assert [each.rate_rps for each in found] == [8, 8, 24, 24, 32, 32]
