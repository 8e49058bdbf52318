"""What the property tests draw: lawful ledgers, damaged ledgers, periods and random forms."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from .admin import admin_cases
from .collection import expectations, objects
from .criminal import criminal_cases
from .dispute import disputes
from .forms import random_form
from .incident import incidents
from .province import LONGEST, NOBODY, Row, unit_tables

__all__ = ["damaged_ledgers", "ledgers", "periods", "random_form"]

Draw = st.DrawFn

# Months around the reorganisations, the change of law and the year's end; and every other frequency.
MONTHS = ["2025-12", "2026-01", "2026-02", "2026-03"]
OTHERS = {
    "day": ["2025-02-28", "2026-01-01", "2026-02-28", "2024-02-29"],
    "week": ["2025-W01", "2026-W01", "2026-W05", "2026-W09", "2026-W53"],
    "quarter": ["2025-Q4", "2026-Q1"],
    "half_year": ["2025-H2", "2026-H1"],
    "year": ["2025", "2026"],
}
NAMED = ("case_no", "incident_no", "dispute_no", "object_id")  # columns by which one record names another


def periods(frequencies: list[str]) -> st.SearchStrategy[str]:
    """A period of one of ``frequencies``."""
    return st.sampled_from([text for frequency in frequencies for text in (MONTHS if frequency == "month" else OTHERS[frequency])])


@st.composite
def ledgers(draw: Draw, criminal: int = 4, admin: int = 4, incident: int = 4, dispute: int = 3, collected: int = 3) -> dict[str, list[Row]]:
    """A lawful ledger of a small province: core tables of at most so many cases of each kind.

    Within one case neither days nor entry times go back, filing comes first, a charge change starts from the charge before it and a
    transfer from the unit that holds the case. Codes may be unknown and units, charges and causes null: that is no break of law.

    How many cases and how long each is are drawn, and shrink; the rest of a case comes from a seed of its own, because drawing
    every field makes ledgers too much alike to meet the rare coincidences that break a check.
    """
    units = unit_tables(_seeded(draw))
    tables: dict[str, list[Row]] = {"unit": units}
    parts: list[dict[str, list[Row]]] = []
    for n in range(1, draw(_up_to(criminal)) + 1):
        parts.append(criminal_cases(_seeded(draw), units, f"A{n}", draw(_up_to(LONGEST))))
    for n in range(1, draw(_up_to(admin)) + 1):
        parts.append(admin_cases(_seeded(draw), units, f"B{n}", draw(_up_to(LONGEST))))
    for n in range(1, draw(_up_to(incident)) + 1):
        parts.append(incidents(_seeded(draw), units, n))
    for n in range(1, draw(_up_to(dispute)) + 1):
        parts.append(disputes(_seeded(draw), units, f"D{n}", draw(_up_to(LONGEST))))
    for n in range(1, draw(_up_to(collected)) + 1):
        parts.append(objects(_seeded(draw), units, f"H{n}", draw(_up_to(LONGEST))))
    if collected:
        parts.append(expectations(_seeded(draw), units))
    for part in parts:
        for table, rows in part.items():
            tables.setdefault(table, []).extend(rows)
    return tables


@st.composite
def damaged_ledgers(draw: Draw) -> dict[str, list[Row]]:
    """A ledger with nulls and orphans anywhere but in the units tree and the keys: no check need hold, but the cells are defined."""
    tables = draw(ledgers())
    rows = [(table, row) for table, content in tables.items() if table not in ("unit", "expected_object") for row in content]
    for _ in range(draw(st.integers(0, 4)) if rows else 0):
        table, row = draw(st.sampled_from(rows))
        column = draw(st.sampled_from(sorted(column for column in row if not _is_key(table, column))))
        row[column] = draw(st.sampled_from(["NOBODY", None])) if column in NAMED else _damaged(draw, column)
    return tables


def _up_to(most: int) -> st.SearchStrategy[int]:
    """From 1 (0 when ``most`` is 0), and often as many as allowed: coincidences need many cases, a counterexample few."""
    return st.one_of(st.integers(min(1, most), most), st.just(most))


def _seeded(draw: Draw) -> Random:
    return Random(draw(st.integers(0, 2**32 - 1)))


def _damaged(draw: Draw, column: str) -> Any:
    return draw(st.sampled_from([None, NOBODY])) if column.endswith("unit_code") else None


def _is_key(table: str, column: str) -> bool:
    keys = {"criminal_case": "case_no", "admin_case": "case_no", "incident": "incident_no", "dispute": "dispute_no"}
    if column == "object_id" and table not in ("object_event", "object_maintenance"):
        return True
    return column == keys.get(table, "") or column in (
        "change_no",
        "event_no",
        "transfer_no",
        "decision_no",
        "order_no",
        "person_no",
        "referral_no",
        "grade_no",
        "maintenance_no",
    )
