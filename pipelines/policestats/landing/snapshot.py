"""Stages one landed table as typed rows with a unique key, and sets aside what cannot be taken."""

from __future__ import annotations

from pathlib import Path

from policestats.catalog import Table
from policestats.errors import ConformError
from policestats.landing.plan import Origin, TablePlan
from policestats.landing.typed import SQL_TYPES, is_taken_as_landed, text_literal, typed, unreadable
from policestats.landing.warehouse import Warehouse, quoted, quoted_column

STAGED = "staged"
DELETED = "staged_deleted"  # the key columns of records that are gone
ISSUES = "staged_issue"  # record_key, column_name, raw_value
NO_KEY = "<key>"

_TEXT = SQL_TYPES["text"]
_NUMBER, _BAD = '":row"', '":bad"'  # a colon cannot stand in a column's name, so nothing clashes


def stage(engine: Warehouse, path: Path, plan: TablePlan, table: Table, zone: str) -> None:
    """Make the temporary relations STAGED (typed columns of ``table``, its key unique and without nulls) and ISSUES.

    - A value that cannot be cast is null in STAGED (a flag that has a default: the default) and a row of ISSUES.
    - Exact repeats of a row collapse. Of rows that agree in the key and differ otherwise the first in file order is taken; every other
      one, and every row with a null key, is a row of ISSUES with the column '<key>' and the landed row as JSON.
    - A column that the load does not have, because it was described later, is null in every row.
    """
    landed = landed_types(engine, path)
    columns = list(table.columns.values())
    made, bad = [], []
    as_landed = True
    for column in columns:
        origin, raw = plan.origins[column.name], _raw_name(column.name)
        type_ = _type(origin, landed)
        made.append(f"{typed(column, origin, raw, type_, zone)} AS {quoted(column.name)}")
        as_landed = as_landed and is_taken_as_landed(column, type_)
        if column.type != "text":
            bad.append(unreadable(column, origin, raw, type_, zone, quoted(column.name)))
    names = ", ".join(quoted(c.name) for c in columns)
    rows = f"SELECT *, {', '.join(made)} FROM ({_landed_rows(path, plan, table, landed)})"
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {ISSUES} (record_key VARCHAR, column_name VARCHAR, raw_value VARCHAR)")
    staged = f"SELECT {_NUMBER}, {names}, {' OR '.join(bad) or 'false'} AS {_BAD} FROM ({rows})"
    staged += _reject(engine, path, plan, table, landed, rows)
    if not as_landed:  # to read values out of texts takes so long that it is done once
        engine.execute(f"CREATE OR REPLACE TEMP TABLE staged_typed AS {staged}")
        staged = "SELECT * FROM staged_typed"
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {STAGED} AS {staged}")
    if not engine.scalar(f"SELECT count(*) FROM {STAGED} WHERE {_BAD}"):
        return
    # few values cannot be cast: only their rows are read a second time
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE staged_bad AS SELECT s.*, {_raw_names(table, 'l')} FROM {STAGED} AS s "
        f"JOIN ({_landed_rows(path, plan, table, landed)}) AS l ON l.{_NUMBER} = s.{_NUMBER} WHERE s.{_BAD}"
    )
    for column in columns:
        if column.type != "text":
            origin, raw = plan.origins[column.name], _raw_name(column.name)
            engine.execute(
                f"INSERT INTO {ISSUES} SELECT {record_key(table)}, {text_literal(column.name)}, CAST({raw} AS {_TEXT}) "
                f"FROM staged_bad WHERE {unreadable(column, origin, raw, _type(origin, landed), zone, quoted(column.name))}"
            )
    engine.execute("DROP TABLE staged_bad")


def stage_deleted(engine: Warehouse, path: Path, plan: TablePlan, table: Table, zone: str) -> None:
    """Make the temporary table DELETED: the typed key columns of ``table`` for the records that are gone, and the columns as landed, as text.

    Raises: ConformError when the file does not hold the columns that make the key.
    """
    landed = landed_types(engine, path)
    made = []
    for name in table.key:
        origin = plan.origins[name]
        if origin.column is not None and origin.column not in landed:
            raise ConformError(
                f"{path}: the keys of deleted records lack the column {origin.column!r}, from which {table.name}.{name} is made; "
                "the description of the source has changed since it was landed: give the key its former column back"
            )
        made.append(f"{typed(table.columns[name], origin, _raw(origin, landed), _type(origin, landed), zone)} AS {quoted(name)}")
    texts = ", ".join(f"CAST({quoted_column(name)} AS {_TEXT}) AS {_raw_name(name)}" for name in landed)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {DELETED} AS SELECT DISTINCT {', '.join(made)}, {texts} FROM {parquet(path)}")


def keep_untouched(engine: Warehouse, plan: TablePlan, table: Table, issues: str, *, has_deleted: bool) -> None:
    """Add to ISSUES the open issues of ``table`` about records that a load of changes says nothing of.

    A record that is in the load is judged by the load alone. A row without a key stays an issue until the source says that a row with just
    that key is gone, or a snapshot comes: nothing else could tell which row it was.

    Args:
        issues: the table of all issues, with table_name and known_to.
        has_deleted: whether DELETED stands beside STAGED.
    """
    touched = f"SELECT {record_key(table)} FROM {STAGED}"
    gone = "false"
    if has_deleted:
        touched += (
            f" UNION ALL SELECT {record_key(table)} FROM {DELETED} WHERE {' AND '.join(f'{quoted(n)} IS NOT NULL' for n in table.key)}"
        )
        is_row = f"i.column_name = {text_literal(NO_KEY)}"
        row = f"CASE WHEN {is_row} THEN i.raw_value END"  # every other raw value is no JSON
        same = " AND ".join(f"json_extract_string({row}, {_json_path(name)}) IS NOT DISTINCT FROM d.{_raw_name(name)}" for name in plan.key)
        if same:
            gone = f"{is_row} AND EXISTS (SELECT 1 FROM {DELETED} AS d WHERE {same})"
    engine.execute(
        f"INSERT INTO {ISSUES} SELECT record_key, column_name, raw_value FROM {quoted(issues)} AS i "
        f"WHERE table_name = {text_literal(table.name)} AND known_to IS NULL AND NOT ({gone}) AND record_key NOT IN ({touched})"
    )


def record_key(table: Table) -> str:
    """Return the SQL expression of a record's key as people read it: its parts joined with a slash, a null part empty."""
    return " || '/' || ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '')" for name in table.key)


def landed_types(engine: Warehouse, path: Path) -> dict[str, str]:
    """Return the columns of a landed file with their SQL types."""
    rows = engine.sql(f"DESCRIBE SELECT * FROM {parquet(path, numbered=False)}").to_pylist()
    return {row["column_name"]: row["column_type"] for row in rows}


def parquet(path: Path, *, numbered: bool = True) -> str:
    """Return the SQL that reads one landed file, and nothing into the names of its folders."""
    return f"read_parquet({text_literal(path)}, hive_partitioning = false{', file_row_number = true' if numbered else ''})"


def _landed_rows(path: Path, plan: TablePlan, table: Table, landed: dict[str, str]) -> str:
    raws = ", ".join(f"{_raw(plan.origins[name], landed)} AS {_raw_name(name)}" for name in table.columns)
    return f"SELECT file_row_number AS {_NUMBER}, {raws} FROM {parquet(path)}"


def _reject(engine: Warehouse, path: Path, plan: TablePlan, table: Table, landed: dict[str, str], rows: str) -> str:
    """Put the rows that are not taken into ISSUES; return the SQL (WHERE ...) that leaves them out of ``rows``, empty when there are none."""
    key = ", ".join(quoted(name) for name in table.key)
    no_key = " OR ".join(f"{quoted(name)} IS NULL" for name in table.key)
    # few keys are repeated: numbers that stand for keys are grouped, and only the rows of those that meet are looked at one by one
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE staged_met AS SELECT hash({key}) AS met FROM ({rows}) WHERE NOT ({no_key}) "
        f"GROUP BY met HAVING count(*) > 1"
    )
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE staged_out AS SELECT {_NUMBER}, {key}, "
        f"CASE WHEN NOT ({no_key}) THEN min({_NUMBER}) OVER (PARTITION BY {key}) END AS first_row "
        f"FROM (SELECT {_NUMBER}, {key} FROM ({rows}) WHERE {no_key} OR hash({key}) IN (SELECT met FROM staged_met)) "
        f"QUALIFY {no_key} OR count(*) OVER (PARTITION BY {key}) > 1"
    )
    engine.execute("DROP TABLE staged_met")
    if not engine.scalar("SELECT count(*) FROM staged_out"):
        return ""
    shown = ", ".join(
        f"{text_literal(label)}, CAST({_raw_name(name)} AS {_TEXT})"
        for name, label in ((name, plan.origins[name].column) for name in table.columns)
        if label is not None
    )
    raw_names = ", ".join(_raw_name(name) for name in table.columns)
    # one of each distinct row, except the row that is taken
    engine.execute(
        f"INSERT INTO {ISSUES} SELECT {record_key(table)}, {text_literal(NO_KEY)}, CAST(json_object({shown}) AS VARCHAR) "
        f"FROM (SELECT s.*, {_raw_names(table, 'l')} FROM staged_out AS s "
        f"JOIN ({_landed_rows(path, plan, table, landed)}) AS l ON l.{_NUMBER} = s.{_NUMBER}) "
        f"QUALIFY row_number() OVER (PARTITION BY {raw_names} ORDER BY {_NUMBER}) = 1 AND {_NUMBER} IS DISTINCT FROM first_row"
    )
    return f" WHERE {_NUMBER} NOT IN (SELECT {_NUMBER} FROM staged_out WHERE {_NUMBER} IS DISTINCT FROM first_row)"


def _type(origin: Origin, landed: dict[str, str]) -> str:
    return _TEXT if origin.column is None else landed.get(origin.column, _TEXT)


def _raw(origin: Origin, landed: dict[str, str]) -> str:
    if origin.column is None:
        return f"CAST({text_literal(origin.literal)} AS {_TEXT})"
    return quoted_column(origin.column) if origin.column in landed else f"CAST(NULL AS {_TEXT})"


def _raw_name(name: str) -> str:
    return quoted_column(f"raw:{name}")


def _raw_names(table: Table, of: str) -> str:
    return ", ".join(f"{of}.{_raw_name(name)}" for name in table.columns)


def _of(alias: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{quoted(name)}" for name in names)


def _json_path(column: str) -> str:
    return text_literal('$."' + column.replace('"', '\\"') + '"')
