"""A year with exactly the cases that the yearbook counts for 2009 gives X01 with exactly its rows and shares."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policestats.catalog import load_catalog
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages.tabulate import tabulate
from tests.report_templates.hand_cases import FOLDER, rows
from tests.support.ledger import ROOT, ledger

#: China Statistical Yearbook 2010, table 22-11: cases filed in 2009, and their share as printed; the charges are one or two of each group
PUBLISHED = {
    "R01": (14_667, "0.26", ["C177"]),
    "R02": (172_840, "3.10", ["C179"]),
    "R03": (283_243, "5.08", ["C220"]),
    "R04": (33_286, "0.60", ["C182"]),
    "R05": (6_513, "0.12", ["C188"]),
    "R06": (3_888_579, "69.69", ["C221"]),
    "R07": (381_432, "6.84", ["C222"]),
    "R08": (1_200, "0.02", ["C077", "C078"]),
    "R09": (4_758, "0.09", ["C104", "C105"]),
    "R10": (793_397, "14.22", ["C223", "C356", None]),
}
TOTAL = 5_579_915


@pytest.mark.slow  # 5.6 million cases
def test_table_22_11_of_2009() -> None:
    """Every day of the year files cases of every group at two stations of one city; the December form holds the year."""
    assert sum(number for number, _, _ in PUBLISHED.values()) == TOTAL
    catalog = load_catalog(ROOT, "cn")
    units = rows(FOLDER / "cn" / "X01" / "month_edges", catalog)["unit"]
    for unit in units:
        unit["valid_from"] = "2000-01-01"
    columns = catalog.tables["criminal_case"].columns
    with ledger(catalog, {"unit": units}) as engine:
        for row, (number, _, charges) in PUBLISHED.items():
            values = {
                "case_no": f"'{row}-' || i",
                "filed_on": "DATE '2009-01-01' + (i % 365)::INTEGER",
                "entered_at": "(DATE '2009-01-01' + (i % 365)::INTEGER)::TIMESTAMP + INTERVAL 12 HOUR",
                "filing_unit_code": "CASE WHEN i % 3 = 0 THEN '990101010000' ELSE '990102010000' END",
                "charge_code": f"{charges}[1 + i % {len(charges)}]".replace("None", "NULL"),
            } | {name: "false" for name, column in columns.items() if column.default is False}
            select = ", ".join(f'{values.get(name, "NULL")} AS "{name}"' for name in columns)
            engine.execute(
                f"INSERT INTO core.criminal_case_version BY NAME SELECT {select}, 1 AS known_from, NULL AS known_to FROM range({number}) AS r(i)"
            )
        tabulate(engine, catalog, ReferencePeriod.parse("2009-12"), {"X01": load_forms(catalog)["X01"]})
        found = engine.sql(
            "SELECT row_code, column_code, value FROM report.cell WHERE unit_code = '990000000000' AND column_code IN ('FILED_YTD', 'SHARE_YTD')"
        ).to_pylist()
    cells = {(r["row_code"], r["column_code"]): r["value"] for r in found}
    assert cells["T", "FILED_YTD"] == TOTAL
    assert {row: cells[row, "FILED_YTD"] for row in PUBLISHED} == {row: number for row, (number, _, _) in PUBLISHED.items()}
    assert {row: cells[row, "SHARE_YTD"] for row in PUBLISHED} == {row: Decimal(share) for row, (_, share, _) in PUBLISHED.items()}
