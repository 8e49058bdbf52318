"""Reading a published release: forms and data quality as DataFrames, and the records behind a cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from policestats import settings
from policestats.engines.duckdb import WAREHOUSE, DuckDBEngine, open_warehouse, quoted
from policestats.engines.release_folder import CURRENT, STATISTICS, TRACE, ReleaseFolder, resolve
from policestats.errors import ReleaseError, nearest
from policestats.reports.rates import scaled

_LEADING = ["period", "unit_code", "unit_name_zh", "unit_level", "row_code", "row_label_zh", "row_label_en"]

_UNIT_ORDER = "(SELECT unit_order FROM dim.unit AS u WHERE u.unit_code = g.unit_code)"
_LEVEL_ORDER = "(SELECT min(unit_order) FROM dim.unit AS u WHERE u.level_code = g.level_code)"
#: how rates are told: from which table and rows, in what order, and the column that leads
_RATES_BY = {
    "form": ("generation", "unit_code IS NOT DISTINCT FROM $unit", "true", []),
    "unit": ("generation", "unit_code = coalesce($unit, unit_code)", _UNIT_ORDER, ["unit_code"]),
    "level": ("generation", "level_code IS NOT NULL", _LEVEL_ORDER, ["level_code"]),
    "period": ("generation_trend", "level_code IS NULL", "period", ["period"]),
}


def read_form(
    form_id: str, *, home: str | Path | None = None, release: str = CURRENT, unit: str | None = None, wide: bool = True
) -> pd.DataFrame:
    """Return a published form.

    Args:
        home: folder of the run-time data; default $POLICESTATS_HOME, else ``var``.
        release: ``current``, a period such as ``2026-10`` (its newest release) or a release such as ``2026-10-r2``; found once, so that
            the figures are of one release even while another is published.
        unit: a unit code; default all units, in tree order.
        wide: True: a row per unit and form row, a column per form column (whole numbers as Int64, others as float64; missing where there
            is no figure). False: a row per figure, with ``column_code``, ``value`` and ``status``.
    Raises: ReleaseError when the release, the form or the unit is not there.
    """
    with _statistics(home, release) as engine:
        _must_have(engine, "form", form_id)
        if unit is not None:
            _must_have(engine, "unit", unit)
        columns = _columns(engine, form_id)
        frame = _frame(engine, f"SELECT * FROM report.{quoted(form_id)} WHERE ? IS NULL OR unit_code = ?", [unit, unit])
        for column in columns:
            kind = "Int64" if column["decimals"] == 0 else "float64"
            frame[column["column_code"]] = frame[column["column_code"]].astype(kind)
        if wide:
            return frame
        names = [c["column_code"] for c in columns]
        long = frame.astype(dict.fromkeys(names, "float64")).melt(_LEADING, names, "column_code", "value", ignore_index=False)
        long = long.sort_index(kind="stable").reset_index(drop=True)
        blocks = _frame(engine, "SELECT DISTINCT row_code, block_id FROM report.form_row WHERE form_id = ?", [form_id])
        status = _frame(
            engine, "SELECT unit_code, block_id, column_code, status FROM report.status WHERE form_id = ? AND row_code IS NULL", [form_id]
        )
        joined = long.merge(blocks, how="left", on="row_code").merge(status, how="left", on=["unit_code", "block_id", "column_code"])
        own = _frame(
            engine,
            "SELECT unit_code, row_code, column_code, status AS own FROM report.status WHERE form_id = ? AND row_code IS NOT NULL",
            [form_id],
        )
        joined = joined.merge(own, how="left", on=["unit_code", "row_code", "column_code"])
        joined["status"] = joined["own"].fillna(joined["status"])
        return joined.drop(columns=["block_id", "own"])


def read_quality(table: str = "rate", *, home: str | Path | None = None, release: str = CURRENT) -> pd.DataFrame:
    """Return a table of data quality of a release: rate, rule_result, issue or delivery.

    Raises: ReleaseError when the release is not there or has no such table.
    """
    with _statistics(home, release) as engine:
        known = engine.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'quality' ORDER BY ALL").column(0).to_pylist()
        if table not in known:
            raise ReleaseError(
                f"this release has no quality.{table}; {nearest(table, known)}; run 'policestats validate' before publishing"
            )
        return _frame(engine, f"SELECT * FROM quality.{quoted(table)}")


def read_rates(*, home: str | Path | None = None, release: str = CURRENT, unit: str | None = None, by: str = "form") -> pd.DataFrame:
    """Return the generation rates of a release.

    Args:
        by: over all forms and form by form, ``form``: of one ``unit`` or of all units together; ``unit``: unit by unit, in the order of the tree;
            ``level``: of all units of a level together; ``period``: of all units, of this and earlier periods of the same frequency.
    Returns: rate_id, form_id (missing: all forms), numerator, denominator, rate_pct and, except by period, reason; by unit, level or period that
        one before them.
    Raises: ReleaseError when the release or the unit is not there, or ``by`` is none of these.
    """
    if by not in _RATES_BY:
        raise ReleaseError(f"rates are not told by {by!r}; {nearest(by, _RATES_BY)}")
    with _statistics(home, release) as engine:
        if unit is not None:
            _must_have(engine, "unit", unit)
        table, condition, order, lead = _RATES_BY[by]
        held = engine.sql("SELECT column_name FROM duckdb_columns() WHERE schema_name = 'report' AND table_name = ?", [table])
        has_levels = "level_code" in held.column(0).to_pylist()
        if by in ("level", "period") and not has_levels:
            raise ReleaseError(f"this release was made by an earlier version, which told no rates by {by}; publish its period again")
        if by == "form" and has_levels:
            condition += " AND level_code IS NULL"
        select = f"SELECT * FROM report.{table} AS g WHERE {condition} ORDER BY {order}, form_id NULLS FIRST, rate_id"
        frame = _frame(engine, select, {"unit": unit} if "$unit" in condition else None)
        told = ["rate_id", "form_id", "numerator", "denominator", "rate_pct", *(["reason"] if "reason" in frame else [])]
        return frame[[*lead, *told]]


def period_of(*, home: str | Path | None = None, release: str = CURRENT) -> str:
    """Return the period of a release. Raises: ReleaseError when it is not there."""
    return _find(home, release).period


def trace(
    form_id: str, row: str, column: str, unit: str | None = None, *, home: str | Path | None = None, release: str = CURRENT
) -> pd.DataFrame:
    """Return the records behind a cell: record_key, unit_code, on_date, until_date, value, partner_unit_code, counted_no.

    The sum of ``value`` is the cell; of a column that counts distinct things, the number of different ``counted_no``. No rows: a true zero,
    or no figure at all. The restricted file of the release is opened, so not every reader may.

    Args:
        unit: default the first unit of the tree.
    Returns: the records; of a figure that people typed, or that is made of one, ``attrs["typed"]`` tells by whom, when and on which evidence,
        and the records alone are not the cell.
    Raises: ReleaseError when form, row, column, unit or release is not there, when the column is computed from others (their names are
        given), when it does not apply to the row, or when the cell has no figure.
    """
    found = _find(home, release)
    with _open(found, STATISTICS) as engine:
        unit = unit or str(engine.scalar("SELECT unit_code FROM dim.unit ORDER BY unit_order LIMIT 1"))
        _must_have(engine, "form", form_id)
        _must_have(engine, "unit", unit)
        _must_have(engine, "row", row, form_id)
        _must_have(engine, "column", column, form_id)
        spec = engine.sql("SELECT * FROM report.form_column WHERE form_id = ? AND column_code = ?", [form_id, column]).to_pylist()[0]
        if spec["variant"] is None and "indicator" not in json.loads(spec["expression"]):
            operands = ", ".join(_operands(json.loads(spec["expression"]), engine, form_id))
            raise ReleaseError(f"form {form_id}: the column {column} is computed from others; trace {operands}")
        if spec["applies_to"] and row.partition("/")[0] not in spec["applies_to"]:
            raise ReleaseError(
                f"form {form_id}: the column {column} has cells only in the rows {', '.join(spec['applies_to'])}, not in {row}"
            )
        status = engine.sql(
            "SELECT s.status, s.reason FROM report.status AS s JOIN report.form_row AS r USING (form_id, block_id) "
            "WHERE s.form_id = ? AND s.unit_code = ? AND s.column_code = ? AND r.row_code = ? AND (s.row_code IS NULL OR s.row_code = r.row_code) "
            "ORDER BY s.row_code NULLS LAST LIMIT 1",
            [form_id, unit, column, row],
        ).to_pylist()
        if not status or status[0]["status"] not in ("auto", "manual", "partial"):
            why = f"{status[0]['status']}: {status[0]['reason']}" if status else "the form has no figures for this unit"
            raise ReleaseError(f"form {form_id}, unit {unit}: [{row}].{column} has no figure to trace ({why})")
    with _open(found, TRACE) as engine:
        records = _frame(engine, "FROM trace(?, ?, ?, ?, ?)", [form_id, found.period, unit, row, column])
    if status[0]["status"] == "manual":
        records.attrs["typed"] = status[0]["reason"]
    return records


def printed_form(
    form_id: str, *, home: str | Path | None = None, release: str = CURRENT, unit: str | None = None
) -> tuple[str, list[str], list[tuple[Any, ...]]]:
    """Return a form of one unit (default: the first of the tree) for a terminal: title, heads, rows; None where there is no figure.

    Figures stand in the scale they are printed in, whose unit of measure is then part of the head. Where people typed figures a last column,
    ``typed``, names the columns of the row whose figures are typed or made of typed ones.

    Raises: ReleaseError when the release, the form or the unit is not there.
    """
    with _statistics(home, release) as engine:
        _must_have(engine, "form", form_id)
        unit = unit or str(engine.scalar("SELECT unit_code FROM dim.unit ORDER BY unit_order LIMIT 1"))
        _must_have(engine, "unit", unit)
        columns = _columns(engine, form_id)
        scales = {c["column_code"]: scale for c in columns if (scale := json.loads(c["expression"]).get("printed"))}
        figures = ", ".join(
            quoted(code) if code in scales else f"CAST({quoted(code)} AS DECIMAL(38,{c['decimals']})) AS {quoted(code)}"
            for c in columns
            for code in [c["column_code"]]
        )
        rows = engine.sql(f"SELECT row_code, row_label_zh, {figures} FROM report.{quoted(form_id)} WHERE unit_code = ?", [unit])
        named = engine.sql("SELECT name_zh, name_en, period FROM dim.unit WHERE unit_code = ?", [unit]).to_pylist()[0]
        title = engine.scalar("SELECT title_zh FROM report.form WHERE form_id = ?", [form_id])
        typed = _typed(engine, form_id, unit)
    names = list(rows.column_names)
    cells = [rows.column(i).to_pylist() for i in range(rows.num_columns)]
    for i, name in enumerate(names):
        if scale := scales.get(name):
            to = {"divide_by": scale["divide_by"], "decimals": scale["decimals"]}
            names[i], cells[i] = f"{name} ({scale['unit']})", [None if v is None else scaled(v, **to) for v in cells[i]]
    if typed:
        names, cells = [*names, "typed"], [*cells, [" ".join(typed.get(code, ())) for code in cells[0]]]
    return f"{form_id} {title}　{named['name_zh']} {named['name_en']}　{named['period']}", names, list(zip(*cells, strict=True))


def verdicts(home: str | Path | None, as_of: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the verdicts of the data rules at a load, from the private warehouse: heads and rows."""
    with open_warehouse(settings.home(home), read_only=True, name=WAREHOUSE) as engine:
        found = engine.sql(
            "SELECT table_name, rule_id, dimension, severity, checked, failed, not_evaluated, verdict FROM quality.rule_result WHERE as_of = ? "
            "ORDER BY table_name, rule_id",
            [as_of],
        )
    return list(found.column_names), list(zip(*(found.column(i).to_pylist() for i in range(found.num_columns)), strict=True))


def _typed(engine: DuckDBEngine, form_id: str, unit: str) -> dict[str, list[str]]:
    """Return the columns whose figures people typed, by row: as the column says for its block of rows, or the cell for itself."""
    rows = engine.sql(
        "SELECT r.row_code, c.column_code FROM report.form_row AS r JOIN report.form_column AS c USING (form_id) "
        "JOIN report.status AS s ON s.form_id = r.form_id AND s.block_id = r.block_id AND s.column_code = c.column_code AND s.row_code IS NULL "
        "LEFT JOIN report.status AS e ON e.form_id = r.form_id AND e.unit_code = s.unit_code AND e.column_code = c.column_code "
        "AND e.row_code = r.row_code WHERE r.form_id = ? AND s.unit_code = ? AND NOT c.is_hidden AND r.unit_code IS NULL "
        "AND coalesce(e.status, s.status) = 'manual' AND (c.applies_to IS NULL OR list_contains(c.applies_to, r.row_code)) "
        "ORDER BY r.row_order, c.column_order",
        [form_id, unit],
    ).to_pylist()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["row_code"], []).append(row["column_code"])
    return found


def _find(home: str | Path | None, release: str) -> ReleaseFolder:
    return resolve(settings.home(home), release)


@contextmanager
def _statistics(home: str | Path | None, release: str) -> Iterator[DuckDBEngine]:
    with _open(_find(home, release), STATISTICS) as engine:
        yield engine


@contextmanager
def _open(found: ReleaseFolder, file: str) -> Iterator[DuckDBEngine]:
    try:
        handle = (found.path / file).open("rb")
    except PermissionError:
        raise ReleaseError(
            f"{found.path / file}: you may not read it; the records behind the cells are restricted, ask who publishes"
        ) from None
    handle.close()
    with open_warehouse(found.path, read_only=True, name=file) as engine:
        yield engine


def _must_have(engine: DuckDBEngine, what: str, name: str, form_id: str | None = None) -> None:
    """Raises: ReleaseError with the nearest names when the release has no such form, unit, row or column."""
    table, column = {
        "form": ("report.form", "form_id"),
        "unit": ("dim.unit", "unit_code"),
        "row": ("report.form_row", "row_code"),
        "column": ("report.form_column", "column_code"),
    }[what]
    condition, parameters = ("WHERE form_id = ?", [form_id]) if form_id else ("", [])
    known = [str(n) for n in engine.sql(f"SELECT DISTINCT {column} FROM {table} {condition}", parameters).column(0).to_pylist()]
    if name not in known:
        of = f"form {form_id}" if form_id else "this release"
        raise ReleaseError(f"{of} has no {what} {name!r}; {nearest(name, known)}")


def _columns(engine: DuckDBEngine, form_id: str) -> list[dict[str, Any]]:
    return engine.sql(
        "SELECT column_code, decimals, expression FROM report.form_column WHERE form_id = ? AND NOT is_hidden ORDER BY column_order",
        [form_id],
    ).to_pylist()


def _operands(expression: Any, engine: DuckDBEngine, form_id: str) -> list[str]:
    """Return the column codes that a definition names."""
    known = engine.sql("SELECT column_code FROM report.form_column WHERE form_id = ?", [form_id]).column(0).to_pylist()
    own = expression.get("code")
    named = {n for n in _words({k: v for k, v in expression.items() if k not in ("code", "parent", "label")}) if n != own}
    return [n for n in known if n in named]


def _words(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    else:
        yield str(value)


def _frame(engine: DuckDBEngine, text: str, parameters: list[Any] | dict[str, Any] | None = None) -> pd.DataFrame:
    return engine.connection.execute(text, parameters or []).df()
