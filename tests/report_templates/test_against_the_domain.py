"""The forms against the tables they were made from: rows, columns, labels, units, parents, decimals, charges and checks.

``DIFFERS`` lists where a form says something else than the table, what it says, and why; nothing else may differ.
"""

from __future__ import annotations

import csv
import re
from functools import cache

import pytest

from policestats.catalog import load_catalog
from policestats.reports.blocks import Row
from policestats.reports.check_language import Call, Cell, Term
from policestats.reports.form_columns import FormColumn
from policestats.reports.template import Form, load_forms
from tests.support.ledger import ROOT, SHARED

DOMAIN = SHARED / "domain"
TEMPLATES = ROOT / "report_templates" / "cn"
PRECISE = ("X13", "X16", "Z04", "Z12", "Z13", "Z14", "Z15")
CHECKED = ("X02", "X03", "X04", "X05", "X06", "X08", "X12", "X14", "X15", "X18", "X20", "Z05", "Z06", "Z07", "Z08", *PRECISE)
pytestmark = pytest.mark.skipif(not DOMAIN.is_dir(), reason="the tables of the domain are not beside the repository (shared/domain)")
Line = dict[str, str]

#: (form, code, field): what the form says instead
DIFFERS = {
    ("X13", "REV_CHG", "parent"): "",  # an answer comes a month later: <= REVIEW + open reviews (X13-07)
    ("Z13", "S4", "label_en"): "Grid, household heads, agencies",  # the table leaves 治安户长 untranslated
    ("Z13", "C2C_YTD", "label_en"): "Dispute turned crime, YTD",  # a caption must say by itself what it counts
    ("Z13", "C2C_PY", "label_zh"): "民转刑上年同期累计",  # corrections.md 14: say whether a column is of the month or cumulative
    ("Z13", "C2C_PY", "label_en"): "Dispute turned crime, last year (cumulative)",
    ("Z13", "C2C_YOY", "label_en"): "Dispute turned crime, change",
    ("Z14", "T", "label_zh"): "四类对象合计",  # the unit stands in the columns: some are 条, some 项
    ("Z14", "T", "label_en"): "Four kinds of objects",
    ("Z14", "O24", "label_zh"): "流出人口（备查）",  # a memo row says that it is one
    ("Z14", "O24", "label_en"): "Outflow population (memo)",
    ("Z14", "O24", "parent"): "O21",  # "is also O21": of which, so it never exceeds O21 and never enters a total
    ("Z14", "E", "label_zh"): "治安要素（备查）",
    ("Z14", "E", "label_en"): "Public-security elements (memo)",
}
#: hidden columns that a rate or a check needs
HIDDEN = {
    "X13": ["REV_OPEN"],
    "X16": [],
    "Z04": ["SPOT_OVER", "STATION_OVER", "CAP_OVER"],
    "Z12": [],
    "Z13": ["RES_COH", "CALLS_110"],
    "Z14": [],
    "Z15": [],
}
#: rows and columns that the table lacks, and why
ADDED = {
    "X16": {
        "A9": "a kind that nobody knows is counted somewhere",
        "PERS_OPEN": "P0 in 人 beside measures in 人次 (corrections.md 8)",
        "PERS_IMPOSED": "P0",
        "PERS_CLOSE": "P0",
    },
    "Z12": {"AUNK_RATE": "MET_RATE: print AUNK/ORD beside it"},
}
#: the criminal block K (corrections.md: FILED_*, SOLVED_*, RATE_YTD, WITHDRAWN_* of X01), then X02's own
K = ("FILED_", "SOLVED_", "RATE_YTD", "WITHDRAWN_")


@cache
def forms() -> dict[str, Form]:
    return load_forms(load_catalog(ROOT, "cn"))


def table(name: str) -> list[Line]:
    with (DOMAIN / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def lines(form: str, kind: str) -> list[Line]:
    return [line for line in table("forms_precise.csv") if line["form_id"] == form and line["kind"] == kind]


def said(form: str, code: str, field: str, table_says: str) -> str:
    """What the form has to say: the table's word, or the listed one, which must then differ."""
    listed = DIFFERS.get((form, code, field))
    assert listed != table_says, f"{form} {code} {field} is listed as different, but the table says the same"
    return table_says if listed is None else listed


@pytest.mark.parametrize("form", PRECISE)
def test_every_row_in_order(form: str) -> None:
    wanted, found = lines(form, "row"), {row.code: row for row in forms()[form].rows}
    assert len(wanted) > 5
    assert [code for code in found if code not in ADDED.get(form, {})] == [line["code"] for line in wanted]
    for line in wanted:
        row: Row = found[line["code"]]
        for field, value in (("label_zh", row.label["zh"]), ("label_en", row.label["en"]), ("parent", row.parent or "")):
            assert value == said(form, row.code, field, line[field]), f"{form} row {row.code} {field}"


@pytest.mark.parametrize("form", PRECISE)
def test_every_column_in_order(form: str) -> None:
    wanted, columns = lines(form, "column"), forms()[form].columns
    assert len(wanted) >= 20
    assert [c.code for c in columns if not c.hidden and c.code not in ADDED.get(form, {})] == [line["code"] for line in wanted]
    assert [c.code for c in columns if c.hidden] == HIDDEN[form]
    for line in wanted:
        column: FormColumn = forms()[form].column(line["code"])
        for field, value in (("label_zh", column.label["zh"]), ("label_en", column.label["en"]), ("unit", column.unit)):
            assert value == said(form, column.code, field, line[field]), f"{form} column {column.code} {field}"
        if line["parent"]:  # a form may name more parents than the table: each is then a check of its own
            assert (column.parent or "") == said(form, column.code, "parent", line["parent"]), f"{form} column {column.code} parent"
        if column.kind != "base" and (stated := re.search(r"(\d) decimals?", line["note"])):  # an amount keeps its decimals
            assert column.decimals == int(stated[1]), f"{form} column {column.code} decimals"
        ratio = re.match(r"(\w+)/(\w+) x 100", line["definition"])
        if ratio:
            assert column.spec["rate"] == {"of": ratio[1], "over": ratio[2]}, f"{form} column {column.code}"


def test_no_rate_stands_in_the_total_of_z14() -> None:
    """Counts only in row T (Z14-06): four kinds of objects have no common rate."""
    rates = [line["code"] for line in lines("Z14", "column") if line["unit"] == "%"]
    assert len(rates) == 10
    assert not [code for code in rates if forms()["Z14"].column(code).applies("T")]


@pytest.mark.parametrize("form", CHECKED)
def test_every_check(form: str) -> None:
    """Each check of the table is in the form with its severity, or a comment there says why it cannot fail: `# <id>: ...`."""
    written = (TEMPLATES / f"{form}.yaml").read_text(encoding="utf-8")
    wanted = [line for line in table("checks.csv") if line["form_id"] == form]
    assert wanted
    for line in wanted:
        own = [
            c for c in forms()[form].checks if c.source.startswith("checks.csv") and re.fullmatch(rf"{line['check_id']}([a-z]|-\w+)?", c.id)
        ]
        assert {c.severity for c in own} <= {{"E": "error", "W": "warning"}[line["severity"]]}, line["check_id"]
        assert own or re.search(rf"^ *# {line['check_id']}: .{{20}}", written, re.MULTILINE), f"{form} lacks {line['check_id']}"
    ids = {line["check_id"] for line in wanted}
    assert not [c.id for c in forms()[form].checks if c.id in ids and not c.source.startswith("checks.csv")], (
        "an id of the table for another check"
    )


@pytest.mark.parametrize("check", ["Z13-01", "Z13-03", "Z14-01", "Z14-03"])
def test_the_formulas_of_rows(check: str) -> None:
    """`every row: a <= b; c <= d <= e` in the table is `a <= b`, `c <= d` and `d <= e` in the form."""
    (line,) = (c for c in table("checks.csv") if c["check_id"] == check)
    written = {c.text for c in forms()[line["form_id"]].checks if c.id.startswith(check) and c.over == "rows"}
    wanted = set()
    for part in line["formula"].split(": ")[-1].split("; "):
        sides = re.split(r" (<=|=) ", part)
        wanted |= {f"{sides[i]} {sides[i + 1]} {sides[i + 2]}" for i in range(0, len(sides) - 2, 2)}
    assert written == wanted


def described(form: str) -> str:
    """What corrections.md says of the rows and columns of a form that is not in forms_precise.csv."""
    written = (DOMAIN / "corrections.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^\| {form} \| (.+) \|$", written, re.MULTILINE)
    return str(found)


def test_the_partitions_of_x15() -> None:
    """SEX 3, AGE 8 ..., each with 不详, over the groups of X01; each adds up to the total by a check of its own."""
    sizes = {name: int(size) for name, size in re.findall(r"([A-Z]+) (\d)", described("X15"))}
    assert sizes == {"SEX": 3, "AGE": 8, "EDU": 7, "OCC": 9, "HUKOU": 5, "PRIOR": 3}
    form = forms()["X15"]
    for name, size in sizes.items():
        parts = [c for c in form.columns if re.fullmatch(rf"{name}\d", c.code)]
        assert len(parts) == size
        assert (parts[-1].code, parts[-1].label["zh"][-2:]) == (f"{name}9", "不详")
        assert f"ALL = {' + '.join(c.code for c in parts)}" in {c.text for c in form.checks if c.severity == "error"}
    assert {c.unit for c in form.columns if c.code != "UNITS"} == {"人次"}  # corrections.md 8
    groups = {row.code: row.label for row in forms()["X01"].rows if row.code == "T" or row.code.startswith("R")}
    for name in ("X15", "X17"):
        assert {row.code: row.label for row in forms()[name].rows} == groups


def test_the_columns_of_x17() -> None:
    """Sex and age as in X15; the grades of injury, with 不详; units apart."""
    form, suspects = forms()["X17"], forms()["X15"]
    grades = ["DEAD", "SERIOUS", "LIGHT", "SLIGHT", "NONE"]
    assert all(code in described("X17") for code in (*grades, "UNIT_VICT"))
    assert [c.code for c in form.columns] == [
        "VICT", *(c.code for c in suspects.columns if c.code.startswith(("SEX", "AGE"))), *grades, "INJ9", "UNIT_VICT"
    ]  # fmt: skip
    assert form.column("UNIT_VICT").parent is None


def test_the_blocks_of_x18() -> None:
    """Eight bands of three hours from [0,3) on, seven days, kinds of places and of means; each with a row 不明 at its end."""
    assert "HOUR 8 + 不明 ([0,3) …), WDAY 7 + 不明" in described("X18")
    form = forms()["X18"]
    blocks: dict[str, list[Row]] = {}
    for row in form.rows:
        if row.code != "T":
            blocks.setdefault(row.block, []).append(row)
    assert [row.code for row in blocks["hour"]] == [*(f"H{first:02d}" for first in range(0, 24, 3)), "H99"]
    assert [row.label["zh"] for row in blocks["weekday"]] == [*(f"星期{day}" for day in "一二三四五六日"), "星期不明"]
    assert all(rows[-1].label["zh"].endswith("不明") for rows in blocks.values())
    assert [c.code for c in form.columns] == ["FILED", "SOLVED"]


def test_the_rows_and_columns_of_x19() -> None:
    """Five kinds of property; the flows of the table, each in 件 and in money."""
    kinds, flows = re.fullmatch(r"(.+?); (.+?) in 件 and 万元", described("X19")).groups()  # type: ignore[union-attr]
    form = forms()["X19"]
    assert [row.label["zh"] for row in form.rows if row.parent == "T"] == kinds.split(", ")
    assert [c.code for c in form.columns] == [code for flow in flows.split(", ") for code in (flow, f"{flow}_AMT")]
    assert [c.unit for c in form.columns] == ["件", "元"] * 7


def test_the_columns_of_x02() -> None:
    block = [c for c in forms()["X01"].columns if c.code.startswith(K)]
    columns = list(forms()["X02"].columns)
    assert [c.code for c in columns] == [*(c.code for c in block), "REFER_CASES", "REFER_PERS"]
    assert [(c.label, c.unit, c.parent, c.decimals, c.spec, c.indicator) for c in columns[:-2]] == [
        (c.label, c.unit, c.parent, c.decimals, c.spec, c.indicator) for c in block
    ]
    assert [c.unit for c in columns[-2:]] == ["起", "人次"]


def test_the_rows_of_x02() -> None:
    """Ten chapters, eight and nine sections, 483 charges, each where charges.csv has it; the names they had before; 待定."""
    rows = {row.code: row for row in forms()["X02"].rows}
    retired = {code for code in rows if re.fullmatch(r"R\d{3}", code)}
    charges = table("charges.csv")
    assert len(charges) == 483
    parents = (
        {f"CH{n:02d}": "T" for n in range(1, 11)} | {f"CH03S{n}": "CH03" for n in range(1, 9)} | {f"CH06S{n}": "CH06" for n in range(1, 10)}
    )
    assert {code: rows[code].parent for code in parents} == parents
    chapters = list(dict.fromkeys(c["chapter"] for c in charges))
    sections = list(dict.fromkeys((c["chapter"], c["section"]) for c in charges if c["section"]))
    for charge in charges:
        above = f"CH{chapters.index(charge['chapter']) + 1:02d}"
        if charge["section"]:
            above += f"S{[s for s in sections if s[0] == charge['chapter']].index((charge['chapter'], charge['section'])) + 1}"
        assert (rows[charge["seq"]].label["zh"], rows[charge["seq"]].parent) == (charge["charge"], above)
    assert set(rows) == {"T", "U", *parents, *(c["seq"] for c in charges), *retired}
    assert (rows["T"].parent, rows["U"].parent, rows["U"].label["zh"]) == (None, "T", "待定")


def test_what_a_charge_was_called_before() -> None:
    """Each former name in a note of charges.csv is a retired row under the same heading, with that charge as its successor."""
    successors = {m["label_zh"]: m["successor_code"] for m in codelist("charge") if m["kind"] == "retired"}
    before = {
        name: c["seq"]
        for c in table("charges.csv")
        for name in re.findall(r"“(.+?)”", c["note"])
        if "原" in c["note"] or "取消" in c["note"]
    }
    assert len(before) > 50
    assert {name: successors.get(name) for name in before} == before
    assert "嫖宿幼女罪" in successors  # corrections.md 6
    rows = {row.code: row for row in forms()["X02"].rows}
    for member in codelist("charge"):
        if member["kind"] == "retired":
            assert rows[member["code"]].parent == rows[member["successor_code"]].parent, member["code"]


def test_the_sums_of_x02_take_every_row_once() -> None:
    """X02-01: T = chapters and 待定; chapters 3 and 6 = their sections; every section and other chapter = its charges, retired ones too."""
    below: dict[str, set[str]] = {}
    for row in forms()["X02"].rows:
        below.setdefault(str(row.parent), set()).add(row.code)
    checks = [c for c in forms()["X02"].checks if c.id.startswith("X02-01")]
    found = {rows_of(c.left)[0]: rows_of(c.right) for c in checks}
    assert len(found) == len(checks)
    assert {whole: set(parts) for whole, parts in found.items()} == {above: codes for above, codes in below.items() if above != "None"}
    assert all(len(parts) == len(set(parts)) for parts in found.values())


def rows_of(terms: tuple[Term, ...]) -> list[str]:
    """The rows that a side of a check adds up."""
    found: list[str] = []
    for term in terms:
        cell = term.value.argument if isinstance(term.value, Call) else term.value
        assert isinstance(cell, Cell)
        assert term.weight == 1
        found += cell.rows or ()
    return found


def codelist(name: str) -> list[Line]:
    with (ROOT / "schemas" / "cn" / "codelists" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
