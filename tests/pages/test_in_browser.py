"""The pages in Chromium: quiet, alone, as wide as the window, readable in light and dark, and explained."""

import pytest

from tests.pages.chromium import Tab
from tests.pages.conftest import Written
from tests.pages.made import PAGES

# (red, green, blue) -> relative luminance, and the contrast of each text with what lies behind it (WCAG 2).
PALE_TEXTS = """(() => {
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const e of document.querySelectorAll("main *")) {
    const worded = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!worded || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), ink = parse(e.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) pale.push(`${e.outerHTML.slice(0, 60)}: ${ratio.toFixed(2)}`);
  }
  return pale;
})()"""
# Numbers in tables that nothing explains: not the cell, not the head of its column, not the first of its row.
UNEXPLAINED = """[...document.querySelectorAll("tbody td")].filter((cell) => {
  const rows = cell.closest("table").tHead?.rows, head = rows && rows[rows.length - 1].cells[cell.cellIndex];
  const places = [cell, head, cell.parentElement.cells[0]];
  return /^[(+−]?\\d/.test(cell.textContent.trim())
    && !places.some((place) => place && (place.dataset.tip || place.querySelector("[data-tip]")));
}).map((cell) => cell.parentElement.textContent)"""
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
TIP = "document.getElementById('tip').hidden ? null : document.getElementById('tip').innerText"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_alone_and_fits(name: str, tab: Tab, written: Written) -> None:
    path = written(name)
    for width, dark in ((1200, False), (1200, True), (360, False)):
        tab.open(path, width, dark=dark)
        tab.run(OPEN_ALL)
        assert tab.run("document.documentElement.scrollWidth") <= width
        pale = tab.run(PALE_TEXTS)
        assert pale == [], f"dark: {dark}"
        assert tab.run(UNEXPLAINED) == []
        assert tab.said() == []
        assert tab.asked_for() == [path.resolve().as_uri()]


def test_light_and_dark_follow_the_system_and_the_button(tab: Tab, written: Written) -> None:
    def brightness() -> int:
        color = tab.run("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in color[4:-1].split(","))

    tab.open(written("run"))
    assert brightness() > 600
    tab.run("document.getElementById('theme').click()")
    assert brightness() < 150
    tab.open(written("run"), dark=True)
    assert brightness() < 150
    assert tab.run("document.getElementById('theme').textContent") == "Light"
    tab.run("document.getElementById('theme').click()")
    assert brightness() > 600
    assert tab.run("localStorage.length + document.cookie.length") == 0


def test_a_point_says_its_figures_when_it_is_pointed_at(tab: Tab, written: Written) -> None:
    tab.open(written("compare"))
    assert tab.run(TIP) is None
    tab.point("svg.plot .col:nth-of-type(3)")
    said = tab.run(TIP)
    assert said.startswith("16 RPS")
    for side in ("baseline", "baseline-improved", "rac", "rsc", "rvc"):
        assert side in said
    assert "saturated" in said
    tab.point("h1")
    assert tab.run(TIP) is None


def test_a_cell_is_explained_by_the_head_of_its_column(tab: Tab, written: Written) -> None:
    tab.open(written("run"))
    tab.point("[aria-label=Levels] tbody td:nth-child(4)")
    tab.run("new Promise((done) => setTimeout(done, 500))")
    said = tab.run(TIP)
    assert "TTFT p50 ms" in said
    assert "over the rounds" in said
    assert "From the scheduled arrival" in said or "from the scheduled arrival" in said


def test_the_keyboard_reaches_words_points_and_bars(tab: Tab, written: Written) -> None:
    tab.open(written("compare"))
    tab.press("Tab")
    assert tab.run("document.activeElement.textContent") == "Skip to the content"
    tab.run("document.querySelector('#content .term').focus()")
    assert "bootstrap" in tab.run(TIP)
    assert tab.run("document.activeElement.getAttribute('aria-describedby')") == "tip"
    tab.press("Escape")
    assert tab.run(TIP) is None

    # A plot is one stop of the Tab key; its points are walked along with the arrows.
    assert (
        tab.run("document.querySelectorAll('svg.plot')[0].querySelectorAll('[tabindex=\"0\"]').length") == 1
    )
    tab.run("document.querySelector('svg.plot .col').focus()")
    assert tab.run(TIP).startswith("8 RPS")
    tab.press("ArrowRight")
    assert tab.run(TIP).startswith("16 RPS")
    tab.press("ArrowLeft")
    tab.press("ArrowLeft")
    assert tab.run(TIP).startswith("8 RPS")
    tab.press("Tab")
    assert tab.run("document.activeElement.textContent") == "Latency avg"

    tab.run("document.querySelector('details[open] .bar i').focus()")
    assert "send lag" in tab.run(TIP)
    assert "the generator was late" in tab.run(TIP)


def test_a_tap_on_a_phone_explains_and_a_tap_elsewhere_ends_it(tab: Tab, written: Written) -> None:
    tab.open(written("run"), 360)
    tab.tap(".tiles dt:first-of-type .term")
    assert "Arrivals a second" in tab.run(TIP)
    box = "document.getElementById('tip').getBoundingClientRect()"
    assert tab.run(f"{box}.left") >= 0
    assert tab.run(f"{box}.right") <= 360
    tab.tap("h1")
    assert tab.run(TIP) is None


def test_nothing_is_lost_without_scripts(tab: Tab, written: Written) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(written("run"))
        assert tab.run("document.getElementById('theme').hidden")
        assert tab.run("document.querySelectorAll('dl.terms dt').length") > 15
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
