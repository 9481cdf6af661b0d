"""The HTML page: one file that asks nothing of anyone, with everything from outside escaped."""

import re
from html.parser import HTMLParser

import pytest

from loadtest.report.page import render_page
from tests.loadtest.test_report_file import made_report

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


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(made_report())


def test_the_page_is_self_contained(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    names = {name for name, _ in tags.found}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base"}
    for _, attributes in tags.found:
        for name in ("src", "href", "xlink:href", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith("#")
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page


def test_it_shows_plots_levels_timelines_and_definitions(page: str) -> None:
    assert page.count("<svg") == 4 + 2
    for text in ("Holds 1 requests a second", "Goodput", "generator-limited", "engine.name", "1 http_500"):
        assert text in page


def test_ids_of_the_plots_do_not_collide(page: str) -> None:
    clips = re.findall(r'<clipPath id="([^"]+)"', page)
    assert len(clips) == len(set(clips)) > 0


def test_what_comes_from_outside_is_escaped() -> None:
    page = render_page(made_report(model="<script>alert(1)</script>", label="<b>&", reasons=("<i>why</i>",)))
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;i&gt;why&lt;/i&gt;" in page


def test_an_incomplete_report_says_so(page: str) -> None:
    assert "incomplete." not in page
    assert "This report is incomplete." in render_page(made_report(reasons=("a worker was lost",)))


def test_a_report_without_levels_has_a_page() -> None:
    empty = made_report(reasons=("stopped by SIGINT",)).model_copy(update={"levels": [], "knee_rps": None})
    assert "Nothing was measured." in render_page(empty)
