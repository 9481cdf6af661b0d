"""What makes a plan stands in three places, which have to agree."""

import re

from loadtest.gating import PLAN
from loadtest.report import tsv
from tests.loadtest.conftest import ROOT

# Set beside a plan: the search for a knee, and what a run is called.
BESIDE = {"knee", "label"}
# Compared otherwise: rates are the rows themselves, steps have a line of their own, and levels of service,
# samples and questions about quality change no figure of speed.
NO_ROW = {"rps", "steps", "slo", "sample", "quality"}


def test_helm_test_takes_from_the_baseline_what_a_gate_does() -> None:
    template = (ROOT / "charts/templates/_gate.tpl").read_text("utf-8")
    (line,) = (line for line in template.splitlines() if "omit $run.settings" in line)
    assert set(re.findall(r'"(\w+)"', line)) == set(PLAN) | BESIDE


def test_a_comparison_of_reports_looks_at_the_same_plan() -> None:
    assert set(PLAN) - NO_ROW <= {*tsv.PLAN, *tsv.LATER}
