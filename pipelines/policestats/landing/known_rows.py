"""What the committed loads of one table say together: the rows that the source had when it was last read."""

from __future__ import annotations

from collections.abc import Sequence

from policestats.landing.plan import TablePlan
from policestats.landing.raw import Manifest, RawStore
from policestats.landing.typed import text_literal
from policestats.landing.warehouse import quoted_column


def known_rows(raw: RawStore, loads: Sequence[Manifest], plan: TablePlan) -> str | None:
    """Return the SQL (of DuckDB) that gives the known rows of a table, every landed column as text; None when there is no whole snapshot.

    They are the rows of the last snapshot, except those whose key a later load names, and for each key so named the rows of the last
    load that does, unless that load says it is gone. Loads before the columns last changed do not count.

    Args:
        loads: the committed loads of the source, in order.
    """
    history = [load for load in loads if plan.name in load.tables]
    if not history or history[-1].tables[plan.name].columns != plan.lands:
        return None
    starts = [i for i, load in enumerate(history) if load.tables[plan.name].mode == "snapshot"]
    if not starts:
        return None
    base, later = history[starts[-1]], history[starts[-1] + 1 :]
    columns = _as_text(plan.lands)
    base_rows = f"SELECT {columns} FROM {_read([str(raw.table_path(base.source, plan.name, base.load_id))])}"
    changed = [str(raw.table_path(load.source, plan.name, load.load_id)) for load in later if load.tables[plan.name].rows]
    gone = [str(raw.deleted_path(load.source, plan.name, load.load_id)) for load in later if load.tables[plan.name].deleted]
    if not changed and not gone:
        return base_rows
    key = ", ".join(quoted_column(name) for name in plan.key)
    load_of = "CAST(split_part(parse_filename(filename), '.', 1) AS BIGINT) AS \":load\""  # a colon cannot stand in a column's name
    later_rows = (
        f"SELECT {columns}, {load_of} FROM {_read(changed)}" if changed else f'SELECT *, 0 AS ":load" FROM ({base_rows}) WHERE false'
    )
    touched = [f'SELECT {key}, ":load" FROM later_rows']
    if gone:
        touched.append(f"SELECT {_as_text(plan.key)}, {load_of} FROM {_read(gone)}")
    return (
        f"WITH later_rows AS ({later_rows}), "
        f'touched AS (SELECT {key}, max(":load") AS ":load" FROM ({" UNION ALL ".join(touched)}) GROUP BY ALL) '
        f"SELECT b.* FROM ({base_rows}) AS b ANTI JOIN touched AS t ON {same_key(plan, 'b', 't')} "
        f'UNION ALL SELECT l.* EXCLUDE (":load") FROM later_rows AS l SEMI JOIN touched AS t '
        f'ON {same_key(plan, "l", "t")} AND l.":load" = t.":load"'
    )


def same_key(plan: TablePlan, left: str, right: str) -> str:
    """Return the SQL condition that two aliased relations agree in the key of ``plan``; a null agrees with a null."""
    return " AND ".join(f"{left}.{quoted_column(name)} IS NOT DISTINCT FROM {right}.{quoted_column(name)}" for name in plan.key)


def _as_text(columns: Sequence[str]) -> str:
    return ", ".join(f"CAST({quoted_column(name)} AS VARCHAR) AS {quoted_column(name)}" for name in columns)


def _read(paths: list[str]) -> str:
    files = ", ".join(text_literal(path) for path in paths)
    return f"read_parquet([{files}], union_by_name = true, filename = true)"
