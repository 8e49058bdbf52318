"""What only paper shows otherwise: another scale, and blocks with columns of their own; what is stored stays as it is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

import policestats
from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.errors import DefinitionError
from policestats.periods import ReferencePeriod
from policestats.releases import printed_form
from policestats.reports.rates import scaled
from policestats.reports.template import load_forms
from policestats.stages import publish
from policestats.stages.publish import PublishResult
from policestats.stages.release_forms import ReleaseForms
from tests.publish.standards import PERIOD, PROVINCE, STATION_1, definitions, tabulated, warehouse
from tests.support.html_page import parsed

#: FILED in halves with one decimal: 2 cases -> 1.0, 1 -> 0.5, 5 -> 2.5
_SCALE = 'unit: "起", printed: {unit: 双, divide_by: 2, decimals: 1}, label: {zh: "=立案<u>"'


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Catalog:
    catalog = definitions(tmp_path / "definitions")
    template = catalog.templates / "T01.yaml"
    text = template.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    template.write_text(text, encoding="utf-8")
    return catalog


def published(tmp_path: Path, catalog: Catalog) -> PublishResult:
    home = tmp_path / "home"
    warehouse(home, catalog)
    tabulated(home, catalog, PERIOD)
    return publish.run(catalog=catalog, home=home, period=PERIOD)


@pytest.mark.parametrize(
    ("value", "divide_by", "decimals", "expected"),
    [
        ("1234550", 10000, 2, "123.46"),  # 123.455: a tie, away from zero
        ("-1234550", 10000, 2, "-123.46"),
        ("1234549.999999", 10000, 2, "123.45"),  # from the exact figure: rounded to a whole yuan first, it would be a tie
        ("0", 10000, 2, "0.00"),
        ("99999999999999999999.5", 10000, 0, "10000000000000000"),
        ("15", 10, 0, "2"),
        ("2.5", 5, 0, "1"),  # a tie: without its fraction it would be 0.4
        ("0.000001", 10000, 6, "0.000000"),
    ],
)
def test_a_figure_is_rounded_once_half_away_from_zero(value: str, divide_by: int, decimals: int, expected: str) -> None:
    assert str(scaled(Decimal(value), divide_by=divide_by, decimals=decimals)) == expected


def test_a_printed_scale_is_that_of_paper_and_terminal_alone(tmp_path: Path) -> None:
    catalog = edited(tmp_path, ('unit: "起", label: {zh: "=立案<u>"', _SCALE))
    result = published(tmp_path, catalog)
    home = tmp_path / "home"
    assert list(policestats.read_form("T01", home=home, unit=STATION_1)["FILED"][:1]) == [2]  # stored as counted

    _, columns, rows = printed_form("T01", home=home, unit=STATION_1)
    assert columns[2] == "FILED (双)"
    assert {r[0]: str(r[2]) for r in rows if r[0] in ("T", "R06", "R01")} == {"T": "1.0", "R06": "0.5", "R01": "0.0"}
    assert next(r for r in rows if r[0] == "T")[6] == Decimal("100.00")  # shares are of what was counted

    sheet = load_workbook(result.folder / "units" / "990000000000.xlsx")["T01"]
    line = next(r for r in sheet.iter_rows(min_row=9) if r[2].value == "T" and r[3].data_type == "n")
    assert (line[3].value, line[3].number_format) == (2.5, "#,##0.0")  # five cases
    units = next(r for r in sheet.iter_rows() if r[3].value == "双")
    assert units[4].value == "种"
    assert parsed(result.folder / "html" / "T01.html").rows[PROVINCE, "T"][0] == "2.5"


def test_a_rate_has_no_printed_scale(tmp_path: Path) -> None:
    catalog = edited(tmp_path, ('decimals: 2, unit: "%"', 'decimals: 2, unit: "%", printed: {unit: 万, divide_by: 10000, decimals: 2}'))
    with pytest.raises(DefinitionError, match=r"T01\.yaml:\d+: column 'SHARE' is a share_of, which is printed as it is computed"):
        load_forms(catalog)


@pytest.mark.slow
def test_a_block_with_columns_of_its_own_is_a_table_of_its_own(tmp_path: Path) -> None:
    """Rows T to PENDING take all columns but ALL_ONLY's second; row B takes MORE alone, of seven: less than half in common."""
    block = "  - id: more\n    where: {known_charge: {null: false}}\n    rows: {one: {code: B, label: {zh: 另, en: More}}}\nchecks:"
    only = "rows: [T, R01, R02, R03, R04, R05, R06, R07, R08, R09, R10, PENDING], "
    own = '  - {code: MORE, indicator: cases_filed, variant: current, rows: [B], label: {zh: "另计", en: "More"}}\nblocks:'
    changes = [(f"{{code: {code},", f"{{code: {code}, {only}") for code in ("FILED", "CHARGES", "RECEIVED", "SHARE", "HIDDEN", "BEFORE")]
    catalog = edited(tmp_path, ("checks:", block), *changes, ("blocks:", own))
    result = published(tmp_path, catalog)
    with open_warehouse(result.folder, read_only=True, name="statistics.duckdb") as engine:
        pages = ReleaseForms(engine)
        form = pages.form("T01", [STATION_1])
        [table] = pages.tables(form)
    codes = [c.code for c in form.columns]
    assert [(p.blocks, [codes[i] for i in p.columns]) for p in form.parts] == [
        (("main",), ["FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE"]),
        (("more",), ["MORE"]),
    ]
    assert [(row.code, [str(c) for c in cells]) for row, cells in form.parts[1].lines(table)] == [("B", ["2.000000"])]  # case1 and case2
    sheet = load_workbook(result.folder / "units" / "990000000000.xlsx")["T01"]
    tops = [row[0].row for row in sheet.iter_rows() if str(row[0].value).startswith("项目")]
    assert len(tops) == 2
    assert [b.id for b in sheet.row_breaks.brk] == [tops[1] - 1]


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("2026-10-03", "2026年10月3日"),
        ("2026-W09", "2026年第9周"),
        ("2026-W41", "2026年第41周"),
        ("2026-02", "2026年2月"),
        ("2026-Q3", "2026年第3季度"),
        ("2026-H2", "2026年下半年"),
        ("2026", "2026年"),
    ],
)
def test_a_period_is_said_in_words(text: str, zh: str) -> None:
    assert ReferencePeriod.parse(text).label == {"zh": zh, "en": text}
