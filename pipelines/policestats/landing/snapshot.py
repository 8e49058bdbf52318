"""Stages one landed table as typed rows with a unique key, and sets aside what cannot be taken."""

from __future__ import annotations

from pathlib import Path

from policestats.catalog import Table
from policestats.landing.plan import Origin, TablePlan
from policestats.landing.typed import SQL_TYPES, meaning, text_literal, typed
from policestats.landing.warehouse import Warehouse, quoted, quoted_column

STAGED = "staged"
ISSUES = "staged_issue"  # record_key, column_name, raw_value
NO_KEY = "<key>"

_NUMBER = '":row"'  # a colon cannot stand in a column's name, so nothing clashes


def stage(engine: Warehouse, path: Path, plan: TablePlan, table: Table, landed: tuple[str, ...], zone: str) -> None:
    """Make the temporary tables STAGED (typed columns of ``table``, its key unique and without nulls) and ISSUES.

    - A value that cannot be cast is null in STAGED and a row of ISSUES.
    - Exact repeats of a row collapse. Of rows that agree in the key and differ otherwise the first in file order is taken; every other
      one, and every row with a null key, is a row of ISSUES with the column '<key>' and the landed row as JSON.
    - A column that the load does not have (``landed``: its columns), because it was described later, is null in every row.
    """
    raws = {name: _raw(origin, landed) for name, origin in plan.origins.items()}
    columns = list(table.columns.values())
    inner = ", ".join(f"{raws[c.name]} AS {_raw_name(c.name)}" for c in columns)
    made = ", ".join(f"{typed(c, plan.origins[c.name], _raw_name(c.name), zone)} AS {quoted(c.name)}" for c in columns)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {STAGED} AS SELECT *, {made} FROM "
        f"(SELECT file_row_number AS {_NUMBER}, {inner} FROM read_parquet({text_literal(path)}, file_row_number = true))"
    )
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {ISSUES} (record_key VARCHAR, column_name VARCHAR, raw_value VARCHAR)")
    _reject(engine, plan, table)
    for column in columns:
        if column.type != "text":
            raw = _raw_name(column.name)
            engine.execute(
                f"INSERT INTO {ISSUES} SELECT {record_key(table)}, {text_literal(column.name)}, {raw} FROM {STAGED} "
                f"WHERE {meaning(column, raw)} IS NOT NULL AND {quoted(column.name)} IS NULL"
            )


def record_key(table: Table) -> str:
    """Return the SQL expression of a record's key as people read it: its parts joined with a slash, a null part empty."""
    return " || '/' || ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '')" for name in table.key)


def _reject(engine: Warehouse, plan: TablePlan, table: Table) -> None:
    key = ", ".join(quoted(name) for name in table.key)
    no_key = " OR ".join(f"{quoted(name)} IS NULL" for name in table.key)
    # few keys are repeated: they are found by grouping, and only their rows are looked at one by one
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE staged_first AS SELECT {key}, min({_NUMBER}) AS first_row FROM {STAGED} "
        f"WHERE NOT ({no_key}) GROUP BY {key} HAVING count(*) > 1"
    )
    same_key = " AND ".join(f"s.{quoted(name)} = f.{quoted(name)}" for name in table.key)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE staged_out AS SELECT s.*, NULL::BIGINT AS first_row FROM {STAGED} AS s WHERE {no_key} "
        f"UNION ALL SELECT s.*, f.first_row FROM {STAGED} AS s JOIN staged_first AS f ON {same_key}"
    )
    raw_names = ", ".join(_raw_name(name) for name in table.columns)
    shown = ", ".join(
        f"{text_literal(label)}, {_raw_name(name)}"
        for name, label in ((name, plan.origins[name].column) for name in table.columns)
        if label is not None
    )
    # one of each distinct row, except the row that is taken
    engine.execute(
        f"INSERT INTO {ISSUES} SELECT {record_key(table)}, {text_literal(NO_KEY)}, CAST(json_object({shown}) AS VARCHAR) FROM staged_out "
        f"QUALIFY row_number() OVER (PARTITION BY {raw_names} ORDER BY {_NUMBER}) = 1 AND {_NUMBER} IS DISTINCT FROM first_row"
    )
    engine.execute(f"DELETE FROM {STAGED} WHERE {_NUMBER} IN (SELECT {_NUMBER} FROM staged_out WHERE {_NUMBER} IS DISTINCT FROM first_row)")
    engine.execute("DROP TABLE staged_first; DROP TABLE staged_out")


def _raw(origin: Origin, landed: tuple[str, ...]) -> str:
    if origin.column is None:
        return f"CAST({text_literal(origin.literal)} AS {SQL_TYPES['text']})"
    return quoted_column(origin.column) if origin.column in landed else f"CAST(NULL AS {SQL_TYPES['text']})"


def _raw_name(name: str) -> str:
    return quoted_column(f"raw:{name}")
