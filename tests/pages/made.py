"""Every kind of page, from made-up reports."""

from collections.abc import Callable
from functools import cache

from loadtest.experiments.page import render_experiment
from loadtest.report.page import render_page
from loadtest.schema import Report, ServiceLevel
from tests.loadtest.made_experiment import autoscaling_experiment, comparison, scaling_experiment
from tests.loadtest.made_kinds import RVC, autoscaling_run, gated_run, knee_run
from tests.loadtest.made_runs import made_run

PAGES: dict[str, Callable[[], str]] = {
    "run": lambda: render_page(made_run("run", RVC)),
    "one-level": lambda: render_page(made_run("one", RVC, (32,))),
    "knee": lambda: render_page(judged(knee_run())),
    "gate": lambda: render_page(gated_run(passed=False)),
    "autoscaling-run": lambda: render_page(autoscaling_run()),
    "incomplete": lambda: render_page(
        made_run("cut", RVC, (8, 16), 1, verdicts={16: "incomplete"}, reasons=("a worker was lost",))
    ),
    "no-valid-point": lambda: render_page(
        made_run("bad", RVC, (8, 16), 1, verdicts={8: "errors", 16: "generator-limited"})
    ),
    "compare": lambda: render_experiment(comparison()),
    "scaling": lambda: render_experiment(scaling_experiment()),
    "autoscaling": lambda: render_experiment(autoscaling_experiment()),
}


def judged(report: Report) -> Report:
    """With the standing of each round: TTFT p99 is met below 40 RPS, TPOT p99 always."""
    for level in report.levels:
        for each in level.rounds:
            met = level.rate_rps < 40
            each.service_levels["ttft_p99_s"] = ServiceLevel(
                share=1.0 if met else 0.8, value_s=0.4 if met else None, met=met
            )
            each.service_levels["tpot_p99_s"] = ServiceLevel(share=1.0, value_s=0.016, met=True)
    return report


@cache
def page_text(name: str) -> str:
    """A page, made once."""
    return PAGES[name]()
