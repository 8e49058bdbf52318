"""The simulator's tally beside the cells of a warehouse."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.template import load_forms

#: form, unit, row, column
Key = tuple[str, str, str, str]
Statuses = list[dict[str, str]]
#: the forms that the simulator counts itself; the others are compared with the interpreter, on the same province
COUNTED = ("X01", "X02", "Z01", "Z11", "Z13", "Z14")


def statuses(engine: DuckDBEngine, period: str) -> Statuses:
    """Return which status each column of each unit's form has in ``period``."""
    return engine.sql(
        "SELECT DISTINCT form_id, unit_code, column_code, status FROM report.status WHERE period = ?", [period]
    ).to_pylist()  # fmt: skip


def differences(engine: DuckDBEngine, catalog: Catalog, tally: Path, period: str) -> dict[Key, tuple[Decimal | None, Decimal | None]]:
    """Return every cell that is not as the file ``tally`` counts it, as (what is stored, what was counted); {} when all agree.

    Only forms that the tally counts are compared (COUNTED). Cells of the tally that no form prints (a silent station's month, columns that do not apply) are left out.
    """
    rows = engine.sql(
        "SELECT form_id, unit_code, row_code, column_code, value FROM report.cell WHERE period = ? AND list_contains(?, form_id)",
        [period, list(COUNTED)],
    ).to_pylist()
    cells: dict[Key, Decimal] = {(r["form_id"], r["unit_code"], r["row_code"], r["column_code"]): r["value"] for r in rows}
    status, forms, unknown = statuses(engine, period), load_forms(catalog), catalog.standard.unknown_unit_code
    unprinted = {
        (s["form_id"], s["unit_code"], s["column_code"]) for s in status if s["status"] in ("missing", "not_applicable", "blocked")
    }
    listed = {(s["form_id"], s["unit_code"]) for s in status}
    expected = {
        key: value
        for key, value in read_tally(tally, period).items()
        if key[0] in forms
        and ("/" not in key[2] or _found_rows(catalog.templates / f"{key[0]}.yaml"))
        and (key[0], key[1], key[3]) not in unprinted
        # the unknown unit has no form until it holds a record; the tally writes its daily means of 0.0 all the same
        and not (key[1] == unknown and (key[0], key[1]) not in listed and value == 0)
    }
    return {k: (cells.get(k), expected.get(k)) for k in cells.keys() | expected.keys() if cells.get(k) != expected.get(k)}


def read_tally(tally: Path, period: str) -> dict[Key, Decimal]:
    """Return what the file counts for ``period``, zeros included."""
    with tally.open(encoding="utf-8") as file:
        return {
            (r["form_id"], r["unit_code"], r["row_code"], r["column_code"]): Decimal(r["value"])
            for r in csv.DictReader(file)
            if r["period"] == period
        }


@cache
def _found_rows(template: Path) -> bool:
    """Whether the form prints rows that are found in the data, of which the tally has all."""
    blocks = yaml.safe_load(template.read_text(encoding="utf-8"))["blocks"]
    return any({"dynamic", "cross"} & block["rows"].keys() for block in blocks)
