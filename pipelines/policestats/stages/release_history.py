"""Fills report.history of a release: the last periods of one column of each form, as the warehouse last tabulated them."""

from __future__ import annotations

from typing import Any

from policestats.catalog import Catalog
from policestats.engines.duckdb import quoted
from policestats.engines.release_files import SOURCE, STATISTICS_DB, ReleaseFiles
from policestats.periods import ReferencePeriod
from policestats.reports.form_columns import FormColumn
from policestats.reports.release_contract import HISTORY
from policestats.reports.template import Form
from policestats.stages.release_forms import units_with_tables

#: periods drawn, the published one included
PERIODS = 13


def last_periods(period: ReferencePeriod) -> list[str]:
    """Return the PERIODS periods that end with ``period``, oldest first.

    >>> last_periods(ReferencePeriod.parse("2026-02"))[::6]
    ['2025-02', '2025-08', '2026-02']
    """
    found = [period]
    while len(found) < PERIODS:
        found.append(found[-1].previous)
    return [p.text for p in reversed(found)]


def fill_history(files: ReleaseFiles, catalog: Catalog, forms: list[Form], period: ReferencePeriod) -> int:
    """Make report.history and fill it for ``forms``, for the units that have a table of their own; return its rows.

    The tables of ``period`` stand in the release already. A period that was not tabulated, a unit that had no form then and a row that
    the form did not have then leave no row.
    """
    files.create(STATISTICS_DB, HISTORY.ddl(), HISTORY.name, HISTORY.comments())
    lowest = catalog.standard.unit_levels[-1].code
    rows = 0
    for form in forms:
        column = form.drawn_column(period.frequency)
        if column is None:
            continue
        due = files.sql(
            f"SELECT unit_code, level_code FROM {STATISTICS_DB}.dim.unit WHERE unit_code IN "
            f"(SELECT unit_code FROM {STATISTICS_DB}.report.status WHERE form_id = ?)",
            [form.id],
        ).to_pylist()
        rows += files.fill(STATISTICS_DB, HISTORY.name, *_select(form, column, period, sorted(units_with_tables(due, lowest))))
    return rows


def _select(form: Form, column: FormColumn, period: ReferencePeriod, units: list[str]) -> tuple[str, list[Any]]:
    """Return the SELECT of one form and its parameters: one scan of each table.

    The rows are those that the form had in each period; rows found in the data are the present ones, since one that was not found
    then had nothing to count.
    """
    status, row, cell, head = (quoted(f"{SOURCE}.report.{name}") for name in ("status", "form_row", "cell", "form_column"))
    absent = "0" if column.kind in ("base", "formula") else "NULL"  # a rate without a base is absent
    select = f"""  -- $1 form, $2 column, $3 the period, $4 periods, $5 units, $6 blocks in which the column has no cell
        WITH told AS (
            SELECT period, unit_code, block_id, row_code, status FROM {status}
            WHERE form_id = $1 AND column_code = $2 AND period IN (SELECT unnest($4)) AND unit_code IN (SELECT unnest($5))
        ), rows AS (
            SELECT t.period, t.unit_code, r.block_id, r.row_code, t.status FROM told AS t
            JOIN {row} AS r ON r.form_id = $1 AND r.block_id = t.block_id
                AND ((r.unit_code IS NULL AND r.period = t.period) OR (r.unit_code = t.unit_code AND r.period = $3))
            WHERE t.row_code IS NULL AND NOT list_contains($6::VARCHAR[], r.block_id)
        )
        SELECT $1 AS form_id, r.period, r.unit_code, r.row_code, $2 AS column_code,
            CASE WHEN coalesce(e.status, r.status) IN ('auto', 'manual', 'partial') THEN coalesce(c.value, {absent}) END AS value,
            coalesce(e.status, r.status) AS status
        FROM rows AS r
        JOIN {head} AS h ON h.form_id = $1 AND h.period = r.period AND h.column_code = $2
            AND (h.applies_to IS NULL OR list_contains(h.applies_to, split_part(r.row_code, '/', 1)))
        LEFT JOIN told AS e ON e.period = r.period AND e.unit_code = r.unit_code AND e.block_id = r.block_id AND e.row_code = r.row_code
        LEFT JOIN {cell} AS c ON c.form_id = $1 AND c.column_code = $2 AND c.period = r.period
            AND c.unit_code = r.unit_code AND c.row_code = r.row_code"""
    without = [b.id for b in form.dynamic_blocks if b.dynamic is not None and column.code in b.dynamic.without]
    return select, [form.id, column.code, period.text, last_periods(period), units, without]
