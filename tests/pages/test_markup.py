"""The pages as text: one file that asks nothing of anyone, with everything from outside escaped."""

import re
from html.parser import HTMLParser

import pytest

from loadtest.experiments.page import render_experiment
from loadtest.report.page import render_page
from loadtest.report.terms import TERMS
from tests.loadtest.made_experiment import comparison
from tests.loadtest.test_report_file import made_report
from tests.pages.made import PAGES, page_text

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Tags(HTMLParser):
    """Collects tags with their attributes, and checks that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_self_contained(name: str) -> None:
    page = page_text(name)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not {tag for tag, _ in tags.found} & {"link", "img", "iframe", "object", "embed", "base"}
    for _, attributes in tags.found:
        for attribute in ("src", "href", "xlink:href", "action"):
            value = attributes.get(attribute)
            assert value is None or value.startswith("#")
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_run_shows_plots_levels_timelines_and_definitions() -> None:
    page = render_page(made_report())
    assert page.count("<svg class=") == 4 + 2
    for text in ("Holds 1 request a second", "Goodput", "generator-limited", "engine.name", "1 http_500"):
        assert text in page


def test_what_comes_from_outside_is_escaped() -> None:
    page = render_page(made_report(model="<script>alert(1)</script>", label="<b>&", reasons=("<i>why</i>",)))
    assert "<script>alert" not in page
    assert "<b>&" not in page
    assert "<i>why" not in page
    assert "&lt;i&gt;why&lt;/i&gt;" in page


def test_the_name_of_a_side_is_escaped_in_tables_and_plots() -> None:
    experiment = comparison()
    content = experiment.model_dump_json().replace('"rvc"', '"<u onclick=\\"x\\">"')
    page = render_experiment(type(experiment).model_validate_json(content))
    assert "<u onclick" not in page
    assert "&lt;u onclick=" in page


def test_an_incomplete_report_says_so() -> None:
    assert "incomplete.</strong>" not in render_page(made_report())
    assert "This report is incomplete." in render_page(made_report(reasons=("a worker was lost",)))


def test_a_report_without_levels_has_a_page() -> None:
    empty = made_report(reasons=("stopped by SIGINT",)).model_copy(update={"levels": [], "knee_rps": None})
    assert "Nothing was measured." in render_page(empty)


def test_a_comparison_sets_the_published_changes_beside_its_own() -> None:
    page = page_text("compare")
    for text in ("published −88.5%", "published −73.0%", "published −71.0%", "published +171.2%"):
        # At 24 and 32 requests a second.
        assert page.count(text) == 2


def test_a_search_shows_how_each_rate_stands() -> None:
    page = page_text("knee")
    assert page.count("400 ms ✓") == 4
    assert page.count("— ✕") == 3
    assert page.count("80.0% inside") == 3


def test_every_word_is_explained_with_a_sentence() -> None:
    assert all(text.endswith(".") and word for word, text in TERMS.values())
