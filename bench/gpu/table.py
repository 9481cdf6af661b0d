"""The points side by side, as Markdown: medians of the repeats with their spread."""

import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.gpu.points import Point, read_points
from loadtest.schema import Distribution

AGAINST = "plain"
Read = Callable[[Point], float | None]


def _ms(name: str, part: str) -> Read:
    def read(point: Point) -> float | None:
        found: Distribution | None = getattr(point.figures, name)
        return None if found is None else float(getattr(found, part)) * 1000

    return read


FIGURES: dict[str, Read] = {
    "TPS": lambda point: point.figures.tps,
    "TTFT mean, ms": _ms("ttft_s", "mean"),
    "TTFT p50": _ms("ttft_s", "p50"),
    "TTFT p99": _ms("ttft_s", "p99"),
    "latency mean, ms": _ms("e2e_latency_s", "mean"),
    "longest gap p99, ms": _ms("itl_max_s", "p99"),
}


def markdown(points: Sequence[Point]) -> str:
    """Four tables: figures, their ratios to plain, CPU of each part, and where the time of requests goes."""
    return "\n\n".join("\n".join(part(points)) for part in (_figures, _ratios, _cpu, _ledger)) + "\n"


def _groups(points: Sequence[Point]) -> dict[tuple[float, str], list[Point]]:
    """Points by rate and side, the sides in the order in which they were measured first."""
    order = list(dict.fromkeys(point.side for point in points))
    ordered = sorted(points, key=lambda point: (point.rate_rps, order.index(point.side), point.repeat))
    groups: dict[tuple[float, str], list[Point]] = {}
    for point in ordered:
        groups.setdefault((point.rate_rps, point.side), []).append(point)
    return groups


def _figures(points: Sequence[Point]) -> list[str]:
    lines = [f"| req/s | side | {' | '.join(FIGURES)} | verdicts |"]
    lines.append("|---:|---|" + "---:|" * len(FIGURES) + "---|")
    for (rate, side), group in _groups(points).items():
        cells = [
            _spread([value for point in group if (value := read(point)) is not None])
            for read in FIGURES.values()
        ]
        kinds = [point.figures.verdict.kind for point in group]
        verdicts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
        lines.append(f"| {rate:g} | {side} | {' | '.join(cells)} | {verdicts} |")
    return lines


def _ratios(points: Sequence[Point]) -> list[str]:
    """Each repeat against the plain one of the same number, which had the same arrivals."""
    lines = [f"| req/s | side ÷ {AGAINST} | {' | '.join(FIGURES)} |", "|---:|---|" + "---:|" * len(FIGURES)]
    groups = _groups(points)
    for (rate, side), group in groups.items():
        base = {point.repeat: point for point in groups.get((rate, AGAINST), [])}
        if side == AGAINST or not base:
            continue
        pairs = [(point, base[point.repeat]) for point in group if point.repeat in base]
        cells = [_spread(_quotients(pairs, read), digits=2) for read in FIGURES.values()]
        lines.append(f"| {rate:g} | {side} | {' | '.join(cells)} |")
    return lines


def _quotients(pairs: Sequence[tuple[Point, Point]], read: Read) -> list[float]:
    values = [(read(one), read(other)) for one, other in pairs]
    return [one / other for one, other in values if one is not None and other]


def _cpu(points: Sequence[Point]) -> list[str]:
    parts = sorted({part for point in points for part in point.cpu} - {"load test", "other"})
    lines = [f"| req/s | side | {' | '.join(parts)} |", "|---:|---|" + "---:|" * len(parts)]
    for (rate, side), group in _groups(points).items():
        cells = [f"{statistics.median(point.cpu.get(part, 0.0) for point in group):.0%}" for part in parts]
        lines.append(f"| {rate:g} | {side} | {' | '.join(cells)} |")
    return lines


def _ledger(points: Sequence[Point]) -> list[str]:
    """Mean milliseconds in each part, as the service and the load test say; plain says nothing."""
    known = [point for point in points if point.figures.waterfall is not None]
    parts = list(dict.fromkeys(part for point in known for part in _means(point)))
    lines = [f"| req/s | side | {' | '.join(parts)} |", "|---:|---|" + "---:|" * len(parts)]
    for (rate, side), group in _groups(known).items():
        means = [_means(point) for point in group]
        cells = [f"{statistics.median(mean.get(part, 0.0) for mean in means) * 1000:.1f}" for part in parts]
        lines.append(f"| {rate:g} | {side} | {' | '.join(cells)} |")
    return lines


def _means(point: Point) -> dict[str, float]:
    waterfall = point.figures.waterfall
    return {} if waterfall is None else {str(stage): mean for stage, mean in waterfall.mean_s.items()}


def _spread(values: Sequence[float], digits: int | None = None) -> str:
    if not values:
        return "—"

    def show(value: float) -> str:
        return (
            f"{value:.{digits}f}"
            if digits is not None
            else f"{value:,.0f}"
            if value >= 100
            else f"{value:.1f}"
        )

    middle = show(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({show(min(values))} … {show(max(values))})"


if __name__ == "__main__":
    print(markdown([point for path in sys.argv[1:] for point in read_points(Path(path))]))
