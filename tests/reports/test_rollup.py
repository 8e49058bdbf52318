"""What is booked, added up both trees, against one group after the other by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from policestats.catalog import Catalog
from policestats.reports.rollup import Groups, added_up, booked_at, lines_of_rows
from tests.reports import tiny
from tests.reports.tables import ROWS, tree
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1, UNKNOWN


def groups(*rows: tuple[str, str, str | None, str]) -> Groups:
    """Return the groups of column A: (row, unit, other end, value)."""
    found = pa.table(
        {
            "column_code": ["A"] * len(rows),
            "row_code": [r[0] for r in rows],
            "unit_code": [r[1] for r in rows],
            "partner_unit_code": pa.array([r[2] for r in rows], pa.string()),
            "value": pa.array([Decimal(r[3]) for r in rows], pa.decimal128(38, 6)),
        }
    )
    return Groups.of(found, ["A"], ROWS, tree())


def cells(catalog: Catalog, *rows: tuple[str, str, str | None, str]) -> dict[tuple[str, str], Decimal]:
    """Return what is not 0, by unit and row."""
    values = added_up(groups(*rows), tree(), lines_of_rows(tiny.form(catalog, "[{code: A, indicator: filed}]")))
    units = [u.code for u in tree().units]
    return {(units[u], ROWS[r]): Decimal(f"{values[u, r]}E-6") for u, r in zip(*np.nonzero(values), strict=True)}


def test_a_group_is_in_every_unit_above_and_every_row_above(catalog: Catalog) -> None:
    assert cells(catalog, ("K1", NORTH_1, None, "2.5"), ("K9", NORTH, None, "1")) == {
        (NORTH_1, "K1"): Decimal("2.5"), (NORTH_1, "KA"): Decimal("2.5"), (NORTH_1, "T"): Decimal("2.5"),
        (NORTH, "K1"): Decimal("2.5"), (NORTH, "KA"): Decimal("2.5"), (NORTH, "K9"): 1, (NORTH, "T"): Decimal("3.5"),
        (PROVINCE, "K1"): Decimal("2.5"), (PROVINCE, "KA"): Decimal("2.5"), (PROVINCE, "K9"): 1, (PROVINCE, "T"): Decimal("3.5"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("partner", "where"),
    [
        (NORTH_2, [NORTH_1]),  # the county holds both ends
        (SOUTH_1, [NORTH_1, NORTH]),
        (SOUTH, [NORTH_1, NORTH]),
        (NORTH, [NORTH_1]),  # the other end is the unit above
        (NORTH_1, []),
        (PROVINCE, [NORTH_1, NORTH]),
        (UNKNOWN, [NORTH_1, NORTH]),  # the unknown unit lies inside the tree
        (None, [NORTH_1, NORTH, PROVINCE]),  # outside it
    ],
)
def test_a_transfer_counts_below_the_unit_that_holds_both_ends(catalog: Catalog, partner: str | None, where: list[str]) -> None:
    assert cells(catalog, ("K9", NORTH_1, partner, "1")) == {(unit, row): 1 for unit in where for row in ("T", "K9")}


def test_amounts_beyond_64_bits_are_added_exactly(catalog: Catalog) -> None:
    big = "99999999999999999999999.999999"
    found = cells(catalog, ("K9", NORTH_1, None, big), ("K9", NORTH_2, None, big), ("K9", SOUTH_1, None, f"-{big}"))
    assert (found[NORTH, "T"], found[PROVINCE, "T"]) == (Decimal("199999999999999999999999.999998"), Decimal(big))


def test_booked_is_what_is_not_passed_to_itself() -> None:
    own = booked_at(
        groups(("K1", NORTH_1, NORTH_2, "1"), ("K1", NORTH_1, NORTH_1, "5"), ("K1", NORTH_1, None, "2"), ("K2", SOUTH_1, None, "7")), 7, 5
    )
    units = [u.code for u in tree().units]
    found = {(units[at // 5], ROWS[at % 5]): int(v) // 1_000_000 for at, v in zip(own.at, own.values, strict=True)}
    assert found == {(NORTH_1, "K1"): 3, (SOUTH_1, "K2"): 7}
