"""One case of every charge and every cause: each in exactly one leaf row of its table, and in the right groups of every other form.

What is right is read from the tables of the domain, by the articles and sections that the forms are named after, not from the standard's lists.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache

import pytest

from policestats.catalog import load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages.tabulate import tabulate
from tests.report_templates.hand_cases import FOLDER, Row, rows
from tests.support.ledger import ROOT, SHARED, ledger

DOMAIN = SHARED / "domain"
pytestmark = pytest.mark.skipif(not DOMAIN.is_dir(), reason="the tables of the domain are not beside the repository (shared/domain)")
CATALOG = load_catalog(ROOT, "cn")
FORMS = load_forms(CATALOG)
STATION, PROVINCE = "990101010000", "990000000000"
Line = dict[str, str]

#: the ten groups of the yearbook, by the label the table of charges gives
NBS = {
    "杀人": "R01",
    "伤害": "R02",
    "抢劫": "R03",
    "强奸": "R04",
    "拐卖妇女儿童": "R05",
    "盗窃": "R06",
    "诈骗": "R07",
    "走私": "R08",
    "其他": "R10",
}
#: articles of X09, X10 and X11 (corrections.md); of article 301 only the second paragraph, of 312 only cases with a cyber flag
WEAPONS = {*map(str, range(125, 131)), "294"}
WOMEN_CHILDREN = {"236", "236之一", "237", "240", "241", "242", "260", "260之一", "261", "262", "262之一", "262之二", "358", "359"}
CYBER = {"253之一", "285", "286", "286之一", "287之一", "287之二"}


@cache
def table(name: str) -> list[Line]:
    with (DOMAIN / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def filled(tables: dict[str, list[Row]], *wanted: tuple[str, str]) -> Iterator[DuckDBEngine]:
    """Fill forms, each for a period, over rows at one station."""
    units = rows(FOLDER / "cn" / "X01" / "month_edges", CATALOG)["unit"]
    for unit in units:
        unit["valid_from"] = "1990-01-01"
    with ledger(CATALOG, {"unit": units, **tables}) as engine:
        for form, period in wanted:
            tabulate(engine, CATALOG, ReferencePeriod.parse(period), {form: FORMS[form]})
        yield engine


def figures(engine: DuckDBEngine, form: str, column: str, period: str) -> dict[str, int]:
    """The cells of a column at the province that are not zero, by row."""
    found = engine.sql(
        "SELECT row_code, value FROM report.cell WHERE form_id = ? AND column_code = ? AND period = ? AND unit_code = ? AND value <> 0",
        [form, column, period, PROVINCE],
    )
    return {r["row_code"]: int(r["value"]) for r in found.to_pylist()}


def leaves(form: str, block: str | None = None) -> set[str]:
    return {r.code for r in FORMS[form].rows if r.kind == "leaf" and block in (None, r.block)}


def filing(charge: str, on: str = "2026-10-05") -> Row:
    return {"case_no": charge, "filed_on": on, "entered_at": f"{on} 12:00:00", "filing_unit_code": STATION, "charge_code": charge}


def is_of(section: str) -> Callable[[Line], bool]:
    return lambda line: line["section"].startswith(section)


def test_every_charge_in_force() -> None:
    charges = table("charges.csv")
    assert len(charges) == 483
    monthly = ["X01", "X02", "X03", "X05", "X07", "X08", "X11"]
    wanted = [*((form, "2026-10") for form in monthly), *((form, "2026-Q4") for form in ("X09", "X10", "X12")), ("X20", "2026")]
    cases = [filing(line["seq"]) for line in charges]
    with filled({"criminal_case": cases}, *wanted) as engine:
        found = {form: figures(engine, form, "FILED_M", period) for form, period in wanted if form != "X20"}
        chapters = figures(engine, "X20", "U_FILED", "2026")
    assert {row: found["X02"].get(row, 0) for row in leaves("X02") - {"U"}} == {
        row: int(row in {c["seq"] for c in charges}) for row in leaves("X02") - {"U"}
    }
    assert found["X02"].get("U", 0) == 0
    groups = Counter(NBS.get(c["nbs10_group_INFERRED"], "R09") for c in charges)  # the longest label is that of counterfeit currency
    assert {row: found["X01"].get(row, 0) for row in leaves("X01", "main")} == {row: groups[row] for row in leaves("X01", "main")}
    assert sum(groups.values()) == 483
    assert found["X01"]["M01"] == found["X03"]["T"] == sum(c["eight_major_MPS2022_INFERRED"] == "Y" for c in charges)
    for number, chapter in enumerate("一二三四五六七八九十", start=1):
        assert chapters[f"CH{number:02d}"] == sum(c["chapter"].startswith(f"第{chapter}章") for c in charges)

    third, sixth = ([c for c in charges if c["chapter"].startswith(f"第{n}章")] for n in "三六")
    drugs = [c for c in sixth if is_of("第七节")(c)]
    _has_exactly(found["X07"], "X07", drugs, "charges")
    _has_exactly(found["X08"], "X08", [c for c in third if not is_of("第二节")(c)] + [c for c in charges if c["article"] in ("271", "272")])
    products = [c for c in third if is_of("第一节")(c) or is_of("第七节")(c)]
    _has_exactly(found["X12"], "X12", products + [c for c in sixth if is_of("第六节")(c)])
    _has_exactly(found["X09"], "X09", [c for c in charges if c["article"] in WEAPONS], "charges")
    of_301 = [c for c in charges if c["article_full"] == "第301条第2款"]
    _has_exactly(found["X10"], "X10", [c for c in charges if c["article"] in WOMEN_CHILDREN] + of_301)
    _has_exactly(found["X11"], "X11", [c for c in charges if c["article"] in CYBER])
    frauds = [c for c in charges if "诈骗" in c["charge"] and c["charge"] != "诈骗罪"]
    by_name = {
        "抢劫罪": "P1",
        "抢夺罪": "P2",
        "盗窃罪": "P3",
        "诈骗罪": "P4",
        "敲诈勒索罪": "P6",
        "聚众哄抢罪": "P7",
        "故意毁坏财物罪": "P8",
    }
    held = {row: 1 for name, row in by_name.items() if any(c["charge"] == name for c in charges)} | {"P5": len(frauds), "P9": 2}
    assert {row: found["X05"].get(row, 0) for row in held} == held
    assert found["X05"]["T"] == sum(held.values())


def _has_exactly(cells: dict[str, int], form: str, charges: list[Line], block: str | None = None) -> None:
    """Each of the charges is one case of its own row, and nothing else is in the form."""
    assert charges
    codes = {c["seq"] for c in charges}
    assert {row: cells.get(row, 0) for row in leaves(form, block) if row in CATALOG.codelists["charge"].members} == {
        row: int(row in codes) for row in leaves(form, block) if row in CATALOG.codelists["charge"].members
    }
    assert codes <= leaves(form, block)
    assert cells["T"] == len(codes)


def test_every_retired_charge_in_its_own_time() -> None:
    """On the last day before it was retired, or the first of its time: in its own row of X02, and with its successor's group in X01."""
    members = CATALOG.codelists["charge"].members
    retired = {code: m for code, m in members.items() if m["kind"] == "retired"}
    assert len(retired) > 50
    days = {code: _day_before(str(m["valid_to"])) if m["valid_to"] else str(m["valid_from"]) for code, m in retired.items()}
    months = sorted({day[:7] for day in days.values()})
    cases = [filing(code, day) for code, day in days.items()]
    with filled({"criminal_case": cases}, *(("X02", m) for m in months), *(("X01", m) for m in months)) as engine:
        for month in months:
            mine = {code for code, day in days.items() if day[:7] == month}
            cells = figures(engine, "X02", "FILED_M", month)
            assert {row: n for row, n in cells.items() if row in leaves("X02")} == dict.fromkeys(mine, 1)
            groups = Counter(str(members[str(members[code]["successor_code"] or code)]["nbs_group_code"]) for code in mine)
            assert {row: n for row, n in figures(engine, "X01", "FILED_M", month).items() if row in leaves("X01", "main")} == groups


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def test_every_public_order_cause() -> None:
    """197 causes of the law of 2025, 3 that only the law of 2012 has (acts of 2025, accepted then): one leaf of Z02, the right section and group."""
    causes = table("admin_causes.csv")
    assert len(causes) == 200
    cases = []
    for line in causes:
        day, law = ("2026-10-05", "psapl_2025") if line["article_2025"].startswith("第") else ("2025-10-05", "psapl_2012")
        cases.append(
            {"case_no": line["seq"], "registered_on": day, "filed_on": day, "entered_at": f"{day} 12:00:00", "act_on": day}
            | {"unit_code": STATION, "cause_code": line["seq"], "applied_law_code": law}
        )
    wanted = [(form, month) for form in ("Z01", "Z02", "Z09") for month in ("2026-10", "2025-10")]
    with filled({"admin_case": cases}, *wanted) as engine:
        found = {
            form: Counter(figures(engine, form, column, "2026-10")) + Counter(figures(engine, form, column, "2025-10"))
            for form, column in (("Z01", "ACC_M"), ("Z02", "ACC_M"), ("Z09", "ACC_M"))
        }
    codes = {c["seq"] for c in causes}
    # Z187, the aggravated form, counts under 吸毒 (Z185) and is an of-which row there (corrections.md)
    expected = dict.fromkeys(codes - {"Z187"}, 1) | {"Z185": 2}
    assert {row: n for row, n in found["Z02"].items() if row in leaves("Z02")} == expected
    assert found["Z02"]["Z187"] == 1
    assert found["Z02"]["T"] == found["Z01"]["T"] == 200
    sections = Counter(f"P{'一二三四'.index(_section(c)) + 1}" for c in causes)
    assert {row: found[form][row] for form in ("Z01", "Z02") for row in ("P1", "P2", "P3", "P4")} == dict(sections)
    labels = {r.label["zh"]: r.code for r in FORMS["Z01"].rows if re.fullmatch(r"G\d\d", r.code)}
    groups = Counter(labels.get(c["yearbook_group_INFERRED"], "?") for c in causes)
    assert {row: found["Z01"][row] for row in labels.values()} == {row: groups[row] for row in labels.values()}
    vices = {c["seq"] for c in causes if any(re.match(rf"第{n}条", c["article_2025"]) for n in range(78, 88))}
    assert {row: n for row, n in found["Z09"].items() if row in leaves("Z09")} == dict.fromkeys(vices & leaves("Z09"), 1) | (
        {"Z185": 2} if "Z185" in leaves("Z09") and "Z187" not in leaves("Z09") else {}
    )
    assert found["Z09"]["T"] == len(vices)


def _section(line: Line) -> str:
    match = re.search(r"第三章第(.)节", line["section_2025"])
    assert match, line
    return match[1]


def test_every_cause_of_another_law() -> None:
    """130 causes: each one leaf of Z03, none in Z01."""
    causes = table("admin_causes_other.csv")
    assert len(causes) == 130
    cases = [
        {"case_no": c["seq"], "registered_on": "2026-10-05", "filed_on": "2026-10-05", "entered_at": "2026-10-05 12:00:00"}
        | {"act_on": "2026-10-05", "unit_code": STATION, "cause_code": c["seq"]}
        for c in causes
    ]
    with filled({"admin_case": cases}, ("Z03", "2026-Q4"), ("Z01", "2026-10")) as engine:
        other, public_order = figures(engine, "Z03", "ACC_M", "2026-Q4"), figures(engine, "Z01", "ACC_M", "2026-10")
    assert {row: n for row, n in other.items() if row in leaves("Z03")} == {c["seq"]: 1 for c in causes}
    assert other["T"] == 130
    assert public_order == {}
    assert Counter(str(CATALOG.codelists["admin_cause"].members[c["seq"]]["law"]) for c in causes)["psapl"] == 0
