"""What a warehouse holds of the counted forms beside what was counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from policestats.engines.duckdb import DuckDBEngine
from policestats.simulator.province import ROOT
from tests.support.counting.books import Books
from tests.support.counting.forms import COUNTED, count
from tests.support.counting.sheet import Place


@dataclass
class Compared:
    """How many cells were compared, zeros and dashes apart, and those that differ: (form, unit, row, column) -> (stored, counted)."""

    cells: int = 0
    differences: dict[tuple[str, str, str, str], tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)


def compare(engine: DuckDBEngine, books: Books, period: str) -> Compared:
    """Compare every counted form that was made for ``period``, columns that miss their source left out."""
    stored: dict[str, dict[Place, Decimal]] = defaultdict(dict)
    for row in engine.sql(
        "SELECT form_id, unit_code, row_code, column_code, value FROM report.cell WHERE period = ?", [period]
    ).to_pylist():
        stored[row["form_id"]][row["unit_code"], row["row_code"], row["column_code"]] = row["value"]
    listed, missing = defaultdict(set), defaultdict(set)
    for row in engine.sql(
        "SELECT DISTINCT form_id, unit_code, column_code, status IN ('missing', 'not_applicable') AS is_missing FROM report.status WHERE period = ?",
        [period],
    ).to_pylist():
        listed[row["form_id"]].add(row["unit_code"])
        if row["is_missing"]:
            missing[row["form_id"]].add((row["unit_code"], row["column_code"]))
    found = Compared()
    for form in COUNTED:
        if form not in stored:
            continue
        # the unknown unit has no form while it holds no record of a connected source: it misses what the root misses
        counted = {
            place: value
            for place, value in count(books, form, period).items()
            if (place[0] if place[0] in listed[form] else ROOT, place[2]) not in missing[form]
        }
        places = stored[form].keys() | counted.keys()
        found.cells += len(places)
        for place in places:
            values = stored[form].get(place), counted.get(place)
            if values[0] != values[1]:
                found.differences[form, *place] = values
    return found
