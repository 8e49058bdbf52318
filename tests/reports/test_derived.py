"""Columns computed after aggregation, each kind by hand.

October 2026, North 1: three thefts K1, one K2, one K9; September: two K1; October 2025: four K1. Late: one K1 of October.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from policestats.catalog import Catalog
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, Cells

_COLUMNS = """
- {code: ALL, formula: {FILED: 2, LATE: -1}}
- {code: FILED, indicator: filed}
- {code: LATE, indicator: filed_late}
- {code: BEFORE, indicator: filed, variant: previous_period}
- {code: YEAR, indicator: filed, variant: prior_year}
- {code: RATE, rate: {of: LATE, over: FILED}, per: 100, decimals: 2}
- {code: BOTH, rate: {of: {FILED: 1, LATE: 2}, over: YEAR}, per: 1, decimals: 3}
- {code: OF_K1, rate: {of: FILED, over: FILED, of_row: K1, over_row: T}, per: 100, decimals: 1, rows: [T]}
- {code: CHANGE, change: {of: FILED, from: BEFORE}, decimals: 1}
- {code: LESS, change: {of: FILED, from: YEAR}, decimals: 1}
- {code: DAILY_CHANGE, change: {of: FILED, from: BEFORE, per_day: true}, decimals: 2}
- {code: SHARE, share_of: {column: FILED, row: T, except: {K1: KA}}, decimals: 2}
- {code: DAILY, per_day: FILED, decimals: 3}
- {code: OF_ALL, rate: {of: SOME, over: FILED}, per: 1, decimals: 1}
- {code: SOME, formula: {FILED: 1}, rows: [K1]}
"""
# fmt: off
THEFTS = [
    tiny.theft("1", "2026-10-01", NORTH_1, "K1"), tiny.theft("2", "2026-10-02", NORTH_1, "K1"),
    tiny.theft("3", "2026-09-30", NORTH_1, "K1", entered_at="2026-10-20 00:00:00"),  # late: October's
    tiny.theft("4", "2026-10-03", NORTH_1, "K2"), tiny.theft("5", "2026-10-04", NORTH_1, "K9"),
    tiny.theft("6", "2026-09-01", NORTH_1, "K1"), tiny.theft("7", "2026-09-02", NORTH_1, "K1"),
    *(tiny.theft(str(i), "2025-10-10", NORTH_1, "K1") for i in range(8, 12)),
    tiny.theft("12", "2026-10-05", NORTH_2, "K2"),
]
# fmt: on
#: FILED: T 5, KA 4, K1 3, K2 1, K9 1; LATE: T KA K1 1; BEFORE: T KA K1 2; YEAR: T KA K1 4
EXPECTED = {
    "ALL": {"T": "9", "KA": "7", "K1": "5", "K2": "2", "K9": "2"},  # 2 x FILED - LATE
    "RATE": {"T": "20", "KA": "25", "K1": "33.33", "K2": "0", "K9": "0"},  # 1/5, 1/4, 1/3
    "BOTH": {"T": "1.75", "KA": "1.5", "K1": "1.25"},  # (5 + 2) / 4, (4 + 2) / 4, (3 + 2) / 4; no base in K2, K9
    "OF_K1": {"T": "60"},  # 3 of 5
    "CHANGE": {"T": "150", "KA": "100", "K1": "50"},  # 2 -> 5, 2 -> 4, 2 -> 3
    "LESS": {"T": "25", "KA": "0", "K1": "-25"},  # 4 -> 5, 4 -> 4, 4 -> 3
    "DAILY_CHANGE": {"T": "141.94", "KA": "93.55", "K1": "45.16"},  # (5/31) / (2/30) - 1 = 150/62 - 1 = 1.41935; 120/62; 90/62
    "SHARE": {"T": "100", "KA": "80", "K1": "75", "K2": "20", "K9": "20"},  # of 5; K1 of KA: 3 of 4
    "DAILY": {"T": "0.161", "KA": "0.129", "K1": "0.097", "K2": "0.032", "K9": "0.032"},  # over 31 days
    "OF_ALL": {"K1": "1"},  # its operand has a figure in K1 alone, whichever of them is written first
    "SOME": {"K1": "3"},
}


@pytest.fixture(scope="module")
def cells(catalog: Catalog) -> Cells:
    with tiny.warehouse(catalog, THEFTS) as engine:
        return tiny.filled(engine, catalog, "2026-10", tiny.form(catalog, _COLUMNS))[1]


@pytest.mark.parametrize("column", EXPECTED)
def test_each_kind_by_hand(cells: Cells, column: str) -> None:
    assert {row: value for (unit, row, code), value in cells.items() if (unit, code) == (NORTH_1, column)} == {
        row: Decimal(value) for row, value in EXPECTED[column].items()
    }


def test_rates_are_made_from_totals_and_never_averaged(cells: Cells) -> None:
    """North: 1 of 6 is late, 16.67; the mean of 20 and 0 would be 10."""
    assert (cells[NORTH_1, "T", "RATE"], cells[NORTH_2, "T", "RATE"], cells[NORTH, "T", "RATE"]) == (20, 0, Decimal("16.67"))
