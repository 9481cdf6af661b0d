"""How large the pages are: they live in a ConfigMap, beside the report that they were made from."""

import gzip

from loadtest.experiments.page import render_experiment
from loadtest.report.page import render_page
from tests.loadtest.made_experiment import comparison
from tests.loadtest.made_kinds import RVC
from tests.loadtest.made_runs import made_run
from tests.pages.made import page_text

KIB = 1024


def test_an_ordinary_run_and_comparison_are_small() -> None:
    assert len(page_text("run").encode()) < 300 * KIB
    assert len(page_text("compare").encode()) < 300 * KIB


def test_twenty_levels_of_five_sides_leave_room_for_the_report() -> None:
    page = render_experiment(comparison(tuple(range(2, 42, 2)))).encode()
    assert len(page) < 3 * KIB * KIB
    assert len(gzip.compress(page)) < 350 * KIB


def test_a_run_of_twenty_levels_in_three_rounds_shows_one_timeline_a_level() -> None:
    page = render_page(made_run("long", RVC, tuple(range(2, 42, 2))))
    assert page.count("Timeline at") == 20
    assert len(page.encode()) < KIB * KIB
