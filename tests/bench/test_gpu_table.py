"""Medians and ratios of points; each repeat against plain's repeat of the same number."""

import numpy as np

from bench.gpu.points import Load, Point
from bench.gpu.table import markdown
from tests.loadtest.made_runs import Speed, made_round


def point(side: str, repeat: int, tps: float, ttft: float) -> Point:
    figures = made_round(Speed("rvc", 40.0, 0.1, 0.01), 8.0, 1, 10.0, np.random.default_rng(1))
    assert figures.ttft_s is not None
    figures = figures.model_copy(
        update={"tps": tps, "ttft_s": figures.ttft_s.model_copy(update={"p50": ttft}), "timeline": []}
    )
    return Point(
        side=side,
        rate_rps=8,
        repeat=repeat,
        figures=figures,
        cpu={"engine core": 0.5},
        server={},
        cache_reset=True,
    )


def rows(text: str, side: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if f"| {side} |" in line
    ]


def test_figures_ratios_cpu_and_ledger() -> None:
    made = [
        ("plain", 0, 1000.0, 0.1),
        ("plain", 1, 2000.0, 0.2),
        ("rvc", 1, 3000.0, 0.1),
        ("rvc", 0, 2000.0, 0.2),
    ]
    text = markdown([point(*each) for each in made])
    figures, ratios, cpu, ledger = rows(text, "rvc")
    assert figures[1] == "2,500 (2,000 … 3,000)"
    assert figures[3] == "150 (100 … 200)"
    assert figures[-1] == "2 valid"
    # 2000 ÷ 1000 and 3000 ÷ 2000; 0.2 ÷ 0.1 and 0.1 ÷ 0.2
    assert ratios[1] == "1.75 (1.50 … 2.00)"
    assert ratios[3] == "1.25 (0.50 … 2.00)"
    assert cpu == ["rvc", "50%"]
    assert len(ledger) > 5
    assert len(rows(text, "plain")) == 3


def test_a_side_without_its_counterpart_has_no_ratio() -> None:
    text = markdown([point("plain", 0, 1000.0, 0.1), point("rvc", 1, 3000.0, 0.1)])
    assert rows(text, "rvc")[1][1] == "—"


def test_there_are_questions_for_every_arrival() -> None:
    load = Load(duration_s=15, warmup_s=5)
    assert load.arrivals(128) > 128 * (15 + 5 + 10)
