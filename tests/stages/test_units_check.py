"""The units tree at each load: a cycle stops the load, single wrong rows are issues."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.errors import ConformError
from policestats.landing.units_check import UnitRow, find_cycle
from policestats.stages import conform, extract
from tests.stages.small import REPORT_COLUMNS, UNIT_COLUMNS, content, csv_text, make_zip, query, standard


@pytest.fixture
def two(tmp_path: Path) -> Catalog:
    """Return a standard with two sources: staff (the units) and desk (the reports)."""
    return standard(
        tmp_path / "definitions",
        {
            "staff": {"kind": "files", "tables": {"unit": {"into": "unit"}}},
            "desk": {"kind": "files", "tables": {"report": {"into": "report"}}},
        },
    )


def land_units(catalog: Catalog, home: Path, *rows: tuple[str, str, str, str, str]) -> None:
    """Land (unit, valid from, valid to, parent, successor) rows."""
    text = csv_text(UNIT_COLUMNS, [dict(zip(UNIT_COLUMNS, row, strict=True)) for row in rows])
    number = len(list(home.glob("raw/*/manifest/*.json")))
    extract.run(catalog=catalog, source="staff", location=make_zip(home.parent / f"{number}.zip", {"unit.csv": text}), home=home)


def land_report(catalog: Catalog, home: Path, number: str) -> None:
    text = csv_text(REPORT_COLUMNS, [{"report_no": number}])
    extract.run(catalog=catalog, source="desk", location=make_zip(home.parent / f"{number}.zip", {"report.csv": text}), home=home)


TOP = ("A1", "2025-01-01", "", "", "")


def unit(
    code: str, parent: str | None, *, valid_from: date = date(2025, 1, 1), valid_to: date | None = None, successor: str | None = None
) -> UnitRow:
    return UnitRow(code, code, valid_from, valid_to, parent, successor)


JULY = date(2025, 7, 1)


@pytest.mark.parametrize(
    ("rows", "cycle"),
    [
        ([unit("A1", None), unit("B1", "A1"), unit("B2", "A1"), unit("C1", "B1")], None),
        ([unit("A1", "A1")], ("parents on 2025-01-01", ["A1", "A1"])),  # its own parent
        ([unit("C1", "A1"), unit("B1", "C1"), unit("A1", "B1")], ("parents on 2025-01-01", ["A1", "B1", "C1", "A1"])),
        # the cycle begins in July, when B1 moves below its child
        (
            [unit("B1", "A1", valid_to=JULY), unit("B1", "C1", valid_from=JULY), unit("C1", "B1"), unit("A1", None)],
            ("parents on 2025-07-01", ["B1", "C1", "B1"]),
        ),
        # A1 and B1 change places in July: on no day are both edges there
        (
            [
                unit("A1", None, valid_to=JULY),
                unit("B1", "A1", valid_to=JULY),
                unit("B1", None, valid_from=JULY),
                unit("A1", "B1", valid_from=JULY),
            ],
            None,
        ),
        ([unit("A1", None), unit("B1", "X9")], None),  # a parent that does not exist is another matter
        (
            [unit("B1", None, valid_to=JULY, successor="B2"), unit("B2", None, valid_to=JULY, successor="B1")],
            ("successors", ["B1", "B2", "B1"]),
        ),
        ([unit("B1", None, valid_to=JULY, successor="B2"), unit("B2", None)], None),
        ([UnitRow("A1", "A1", None, None, "B1", None), UnitRow("B1", "B1", None, None, "A1", None)], ("parents", ["A1", "B1", "A1"])),
    ],
)
def test_find_cycle(rows: list[UnitRow], cycle: Any) -> None:
    assert find_cycle(rows) == cycle


def test_a_long_chain_is_no_trouble() -> None:
    chain = [unit(f"N{i}", f"N{i + 1}") for i in range(5000)]  # deeper than Python may recurse
    assert find_cycle(chain) is None
    assert find_cycle([*chain, unit("N5000", "N0")]) is not None


def test_a_cycle_rolls_its_load_back_and_the_others_go_on(two: Catalog, home: Path) -> None:
    land_units(two, home, TOP)
    conform.run(catalog=two, home=home)
    land_units(two, home, TOP, ("B1", "2025-01-01", "", "B2", ""), ("B2", "2025-01-01", "", "B1", ""))
    land_report(two, home, "R1")
    message = (
        r"load 2 of source 'staff': the table 'unit' has a cycle among parents on 2025-01-01: B1 -> B2 -> B1; correct one of these rows"
    )
    for _ in range(2):  # run again: the same error, for the load still waits
        with pytest.raises(ConformError, match=message):
            conform.run(catalog=two, home=home)
        assert query(home, "SELECT load_id FROM core.load ORDER BY 1") == [(1,), (3,)]
        assert query(home, "SELECT unit_code, known_from, known_to FROM core.unit_version") == [("A1", 1, None)]
        assert query(home, "SELECT report_no FROM core.report") == [("R1",)]
        assert query(home, "SELECT count(*) FROM core.cast_issue") == [(0,)]


def test_a_corrected_delivery_takes_over(two: Catalog, home: Path) -> None:
    """The load with the cycle is put down as refused, with its reason, and blocks nobody; a rebuild says the same."""
    land_units(two, home, TOP)
    land_units(two, home, TOP, ("B1", "2025-01-01", "", "B1", ""))
    with pytest.raises(ConformError):
        conform.run(catalog=two, home=home)
    land_units(two, home, TOP, ("B1", "2025-01-01", "", "A1", ""))
    result = conform.run(catalog=two, home=home)
    assert result.loads == [2, 3]
    assert query(home, "SELECT unit_code, known_from, known_to FROM core.unit_version ORDER BY 1") == [("A1", 1, None), ("B1", 3, None)]
    assert "B1 -> B1" in json.loads(query(home, "SELECT manifest FROM core.load WHERE load_id = 2")[0][0])["refused"]
    assert query(home, "SELECT load_id, table_name, column_name, known_to FROM core.cast_issue") == [(2, "unit", "<tree>", 3)]
    before = content(home, two)
    conform.run(catalog=two, home=home, rebuild=True)
    assert content(home, two) == before


def test_single_wrong_rows_are_issues(two: Catalog, home: Path) -> None:
    land_units(
        two,
        home,
        TOP,
        ("B1", "2025-01-01", "", "X9", ""),  # no such parent
        ("B2", "2025-01-01", "2025-07-01", "A1", "Y9"),  # no such successor
        ("b3", "2025-01-01", "", "A1", ""),  # not a letter in capitals and a digit
        ("B4", "2025-01-01", "2025-07-01", "A1", "B1"),
    )
    assert conform.run(catalog=two, home=home).issues == 3
    assert query(home, "SELECT load_id, record_key, column_name, raw_value FROM core.cast_issue WHERE table_name = 'unit' ORDER BY 2") == [
        (1, "B1/2025-01-01", "parent_unit_code", "X9"),
        (1, "B2/2025-01-01", "successor_unit_code", "Y9"),
        (1, "b3/2025-01-01", "unit_code", "b3"),
    ]
    assert query(home, "SELECT count(*) FROM core.unit") == [(5,)]  # nothing is lost
    land_units(two, home, TOP, ("B1", "2025-01-01", "", "A1", ""))
    assert conform.run(catalog=two, home=home).issues == 0
    assert query(home, "SELECT DISTINCT known_to FROM core.cast_issue") == [(2,)]
