"""The pages in a headless Chromium, opened from disk: no request leaves the machine, and everything is reached by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policestats.catalog import Catalog
from policestats.stages import publish
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, SILENT, STATION_1, definitions, tabulated, warehouse
from tests.support.chromium import Page, chromium, executable

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine (Debian: apt-get install chromium)")
_FOCUSED = "(() => { const c = document.activeElement; const t = c.closest('section'); return [t && t.dataset.unit, c.parentNode.dataset.row, c.textContent] })()"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("chromium")) as page:
        page.size(1400, 900)
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    for told in (browser.requests, browser.refused, browser.errors):
        told.clear()
    yield browser
    assert browser.errors == []
    assert browser.requests
    assert all(url.startswith("file:///") for url in browser.requests)


def panel(page: Page) -> str:
    return str(page.run("document.querySelector('.panel').hidden ? '' : document.querySelector('.panel').innerText"))


@pytest.mark.parametrize("name", ["T01.html", "X01.html", "Z01.html", "Z11.html", "index.html", "rates.html", "../../index.html"])
def test_a_page_opens_offline_and_can_be_read_aloud(release: Published, page: Page, name: str) -> None:
    path = (release.result.folder / "html" / name).resolve()
    page.open(path)
    assert page.requests == [path.as_uri()]  # one file, and nothing else
    assert page.run("document.querySelectorAll('table').length") > 0
    lacking = {
        "a head without scope": "th:not([scope])",
        "a table without caption": "table:not(#definitions *, #rows, details *):not(:has(> caption))",
        "a drawing without title": "svg:not(:has(> title))",
        "a field without name": "input:not([aria-label])",
        "a button or link without words": "button:empty, a:empty, a:not([href])",
    }
    for what, selector in lacking.items():
        assert page.count(selector) == 0, what
    assert page.run("document.documentElement.lang") == "zh"
    assert page.run("document.querySelectorAll('[id]').length === new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size")
    assert page.run("[...document.querySelectorAll('h1,h2,h3,h4')].every((h) => h.textContent.trim())")


def test_the_policy_of_a_page_stops_what_is_not_its_own(release: Published, page: Page) -> None:
    page.open(release.result.folder / "html" / "T01.html")
    loaded = page.run(
        "new Promise((done) => { const i = new Image(); i.onload = () => done('loaded'); i.onerror = () => done('stopped'); i.src = 'https://example.org/a.png' })"
    )
    assert loaded == "stopped"
    assert (
        page.run(
            "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); return window.ran })()"
        )
        is None
    )
    assert len(page.errors) == 2  # both refused by the policy, before any request
    assert all("Content Security Policy" in error for error in page.errors)
    assert page.refused == page.requests[1:] == ["https://example.org/a.png"]
    page.errors.clear()
    page.requests.pop()


def test_tab_reaches_a_table_arrows_walk_and_enter_opens(release: Published, page: Page) -> None:
    page.open(release.result.folder / "html" / "T01.html", f"#u-{STATION_1}")
    page.press("Tab")  # from the unit that the link names: its link back, then its table
    page.press("Tab")
    unit, row, _ = page.run(_FOCUSED)
    assert (unit, row) == (STATION_1, "T")
    assert page.run("document.activeElement.className") == "course"
    page.press("ArrowRight")
    assert page.run(_FOCUSED) == [STATION_1, "T", "2"]  # FILED: case1, case2
    page.press("End")
    assert page.run(_FOCUSED) == [STATION_1, "T", "1"]  # BEFORE: case6
    page.press("ArrowRight")  # there is none further
    assert page.run(_FOCUSED) == [STATION_1, "T", "1"]
    page.press("Home")
    page.press("ArrowRight")
    for _ in range(6):
        page.press("ArrowDown")
    assert page.run(_FOCUSED) == [STATION_1, "R06", "1"]  # theft: case1
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    told = panel(page)
    for part in (
        "records whose nbs_group is R06",  # the row
        "FILED = cases_filed",  # the column, its indicator, fact and source tables
        "criminal_filing",
        "criminal_case_charge_change",
        "T01-leaves-main",  # a check that touches it
        f"policestats trace T01 --row R06 --column FILED --unit {STATION_1} --release 2026-10-r1",
        "2025-10",  # the course: thirteen periods
        "本页不含记录号",
    ):
        assert part in told, part
    assert "T01-01" not in told  # a check of the total alone
    assert page.run("document.querySelectorAll('.panel details pre').length") == 2  # the SQL of fact and indicator
    page.press("Escape")
    assert panel(page) == ""
    assert page.run(_FOCUSED) == [STATION_1, "R06", "1"]  # back where it was
    page.press("End", ctrl=True)
    assert page.run(_FOCUSED)[:2] == [STATION_1, "PENDING"]
    page.press("Tab", shift=True)
    assert page.run("document.activeElement.tagName") == "A"  # one Tab leaves the table, whatever its size


def test_arrows_step_over_a_line_that_has_no_figures(release: Published, page: Page) -> None:
    page.open(release.result.folder / "html" / "Z11.html", f"#u-{STATION_1}")
    page.press("Tab")
    page.press("Tab")
    for key, row in (("ArrowDown", "V"), ("ArrowUp", "T")):
        page.press(key)
        assert page.run(_FOCUSED)[:2] == [STATION_1, row]
    assert page.count(f"#u-{STATION_1} tr.heading") == 2


def test_a_link_to_a_cell_opens_it_and_says_its_status(release: Published, page: Page) -> None:
    path = release.result.folder / "html" / "T01.html"
    page.open(path, f"#{COUNTY_2}|T|RECEIVED")
    told = panel(page)
    assert "东二县二所" in told  # partial, since this station was silent
    assert "transfers inside a unit's own subtree are netted" in told
    page.open(path, f"#{SILENT}|T|FILED")
    assert "缺报 missing" in page.run("document.querySelector('.panel .value').innerHTML + document.querySelector('td.chosen').innerHTML")
    page.open(path, f"#{PROVINCE}|T|FILED")
    assert "未通过 failed: 5 / 2" in panel(page)  # T01-01
    page.open(path, f"#{PROVINCE}|R06|SHARE")
    assert "由其他列计算" in panel(page)


def test_every_column_is_found_under_its_own_head(tmp_path: Path, page: Page) -> None:
    """Also where headings stand over several columns: the figure of a cell is the one that the panel names."""
    catalog = definitions(tmp_path / "definitions")
    template = tmp_path / "definitions" / "report_templates" / "cn" / "T01.yaml"
    text = template.read_text(encoding="utf-8")
    for code in ("CHARGES", "RECEIVED", "SHARE"):
        text = text.replace(f"{{code: {code},", f"{{code: {code}, group: {{zh: 组, en: Group}},")
    template.write_text(text, encoding="utf-8")
    warehouse(tmp_path / "home", catalog)
    tabulated(tmp_path / "home", catalog, PERIOD)
    page.open(publish.run(catalog=catalog, home=tmp_path / "home", period=PERIOD).folder / "html" / "T01.html")
    heads = "[...document.querySelector('table.form').tHead.rows].map((r) => [...r.cells].map((c) => [c.scope, c.colSpan, c.rowSpan].join(' ')))"
    # item, course, FILED, a group of two, ALL_ONLY between them, a group of one, BEFORE; below CHARGES, RECEIVED, SHARE
    alone = "col 1 2"
    assert page.run(heads) == [[alone, alone, alone, "colgroup 2 1", alone, "colgroup 1 1", alone], ["col 1 1"] * 3]
    for column, figure in (("FILED", "3"), ("CHARGES", "2"), ("RECEIVED", "0"), ("ALL_ONLY", "3"), ("SHARE", "100.00"), ("BEFORE", "1")):
        page.run(f"location.hash = '#{COUNTY_1}|T|{column}'; new Promise((done) => setTimeout(done, 50))")
        assert page.run("document.querySelector('.panel .value').innerText.split(/\\s+/).slice(0, 4)") == [figure, "T", column, PERIOD]


def test_a_list_is_filtered_and_a_language_chosen(release: Published, page: Page) -> None:
    page.open(release.result.folder / "html" / "index.html")
    shown = "[...document.querySelectorAll('.matrix tbody tr')].filter((r) => !r.hidden).length"
    assert page.run(shown) == 13
    page.run("(() => { const b = document.querySelector('#units input'); b.value = '东一县 一所'; b.dispatchEvent(new Event('input')) })()")
    assert page.run(shown) == 1
    title = "document.querySelector('h1').innerText.trim()"
    both = page.run(title)
    page.run("document.querySelector('.languages [value=zh]').click()")
    chinese = page.run(title)
    page.run("document.querySelector('.languages [value=en]').click()")
    english = page.run(title)
    assert chinese in both
    assert english in both
    assert chinese != english
    page.run("document.querySelector('.languages [value=both]').click()")


def test_on_a_phone_the_page_is_no_wider_than_the_screen(release: Published, page: Page) -> None:
    page.size(390, 800)
    try:
        for name in ("index", "rates", "T01"):
            page.open(release.result.folder / "html" / f"{name}.html")
            page.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            # how wide a table comes out is the font's; in a box of its own it scrolls, whatever the font
            assert page.run("[...document.querySelectorAll('table')].filter((t) => !t.closest('.wide, .scroll, .panel')).length") == 0, name
            assert page.run("document.documentElement.scrollWidth") <= 390, name
    finally:
        page.size(1400, 900)


def test_record_keys_are_shown_where_they_may_be_read(home: Path, small: Catalog, page: Page) -> None:
    result = publish.run(catalog=small, home=home, period=PERIOD, with_records=True)
    path, keys = result.folder / "html" / "T01.html", result.folder / "html" / "T01.records.js"
    page.open(path, f"#{STATION_1}|T|FILED")
    assert page.run("document.querySelector('.panel .records').textContent") == "case1  case2"
    assert page.requests == [path.as_uri(), keys.as_uri()]
    keys.unlink()  # as for a reader who may not open it; root may open everything
    page.open(path, f"#{STATION_1}|T|FILED")
    assert "无权读取记录号" in panel(page)
    page.errors.clear()  # Chromium says that the file is not there


def test_without_its_script_a_page_still_tells_everything(release: Published, page: Page) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(release.result.folder / "html" / "T01.html")
        assert page.count("#definitions article") == 6  # a definition for each printed column
        assert page.count("section.unit tbody tr") == page.count("section.unit svg") == 13 * 12
        for selector in ("#q-0 pre", "#rows tbody tr", "section.unit .notes li", "svg desc"):
            assert page.count(selector) > 0, selector
        assert page.count(".languages, .filter, .panel") == 0  # nothing that would not work
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
