"""Reads a column of a form that was tabulated before, for the checks of another form or period."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.checks import Elsewhere
from policestats.reports.exact import Flags, from_decimals
from policestats.reports.rollup import positions


def read_column(engine: DuckDBEngine, form: str, period: str, name: str, as_of: int) -> Elsewhere | None:
    """Return the column ``name`` as ``form`` was tabulated for ``period`` at the load ``as_of``; None when it was not, or has no such column.

    Figures made at another load, earlier or later, rest on other knowledge: what differs then need not be wrong, so they are no operand.
    The other form or period has to be tabulated at the same load first.

    An absent count is 0 where its status is one of figures; an absent rate has no base.
    """
    is_of_load = engine.scalar("SELECT count(*) FROM report.run WHERE form_id = ? AND period = ? AND as_of = ?", [form, period, as_of])
    if not is_of_load:
        return None
    spec = engine.sql(
        "SELECT expression, applies_to FROM report.form_column WHERE form_id = ? AND period = ? AND column_code = ?",
        [form, period, name],
    ).to_pylist()
    status = engine.sql(
        "SELECT unit_code, row_code, status IN ('auto', 'manual', 'partial') AS has_value, block_id FROM report.status "
        "WHERE form_id = ? AND period = ? AND column_code = ?",
        [form, period, name],
    ).to_pylist()
    units = sorted({s["unit_code"] for s in status if s["has_value"]})
    if not spec or not units:
        return None
    rows = engine.sql(
        "SELECT row_code, block_id FROM report.form_row WHERE form_id = ? AND period = ? AND unit_code IS NULL ORDER BY row_order",
        [form, period],
    ).to_pylist()
    codes = [str(row["row_code"]) for row in rows]
    cells = engine.sql(
        "SELECT unit_code, row_code, value FROM report.cell WHERE form_id = ? AND period = ? AND column_code = ?", [form, period, name]
    )
    at_unit, at_row = positions(cells.column(0), units), positions(cells.column(1), codes)
    found = from_decimals(cells.column(2))
    held = (at_unit >= 0) & (at_row >= 0)
    values = np.zeros((len(units), len(codes)), dtype=found.dtype)
    values[at_unit[held], at_row[held]] = found[held]
    if {"indicator", "ledger", "formula"} & json.loads(spec[0]["expression"]).keys():  # counted, or typed by people
        applies = spec[0]["applies_to"]
        known = np.broadcast_to(np.array([applies is None or code in applies for code in codes], dtype=bool), values.shape)
    else:
        known = np.zeros(values.shape, dtype=bool)
        known[at_unit[held], at_row[held]] = True
    return Elsewhere(units, codes, values, known & _printed(status, units, rows))


def _printed(status: list[dict[str, Any]], units: list[str], rows: list[dict[str, Any]]) -> Flags:
    """Return which cells print a figure, [unit, row]: as their block of rows says at the unit, or as they say themselves."""
    at_unit = {unit: i for i, unit in enumerate(units)}
    at_row = {row["row_code"]: i for i, row in enumerate(rows)}
    of_block: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        of_block.setdefault(row["block_id"], []).append(i)
    found = np.zeros((len(units), len(rows)), dtype=bool)
    for said in sorted(status, key=lambda s: s["row_code"] is not None):
        if said["unit_code"] not in at_unit:
            continue
        chosen = of_block.get(said["block_id"], []) if said["row_code"] is None else [at_row[said["row_code"]]]
        found[at_unit[said["unit_code"]], chosen] = said["has_value"]
    return found
