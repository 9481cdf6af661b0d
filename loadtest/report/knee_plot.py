"""The search of the knee as a plot: one line for each rate that was tried, in their order."""

from matplotlib.ticker import MaxNLocator

from loadtest.figures.slo import slo_text
from loadtest.report.picture import Key, Picture
from loadtest.report.svg import PAINT, Drawing, svg
from loadtest.schema.knee import KneeSearch, KneeStep

# Meets, misses, not valid: colour, marker and its filling.
LOOKS = {True: ("good", "o", "good"), False: ("bad", "X", "bad"), None: ("soft", "o", "paper")}


def knee_plot(knee: KneeSearch) -> Picture:
    """Rates across, steps downwards; where the knee lies is shaded."""

    def draw(drawing: Drawing) -> None:
        axes = drawing.figure.subplots()
        if knee.rate_rps is not None and knee.upper_rps is not None:
            axes.axvspan(knee.rate_rps, knee.upper_rps, color=PAINT["accent"], alpha=0.16, linewidth=0)
        numbers = range(1, len(knee.steps) + 1)
        axes.plot(
            [step.rate_rps for step in knee.steps], numbers, color=PAINT["line"], linewidth=1.2, zorder=1
        )
        for number, step in zip(numbers, knee.steps, strict=True):
            color, marker, filling = LOOKS[step.meets]
            axes.plot(
                [step.rate_rps],
                [number],
                marker,
                color=PAINT[color],
                markerfacecolor=PAINT[filling],
                markersize=7,
                zorder=2,
            )
            axes.annotate(
                f"{step.rate_rps:g}", (step.rate_rps, number), (8, 0), textcoords="offset points", va="center"
            )
        axes.set_xlim(0, max(step.rate_rps for step in knee.steps) * 1.12)
        axes.set_ylim(len(knee.steps) + 0.6, 0.4)
        axes.yaxis.set_major_locator(MaxNLocator(12, integer=True))
        axes.set_ylabel("step")
        axes.set_xlabel("requests / s")

    picture = svg(draw, "The rates that were tried, in their order", (4.6, 0.9 + 0.24 * len(knee.steps)))
    keys = [Key("the knee lies here", "accent", "area")] if knee.upper_rps and knee.rate_rps else []
    return Picture(
        "The search", "rates across, steps downwards: ● meets, ✕ misses, ○ not valid", picture, keys
    )


def step_text(step: KneeStep) -> str:
    """What came of a step, in words."""
    if step.meets is None:
        return "not valid"
    if step.meets:
        return "meets all"
    broken = [slo_text(name, value).replace("≤", "is") for name, value in step.broken.items()]
    return f"misses: {', '.join(broken)}" if broken else "misses"
