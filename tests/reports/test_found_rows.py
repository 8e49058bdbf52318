"""Rows found in the data: which there are, what stands in them, and that they add up to the rows above them. All figures by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import DefinitionError
from policestats.periods import ReferencePeriod
from policestats.reports.checks import evaluate
from policestats.reports.template import Form, load_form, read_form
from policestats.stages.report_store import create_report_tables, write_codelists
from policestats.stages.tabulate import Tabulation
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, SOUTH_1, STATIONS

CROSSED = {"cross": [{"dimension": "kind_code", "codelist": "kind"}, {"dynamic": "suspect"}], "unknown": "K9"}
COLUMNS = """
- {code: FILED, indicator: filed}
- {code: LOSS, indicator: loss}
- {code: PEOPLE, indicator: suspects}
- {code: LATE, indicator: filed_late, rows: [T, KA]}
- {code: SHARE, share_of: {column: FILED, row: T, except: {K2: KA}}, decimals: 2}
- {code: MEAN, rate: {of: LOSS, over: FILED}, per: 1, decimals: 2}
- {code: BEFORE, indicator: filed, variant: prior_year}
"""
THEFTS = [
    tiny.theft("1", "2026-10-01", NORTH_1, "K1", suspect="a", loss_yuan=5),
    tiny.theft("2", "2026-10-02", NORTH_1, "K1", suspect="a"),
    tiny.theft("3", "2026-10-03", NORTH_1, "K2", suspect="b"),
    tiny.theft("4", "2026-10-04", NORTH_1, "K1"),  # nobody is suspected
    tiny.theft("5", "2026-10-05", SOUTH_1, "XX", suspect="a"),  # a kind that nobody knows
    tiny.theft("6", "2026-10-06", NORTH, "K1", suspect="a"),  # the county itself: no station has this row
    tiny.theft("7", "2026-09-30", NORTH_1, "K2", suspect="b", entered_at="2026-10-05 00:00:00"),  # late
]


def form(catalog: Catalog, rows: dict[str, Any], columns: str = COLUMNS, level: str = "station") -> Form:
    """Return a form of kinds with a second block of found rows."""
    data = tiny.form_data(columns)
    data["blocks"].append({"id": "by", "rows": rows, "at_level": level})
    return read_form(data, catalog)


def cells(engine: DuckDBEngine, column: str) -> dict[tuple[str, str], Decimal]:
    """Return the found rows' cells of a column by (unit, row)."""
    rows = engine.sql(
        "SELECT unit_code, row_code, value FROM report.cell WHERE column_code = ? AND row_code LIKE '%/%'", [column]
    ).to_pylist()
    return {(r["unit_code"], r["row_code"]): r["value"] for r in rows}


def test_crossed_rows_by_hand(catalog: Catalog) -> None:
    with tiny.warehouse(catalog, THEFTS) as engine:
        result, _ = tiny.filled(engine, catalog, "2026-10", form(catalog, CROSSED))
        assert cells(engine, "FILED") == {
            (NORTH_1, "KA/a"): 2, (NORTH_1, "KA/b"): 2, (NORTH_1, "KA/-"): 1,
            (NORTH_1, "K1/a"): 2, (NORTH_1, "K1/-"): 1, (NORTH_1, "K2/b"): 2, (SOUTH_1, "K9/a"): 1,
        }  # fmt: skip
        assert cells(engine, "LOSS") == {(NORTH_1, "KA/a"): 5, (NORTH_1, "K1/a"): 5}
        assert set(cells(engine, "PEOPLE").values()) == {1}  # one person in a row of one person
        assert cells(engine, "LATE") == {(NORTH_1, "KA/b"): 1}  # the column has cells in T and KA only
        assert cells(engine, "SHARE") == {  # of the 5 of T; of the 5 of KA in K2
            (NORTH_1, "KA/a"): 40, (NORTH_1, "KA/b"): 40, (NORTH_1, "KA/-"): 20, (NORTH_1, "K1/a"): 40, (NORTH_1, "K1/-"): 20,
            (NORTH_1, "K2/b"): 40, (SOUTH_1, "K9/a"): 100,
        }  # fmt: skip
        means = cells(engine, "MEAN")
        assert (means[NORTH_1, "K1/a"], means[NORTH_1, "K2/b"]) == (Decimal("2.5"), 0)
        rows = engine.sql("SELECT * FROM report.form_row WHERE kind = 'found' ORDER BY row_order").to_pylist()
        status = engine.sql("SELECT DISTINCT unit_code FROM report.status WHERE block_id = 'by' ORDER BY ALL").column(0).to_pylist()
        passed = engine.sql("SELECT unit_code, passed FROM report.check_count WHERE check_id = 'F-found-by'").to_pylist()
        cell_rate = engine.sql("SELECT denominator FROM report.generation WHERE rate_id = 'cell' AND unit_code = ?", [SOUTH_1]).to_pylist()
    north = ["KA/a", "KA/b", "KA/-", "K1/a", "K1/-", "K2/b"]  # by member, then by value, those without a value last
    assert [(r["unit_code"], r["row_code"], r["parent_row_code"]) for r in rows] == [
        *((NORTH_1, code, code[:2]) for code in north), (SOUTH_1, "K9/a", "K9"),
    ]  # fmt: skip
    assert (rows[0]["label_zh"], rows[0]["label_en"], rows[2]["label_zh"]) == ("甲 a", "Both a", "甲 不明")
    assert status == [NORTH_1, SOUTH_1]
    # KA, K1, K2, K9 in FILED, LOSS and BEFORE, and KA in LATE; PEOPLE must be recomputed
    assert {p["unit_code"]: p["passed"] for p in passed} == dict.fromkeys(STATIONS, 13)
    assert cell_rate[0]["denominator"] == 6 * 5 + 2 + 6  # 5 rows in 6 columns, 2 in LATE, one found row that LATE does not have
    assert (result.failed_errors, result.failed_warnings) == (0, 0)


def test_plain_rows_belong_to_the_total(catalog: Catalog) -> None:
    with tiny.warehouse(catalog, THEFTS) as engine:
        tiny.filled(engine, catalog, "2026-10", form(catalog, {"dynamic": "suspect"}, level="county"))
        filed, people = cells(engine, "FILED"), cells(engine, "PEOPLE")
        parents = engine.sql("SELECT DISTINCT parent_row_code, label_zh FROM report.form_row WHERE kind = 'found' ORDER BY ALL").to_pylist()
    south = "990200000000"
    assert filed == {(NORTH, "by/a"): 3, (NORTH, "by/b"): 2, (NORTH, "by/-"): 1, (south, "by/a"): 1}  # with what is booked below
    assert people == {(NORTH, "by/a"): 1, (NORTH, "by/b"): 1, (south, "by/a"): 1}  # a at the county and its station: one person
    assert parents == [{"parent_row_code": "T", "label_zh": name} for name in ("a", "b", "不明")]


def test_a_move_between_two_rows_of_one_unit_is_a_move_in_both(catalog: Catalog) -> None:
    """Theft 1 goes from North 1 to itself: nothing for the station, something for its row; a traced cell has the same records."""
    columns = "- {code: FILED, indicator: filed}\n- {code: RECEIVED, indicator: received}"
    moves = [tiny.move("m1", "1", "2026-10-05", NORTH_1, NORTH_1), tiny.move("m2", "2", "2026-10-06", NORTH_2, NORTH_1)]
    with tiny.warehouse(catalog, THEFTS, moves) as engine:
        result, every = tiny.filled(engine, catalog, "2026-10", form(catalog, {"dynamic": "theft_no"}, columns))
        tables = {t: engine.sql(f"SELECT * FROM report.{t}").to_pylist() for t in ("contribution", "row_member", "unit_member")}
        found = cells(engine, "RECEIVED")
    assert found == {(NORTH_1, "by/1"): 1, (NORTH_1, "by/2"): 1}
    assert {key[0]: value for key, value in every.items() if key[1:] == ("T", "RECEIVED")} == {NORTH_1: 1}
    assert (result.failed_errors, result.not_evaluated) == (0, 0)  # what is netted is not added up
    for (unit, row), value in found.items():
        below = {m["member_unit_code"] for m in tables["unit_member"] if m["unit_code"] == unit}
        members = {m["member_row_code"]: m["is_netted"] for m in tables["row_member"] if m["row_code"] == row}
        traced = [
            c
            for c in tables["contribution"]
            if c["indicator_id"] == "received" and c["unit_code"] in below and c["row_code"] in members
            and not (members[c["row_code"]] and c["partner_unit_code"] in below)
        ]  # fmt: skip
        assert sum(c["value"] for c in traced) == value


def test_rows_that_do_not_add_up_are_an_error(catalog: Catalog) -> None:
    crossed = form(catalog, CROSSED)
    with tiny.warehouse(catalog, THEFTS) as engine:
        create_report_tables(engine)
        write_codelists(engine, catalog)
        work = Tabulation(engine, catalog, ReferencePeriod.parse("2026-10"), as_of=1, latest=2)
        table = work.fill(crossed)
        [found] = work.found["F"]
        at = [i for i in range(len(found.rows)) if found.codes[found.rows[i]] == "K1/-"]
        found.values["FILED"][at] = 9_000_000
        outcome = evaluate(table, work.tree, lambda *asked: None, [found])
    wrong = [f for f in outcome.findings if f.outcome == "failed"]
    assert [(f.check_id, f.unit_code, f.block_id, f.row_code, f.column_code, f.left, f.right) for f in wrong] == [
        ("F-found-by", NORTH_1, "by", "K1", "FILED", 11, 3)
    ]


def test_no_data_no_rows(catalog: Catalog) -> None:
    with tiny.warehouse(catalog, []) as engine:
        result, every = tiny.filled(engine, catalog, "2026-10", form(catalog, CROSSED))
        assert engine.scalar("SELECT count(*) FROM report.form_row WHERE kind = 'found'") == 0
    assert (every, result.failed_errors) == ({}, 0)


@pytest.mark.parametrize(
    ("rows", "level", "message"),
    [
        (CROSSED, "village", r"rows found in the data need at_level, a level of units; known: county, province, station"),
        (CROSSED | {"unknown": "K8"}, "station", r"the row for unknown members, 'K8', is no leaf of code list 'kind'"),
        (
            {"dynamic": "suspect", "labels": {"table": "unit", "code": "unit_code", "zh": "name", "en": "name_en"}},
            "station",
            r"no column 'name'",
        ),
    ],
)
def test_a_block_that_makes_no_sense(catalog: Catalog, rows: dict[str, Any], level: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        form(catalog, rows, level=level)


def test_the_first_block_is_fixed_and_a_code_list_is_crossed_once(catalog: Catalog) -> None:
    data = tiny.form_data(COLUMNS)
    found = {"id": "by", "rows": CROSSED, "at_level": "station"}
    with pytest.raises(DefinitionError, match="the rows of the first block are fixed"):
        read_form(data | {"blocks": [found, *data["blocks"]]}, catalog)
    with pytest.raises(DefinitionError, match="another block crosses code list 'kind' already"):
        read_form(data | {"blocks": [*data["blocks"], found, found | {"id": "again"}]}, catalog)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"rows": {"dynamic": "suspect"}}, r"at_level"),
        ({"rows": {"cross": CROSSED["cross"]}, "at_level": "station"}, r"unknown"),
        ({"rows": {"cross": CROSSED["cross"][:1], "unknown": "K9"}, "at_level": "station"}, r"cross"),
        ({"rows": {"dynamic": "suspect", "total": {"code": "X", "label": {"zh": "字", "en": "word"}}}, "at_level": "station"}, r"total"),
        ({"rows": {"one": {"code": "X", "label": {"zh": "字", "en": "word"}}}, "at_level": "station"}, r"at_level"),
    ],
)
def test_a_misspelt_block_is_refused_by_the_schema(catalog: Catalog, tmp_path: Path, block: dict[str, Any], message: str) -> None:
    data = tiny.form_data(COLUMNS)
    data["columns"] = [{k: v for k, v in c.items() if k != "label" or "indicator" not in c} for c in data["columns"]]
    path = tmp_path / "F.yaml"
    found = {"id": "by", "rows": CROSSED, "at_level": "station"}
    path.write_text(yaml.safe_dump(data | {"blocks": [*data["blocks"], found]}, allow_unicode=True), encoding="utf-8")
    assert len(load_form(path, catalog).dynamic_blocks) == 1
    path.write_text(yaml.safe_dump(data | {"blocks": [*data["blocks"], {"id": "by", **block}]}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DefinitionError, match=message):
        load_form(path, catalog)
