"""What is printed of a form: the hand-computed lines, and which units have a table."""

from __future__ import annotations

import pytest

from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages import release_forms, release_print
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, SILENT, STATION_1, UNKNOWN

#: Columns printed of T01 (HIDDEN is not), in order.
COLUMNS = ["FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE"]
#: (unit, row) -> the printed line, from the ledger: theft is R06, fraud R07, no charge R10 and of which PENDING
EXPECTED: dict[tuple[str, str], list[object]] = {
    (STATION_1, "T"): [2, 2, 0, 2, 100, 1],  # case1, case2; case6 a year earlier
    (STATION_1, "R06"): [1, 1, 0, "—", 50, 1],  # ALL_ONLY is of the total alone; 1 of 2
    (STATION_1, "R07"): [1, 1, 0, "—", 50, 0],
    (COUNTY_1, "R06"): [2, 1, 0, "—", 66.67, 1],  # case1, case3 have one charge; 2 of 3 = 66.666...
    (SILENT, "T"): ["缺", "缺", "缺", "缺", "缺", 0],
    (COUNTY_2, "T"): [0, 0, 1, 0, "—", 0],  # move2; no case, no base
    (PROVINCE, "T"): [5, 3, 0, 5, 100, 1],  # case1 to case5; theft, fraud, and "no charge" as a key of its own
    (UNKNOWN, "PENDING"): [1, 1, 0, "—", 100, 0],  # C5
}


def test_with_many_units_only_the_upper_levels_have_tables(release: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_forms, "MOST_TABLES", 12)  # there are 13
    with open_warehouse(release.result.folder, read_only=True, name="statistics.duckdb") as engine:
        pages = release_print.ReleasePrint(engine, release.catalog, ReferencePeriod.parse(PERIOD), {"release": "2026-10-r1"})
        form = load_forms(release.catalog)["T01"]
        printed, tables = pages.form(form), pages.tables(form)
    assert len(printed.units) == 13
    assert [t.unit.code for t in tables] == [PROVINCE, "990100000000", COUNTY_1, COUNTY_2, "990200000000", "990201000000", UNKNOWN]
    assert printed.notice is not None
    assert "6" in printed.notice["zh"]
