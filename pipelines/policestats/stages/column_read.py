"""Reads a column of a form that was tabulated before, for the checks of another form or period."""

from __future__ import annotations

import json

import numpy as np

from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.checks import Elsewhere
from policestats.reports.exact import from_decimals
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
        "SELECT variant, expression, applies_to FROM report.form_column WHERE form_id = ? AND period = ? AND column_code = ?",
        [form, period, name],
    ).to_pylist()
    status = engine.sql(
        "SELECT DISTINCT unit_code FROM report.status WHERE form_id = ? AND period = ? AND column_code = ? AND status IN ('auto', 'manual', 'partial')",
        [form, period, name],
    )
    if not spec or status.num_rows == 0:
        return None
    rows = engine.sql(
        "SELECT row_code FROM report.form_row WHERE form_id = ? AND period = ? AND unit_code IS NULL ORDER BY row_order", [form, period]
    )
    units, codes = (table.column(0).to_pylist() for table in (status, rows))
    cells = engine.sql(
        "SELECT unit_code, row_code, value FROM report.cell WHERE form_id = ? AND period = ? AND column_code = ?", [form, period, name]
    )
    at_unit, at_row = positions(cells.column(0), units), positions(cells.column(1), codes)
    found = from_decimals(cells.column(2))
    held = (at_unit >= 0) & (at_row >= 0)
    values = np.zeros((len(units), len(codes)), dtype=found.dtype)
    values[at_unit[held], at_row[held]] = found[held]
    if spec[0]["variant"] is not None or "formula" in json.loads(spec[0]["expression"]):
        applies = spec[0]["applies_to"]
        known = np.broadcast_to(np.array([applies is None or code in applies for code in codes], dtype=bool), values.shape)
    else:
        known = np.zeros(values.shape, dtype=bool)
        known[at_unit[held], at_row[held]] = True
    return Elsewhere(units, codes, values, known)
