"""fill diff: typed cells that records give now, with both figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from policestats.engines.duckdb import open_warehouse
from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports import contract

COLUMNS = ("form_id", "unit_code", "row_code", "column_code", "typed_value", "computed_value", "difference", "told")


def run(*, home: Path, period: str, forms: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the typed cells of ``period`` that records stand in front of, as last tabulated, in the order of forms, units, rows and columns.

    Raises: StatisticsError when nothing was tabulated for the period.
    """
    wanted = ReferencePeriod.parse(period)
    with open_warehouse(home, read_only=True) as engine:
        has_run = engine.has_table("report", "run") and engine.has_table(*contract.TYPED_DIFFERENCE.name.split("."))
        if not has_run or not engine.scalar("SELECT count(*) FROM report.run WHERE period = ?", [wanted.text]):
            raise StatisticsError(f"nothing has been tabulated for {wanted}: run 'policestats tabulate --period {wanted}' first")
        return engine.sql(
            f"SELECT {', '.join(f'd.{name}' for name in COLUMNS)} FROM {contract.TYPED_DIFFERENCE.name} AS d "
            "LEFT JOIN dim.unit AS u ON u.period = d.period AND u.unit_code = d.unit_code "
            "LEFT JOIN report.form_row AS r ON r.form_id = d.form_id AND r.period = d.period AND r.row_code = d.row_code AND r.unit_code IS NULL "
            "LEFT JOIN report.form_column AS c ON c.form_id = d.form_id AND c.period = d.period AND c.column_code = d.column_code "
            "AND c.block_id = r.block_id "
            "WHERE d.period = ? AND (len(?::VARCHAR[]) = 0 OR list_contains(?::VARCHAR[], d.form_id)) "
            "ORDER BY d.form_id, u.unit_order, r.row_order, c.column_order",
            [wanted.text, list(forms), list(forms)],
        ).to_pylist()
