"""The sides of each part side by side, as Markdown: medians of the rounds with their spread."""

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.gpu.measure import MEASURED, Measured
from bench.gpu.plan import PLAN
from bench.spread import spread, tally
from loadtest.report.file import load_report
from loadtest.schema import Distribution, RoundFigures

Read = Callable[[RoundFigures], float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A side at a rate.

    Attributes:
        side: its name.
        rate_rps: requests a second.
        rounds: their figures.
        cpu: shares of a core in each, by part of the server.
        cached_share: of the prompt tokens of all its rates.
    """

    side: str
    rate_rps: float
    rounds: list[RoundFigures]
    cpu: list[dict[str, float]]
    cached_share: float | None


def read_parts(folder: Path) -> dict[str, list[Row]]:
    """The rows of each part that was measured, by rate, in the order of its sides."""
    return {
        path.name: rows for path in sorted(folder.iterdir()) if path.is_dir() and (rows := read_part(path))
    }


def read_part(folder: Path) -> list[Row]:
    """The rows of one part."""
    planned = PLAN[folder.name].sides if folder.name in PLAN else ()
    paths = [path.parent for path in folder.glob(f"*/{MEASURED}")]
    paths.sort(
        key=lambda path: (planned.index(path.name) if path.name in planned else len(planned), path.name)
    )
    rows: list[Row] = []
    for path in paths:
        kept = Measured.model_validate_json((path / MEASURED).read_text("utf-8"))
        for level in load_report(path / "report.json").levels:
            # What the end of the time cut off says nothing.
            rounds = [each for each in level.rounds if each.verdict.kind != "incomplete"]
            cpu = [kept.cpu.get(f"{level.rate_rps:g}/{each.round}", {}) for each in rounds]
            if rounds:
                rows.append(Row(kept.side, level.rate_rps, rounds, cpu, kept.cached_share))
    return sorted(rows, key=lambda row: row.rate_rps)


def _ms(name: str, part: str) -> Read:
    def read(figures: RoundFigures) -> float | None:
        found: Distribution | None = getattr(figures, name)
        return None if found is None else float(getattr(found, part)) * 1000

    return read


FIGURES: dict[str, Read] = {
    "TPS": lambda figures: figures.tps,
    "TTFT mean, ms": _ms("ttft_s", "mean"),
    "TTFT p50": _ms("ttft_s", "p50"),
    "TTFT p99": _ms("ttft_s", "p99"),
    "latency mean, ms": _ms("e2e_latency_s", "mean"),
    "longest gap p99, ms": _ms("itl_max_s", "p99"),
}


def markdown(parts: dict[str, list[Row]]) -> str:
    """Of each part: figures, their ratios, CPU of each process, and where the time of requests goes."""
    text = []
    for name, rows in parts.items():
        against = PLAN[name].against if name in PLAN else rows[0].side
        tables = [_figures(rows), _ratios(rows, against), _cpu(rows), _ledger(rows)]
        text += [f"## {name}", *("\n".join(table) for table in tables if len(table) > 2)]
    return "\n\n".join(text) + "\n"


def _figures(rows: Sequence[Row]) -> list[str]:
    lines = [f"| req/s | side | {' | '.join(FIGURES)} | cached | verdicts |"]
    lines.append("|---:|---|" + "---:|" * (len(FIGURES) + 1) + "---|")
    for row in rows:
        cells = [
            _shown([value for figures in row.rounds if (value := read(figures)) is not None])
            for read in FIGURES.values()
        ]
        cells.append("—" if row.cached_share is None else f"{row.cached_share:.0%}")
        verdicts = tally([figures.verdict.kind for figures in row.rounds])
        lines.append(f"| {row.rate_rps:g} | {row.side} | {' | '.join(cells)} | {verdicts} |")
    return lines


def _shown(values: Sequence[float]) -> str:
    return spread(values, 0 if values and statistics.median(values) >= 100 else 1)


def _ratios(rows: Sequence[Row], against: str) -> list[str]:
    """Each round against the other side's of the same number, which had the same arrivals."""
    lines = [f"| req/s | side ÷ {against} | {' | '.join(FIGURES)} |", "|---:|---|" + "---:|" * len(FIGURES)]
    bases = {row.rate_rps: row for row in rows if row.side == against}
    for row in rows:
        base = bases.get(row.rate_rps)
        if base is None or base is row:
            continue
        others = {figures.round: figures for figures in base.rounds}
        pairs = [(figures, others[figures.round]) for figures in row.rounds if figures.round in others]
        cells = [spread(_quotients(pairs, read), 2) for read in FIGURES.values()]
        lines.append(f"| {row.rate_rps:g} | {row.side} | {' | '.join(cells)} |")
    return lines


def _quotients(pairs: Sequence[tuple[RoundFigures, RoundFigures]], read: Read) -> list[float]:
    values = [(read(one), read(other)) for one, other in pairs]
    return [one / other for one, other in values if one is not None and other]


def _cpu(rows: Sequence[Row]) -> list[str]:
    parts = sorted({part for row in rows for cpu in row.cpu for part in cpu} - {"load test", "other"})
    lines = [f"| req/s | side | {' | '.join(parts)} |", "|---:|---|" + "---:|" * len(parts)]
    for row in rows:
        shares = [statistics.median([cpu.get(part, 0.0) for cpu in row.cpu]) for part in parts]
        lines.append(f"| {row.rate_rps:g} | {row.side} | {' | '.join(f'{share:.0%}' for share in shares)} |")
    return lines


def _ledger(rows: Sequence[Row]) -> list[str]:
    """Mean milliseconds in each part, as the service and the load test say; plain says nothing."""
    known = [
        (row, means) for row in rows if (means := [_means(each) for each in row.rounds if each.waterfall])
    ]
    parts = list(dict.fromkeys(part for _, means in known for mean in means for part in mean))
    lines = [f"| req/s | side | {' | '.join(parts)} |", "|---:|---|" + "---:|" * len(parts)]
    for row, means in known:
        cells = [f"{statistics.median([mean.get(part, 0.0) for mean in means]) * 1000:.1f}" for part in parts]
        lines.append(f"| {row.rate_rps:g} | {row.side} | {' | '.join(cells)} |")
    return lines


def _means(figures: RoundFigures) -> dict[str, float]:
    waterfall = figures.waterfall
    return {} if waterfall is None else {str(stage): mean for stage, mean in waterfall.mean_s.items()}


if __name__ == "__main__":
    print(markdown(read_parts(Path(sys.argv[1]))))
