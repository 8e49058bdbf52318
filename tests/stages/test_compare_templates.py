"""A folder of somebody's forms beside the standard's own, on the tiny standard: definitions by code, and cells by hand.

Ours, F: FILED, RATE (loss per theft, 1 decimal), MOVED; rows T, KA (K1, K2), K9. Theirs: FILED counts by night alone, RATE has no decimals,
MOVED is gone, LOSS is new; the rows are the same and one more. Thefts at North 1: K1 by day, loss 10; K1 by night, loss 5; K2 by night, no loss.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.writers.differences import write_sheets
from policestats.stages import check_templates
from policestats.stages.compare_templates import Comparison, definitions, side_by_side
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, PROVINCE

PERIOD = ReferencePeriod.parse("2026-10")
THEFTS = [
    tiny.theft("1", "2026-10-05", NORTH_1, "K1", loss_yuan=10),
    tiny.theft("2", "2026-10-06", NORTH_1, "K1", loss_yuan=5, is_night=True),
    tiny.theft("3", "2026-10-07", NORTH_1, "K2", is_night=True),
]
_OURS = """
- {code: FILED, indicator: filed}
- {code: ALL, indicator: filed, hidden: true}
- {code: YUAN, indicator: loss, hidden: true}
- {code: RATE, rate: {of: YUAN, over: ALL}, per: 1, decimals: 1}
- {code: MOVED, indicator: received}
"""
_THEIRS = (
    _OURS.replace("FILED, indicator: filed", "FILED, indicator: filed_counted, unit: 件")
    .replace("decimals: 1", "decimals: 0")
    .replace("ALL, indicator: filed, hidden: true", "ALL, indicator: filed")
    .replace("- {code: MOVED, indicator: received}", "- {code: LOSS, indicator: loss}")
)
_CHECKS = "- {id: F-1, for: rows, that: 'FILED <= ALL'}\n- {id: F-2, that: '[T].FILED <= 9'}"
_THEIR_CHECKS = "- {id: F-1, severity: warning, for: rows, that: 'FILED <= ALL'}\n- {id: F-3, that: '[T].FILED <= 8'}"


def written(folder: Path, name: str, columns: str, checks: str = "", sets: str = "", **more: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    data = {**tiny.form_data(columns, checks, sets=sets, id=name.partition(".")[0]), **more}
    (folder / name).write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Return the standard with the form F of its own, and G; by night is in force."""
    found = tiny.standard(tmp_path_factory.mktemp("tiny"), {"counted": "by_night"})
    written(found.templates, "F.yaml", _OURS, _CHECKS)
    written(found.templates, "G.yaml", "- {code: FILED, indicator: filed}")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sets = "- {code: NIGHT, parent: T, where: {is_night: true}}"
    written(tmp_path / "theirs", "F.yaml", _THEIRS, _THEIR_CHECKS, sets)
    return written(tmp_path / "theirs", "H.yaml", "- {code: FILED, indicator: filed}")


def told(found: Comparison) -> list[tuple[str, str, str, str]]:
    return [(d.part, d.code, d.change, d.detail) for d in found.definitions]


def test_definitions_differ_by_code(catalog: Catalog, folder: Path) -> None:
    found = definitions(catalog, folder, None)
    assert (found.new, found.absent) == (["H"], ["G"])
    assert told(found) == [
        ("row", "NIGHT", "added", "其中 of which"),
        ("column", "FILED", "changed", 'definition: {"indicator": "filed"} -> {"indicator": "filed_counted"}; unit: 起 -> 件'),
        ("column", "ALL", "changed", "hidden: true -> false"),
        ("column", "RATE", "changed", "decimals: 1 -> 0"),
        ("column", "MOVED", "removed", "MOVED MOVED"),
        ("column", "LOSS", "added", "LOSS LOSS"),
        ("check", "F-1", "changed", "severity: error -> warning"),
        ("check", "F-2", "removed", "[T].FILED <= 9"),
        ("check", "F-3", "added", "[T].FILED <= 8"),
    ]


def test_what_rows_say_otherwise(catalog: Catalog, tmp_path: Path) -> None:
    """Another code list member as the unknown one, another label, another condition."""
    of_which = "- {code: N, parent: T, where: {is_night: true}}"
    ours = tiny.standard(tmp_path / "ours")
    written(ours.templates, "F.yaml", "- {code: FILED, indicator: filed}", sets=of_which)
    data = tiny.form_data("- {code: FILED, indicator: filed}", sets=of_which.replace("true", "false"), frequency="month year")
    rows = data["blocks"][0]["rows"]
    rows["total"]["label"] = {"zh": "总", "en": "All"}
    rows["classification"]["unknown"] = "K2"
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "F.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    assert told(definitions(ours, tmp_path / "theirs", None)) == [
        ("form", "F", "changed", 'frequency: ["month"] -> ["month", "year"]'),
        ("block", "main", "changed", "unknown: K9 -> K2"),
        ("row", "T", "changed", "label: 计 Total -> 总 All"),
        ("row", "N", "changed", 'where: {"is_night": true} -> {"is_night": false}'),
    ]


def test_the_same_form_differs_in_nothing(catalog: Catalog, tmp_path: Path) -> None:
    same = written(tmp_path / "same", "F.yaml", _OURS, _CHECKS)
    with tiny.warehouse(catalog, THEFTS) as engine:
        found = side_by_side(engine, catalog, same, PERIOD)
    assert found.definitions == []
    assert found.cells["F"].differences == []
    assert found.cells["F"].cells > 0


def test_cells_side_by_side(catalog: Catalog, folder: Path) -> None:
    with tiny.warehouse(catalog, THEFTS) as engine:
        found = side_by_side(engine, catalog, folder, PERIOD)
    assert list(found.cells) == ["F"]  # H has nothing to be compared with
    # FILED: ours all three, theirs by night: T and KA 3 -> 2, K1 2 -> 1, K2 stays 1.
    # ALL is printed in theirs alone. RATE: 15 yuan over 3 is 5 in both; K1 15 over 2 is 7.5, in theirs 8
    of_unit = [("T", "FILED", 3, 2), ("KA", "FILED", 3, 2), ("K1", "FILED", 2, 1), ("K1", "RATE", Decimal("7.5"), 8)]
    assert [(d.unit_code, d.row_code, d.column_code, d.ours, d.theirs) for d in found.cells["F"].differences] == [
        (unit, *cell) for unit in (PROVINCE, NORTH, NORTH_1) for cell in of_unit
    ]
    # 6 units and 5 rows: FILED 30 cells; RATE where there is a base: T, KA, K1, K2 at 3 units. LOSS and MOVED are not in both
    assert found.cells["F"].cells == 30 + 4 * 3


def test_a_figure_differs_from_none(catalog: Catalog, tmp_path: Path) -> None:
    """Theirs divides by the thefts by night: at K1 of one by night, at T two; a row without any has no rate."""
    theirs = written(tmp_path / "none", "F.yaml", _OURS.replace("{code: ALL, indicator: filed,", "{code: ALL, indicator: filed_counted,"))
    by_day = [tiny.theft("1", "2026-10-05", NORTH_1, "K1", loss_yuan=10)]
    with tiny.warehouse(catalog, by_day) as engine:
        found = side_by_side(engine, catalog, theirs, PERIOD)
    assert {(d.row_code, d.column_code, d.ours, d.theirs) for d in found.cells["F"].differences} == {
        (row, "RATE", 10, None) for row in ("T", "KA", "K1")
    }


def test_rows_found_in_the_data_are_compared_too(catalog: Catalog, tmp_path: Path) -> None:
    """By night only b is found at North 1; a, by day, is a row of ours alone."""
    ours = tiny.standard(tmp_path / "ours", {"counted": "by_night"})
    for folder, indicator in ((ours.templates, "filed"), (tmp_path / "theirs", "filed_counted")):
        data = tiny.form_data(f"- {{code: FILED, indicator: {indicator}}}", one=True)
        data["blocks"].append({"id": "who", "at_level": "station", "rows": {"dynamic": "suspect"}})
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "F.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    thefts = [tiny.theft("1", "2026-10-05", NORTH_1, suspect="a"), tiny.theft("2", "2026-10-06", NORTH_1, suspect="b", is_night=True)]
    with tiny.warehouse(ours, thefts) as engine:
        found = side_by_side(engine, ours, tmp_path / "theirs", PERIOD).cells["F"]
    assert [(d.unit_code, d.row_code, d.ours, d.theirs) for d in found.differences] == [
        (PROVINCE, "T", 2, 1), (NORTH, "T", 2, 1), (NORTH_1, "T", 2, 1), (NORTH_1, "who/a", 1, None),
    ]  # fmt: skip
    assert found.cells == 6 + 2  # T at six units; a and b at one


def test_nothing_is_compared_that_one_does_not_make(catalog: Catalog, tmp_path: Path) -> None:
    yearly = written(tmp_path / "yearly", "F.yaml", _OURS, frequency=["year"])
    with tiny.warehouse(catalog, THEFTS) as engine:
        found = side_by_side(engine, catalog, yearly, PERIOD)
    assert (found.cells, found.not_due) == ({}, ["F"])


def test_versions_in_force_in_the_period_are_compared(catalog: Catalog, tmp_path: Path) -> None:
    folder = written(tmp_path / "versions", "F.yaml", _OURS, _CHECKS)
    text = yaml.safe_dump({**tiny.form_data(_THEIRS), "version": 2}, allow_unicode=True) + "valid_from: 2026-11-01\n"
    (folder / "F.v2.yaml").write_text(text, encoding="utf-8")
    with tiny.warehouse(catalog, THEFTS) as engine:
        october = side_by_side(engine, catalog, folder, PERIOD)
    assert [d.part for d in october.definitions] == ["form"]  # valid_to alone: version 1 ends on 1 November
    assert october.cells["F"].differences == []
    assert ("column", "RATE") in [(d.part, d.code) for d in definitions(catalog, folder, None).definitions]
    written(folder, "F.v3.yaml", _OURS, version=3)
    with pytest.raises(DefinitionError, match="version 3 is in force from the beginning, when version 1"):
        check_templates.run(catalog=catalog, folder=folder)


def test_differences_as_files(tmp_path: Path) -> None:
    sheets = {"definitions": (["code"], [["=1+1"]]), "cells": (["unit", "ours", "theirs"], [["U", Decimal("7.5"), None]])}
    write_sheets(tmp_path / "d.xlsx", sheets)
    book = load_workbook(tmp_path / "d.xlsx")
    assert [list(s.values) for s in book.worksheets] == [[("code",), ("=1+1",)], [("unit", "ours", "theirs"), ("U", 7.5, None)]]
    assert book["definitions"]["A2"].data_type == "s"  # a text, no formula
    write_sheets(tmp_path / "d.csv", sheets)
    with (tmp_path / "d.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["unit", "ours", "theirs"], ["U", "7.5", ""]]
    with pytest.raises(StatisticsError, match=r"d.txt: the differences are written as .csv or .xlsx"):
        write_sheets(tmp_path / "d.txt", sheets)
