"""Who delivered what: the rows of core.delivery that one load brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from policestats.catalog import Source
from policestats.landing.plan import TablePlan
from policestats.landing.raw import Manifest, RawStore
from policestats.landing.snapshot import ISSUES, landed_types, parquet
from policestats.landing.typed import text_literal
from policestats.landing.warehouse import Warehouse, quoted_column

STAGED = "staged_delivery"  # source, table_name, unit_code, period, is_complete, row_count, reason
COLUMNS = ("source", "table_name", "unit_code", "period", "is_complete", "row_count", "reason")
NO_DELIVERY = "<delivery>"


def stage_deliveries(engine: Warehouse, raw: RawStore, source: Source, plans: list[TablePlan], loads: list[Manifest]) -> list[str]:
    """Make the temporary tables STAGED, with a row for every core table, unit and period delivered so far, and ISSUES.

    With ``deliveries:`` each row of that list counts for every core table that is not a reference table. A table that is (and every table
    of a source without ``deliveries:``) has one row, with null unit and period (all units) and the number of records that stand. A row of
    the source's own list without a unit or a month is a row of ISSUES. Of several rows for one unit and month a complete one stands
    before the others, then the later.

    Args:
        loads: every load of the source up to the one being merged, in order; the records of that one are merged already.
    Returns: the core tables that the last load read; what is known of the deliveries of others stands.
    """
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {STAGED} "
        "(source VARCHAR, table_name VARCHAR, unit_code VARCHAR, period VARCHAR, is_complete BOOLEAN, row_count BIGINT, reason VARCHAR)"
    )
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {ISSUES} (record_key VARCHAR, column_name VARCHAR, raw_value VARCHAR)")
    read = [plan for plan in plans if plan.into is not None and plan.name in loads[-1].tables]
    listing = source.deliveries
    chain = since_snapshot(loads, listing["table"]) if listing is not None else []
    if listing is not None and chain:
        plan = next(plan for plan in plans if plan.name == listing["table"])
        _stage_listed(engine, raw, listing, plan, chain)
    for plan in read:
        if chain and not plan.is_reference:
            engine.execute(
                f"INSERT INTO {STAGED} SELECT ?, ?, unit_code, period, is_complete, row_count, reason FROM listed_delivery "
                "WHERE unit_code IS NOT NULL AND period IS NOT NULL "
                "QUALIFY row_number() OVER (PARTITION BY unit_code, period "
                "ORDER BY is_complete DESC, delivered_at DESC NULLS LAST, load_no DESC, row_no DESC) = 1",
                [source.id, plan.into],
            )
        else:
            engine.execute(
                f"INSERT INTO {STAGED} SELECT ?, ?, NULL, NULL, true, count(*), NULL FROM core.{quoted_column(plan.into or '')}",
                [source.id, plan.into],
            )
    if chain:
        engine.execute("DROP TABLE listed_delivery")
    return [plan.into for plan in read if plan.into is not None]


def since_snapshot(loads: list[Manifest], table: str) -> list[Manifest]:
    """Return the loads that make up a table's content at the last of ``loads``: its last snapshot and the changes after it."""
    having = [load for load in loads if table in load.tables]
    start = max((i for i, load in enumerate(having) if load.tables[table].mode == "snapshot"), default=0)
    return having[start:]


def _stage_listed(engine: Warehouse, raw: RawStore, spec: dict[str, Any], plan: TablePlan, chain: list[Manifest]) -> None:
    delivered_at = quoted_column(spec["delivered_at"]) if "delivered_at" in spec else "CAST(NULL AS VARCHAR)"
    row_count = f"TRY_CAST({quoted_column(spec['row_count'])} AS BIGINT)" if "row_count" in spec else "CAST(NULL AS BIGINT)"
    reason = " ".join(f"WHEN {condition} THEN {sentence}" for condition, sentence in _lacks(spec))
    reason = f"CASE {reason} END" if reason else "CAST(NULL AS VARCHAR)"
    shown = ", ".join(f"{text_literal(c)}, {quoted_column(c)}" for c in plan.lands)
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE listed_delivery AS SELECT load_no, row_no, "
        f"nullif(trim({quoted_column(spec['unit'])}), '') AS unit_code, "
        f"{_period(spec['period'])} AS period, {reason} AS reason, reason IS NULL AS is_complete, {row_count} AS row_count, "
        f"{delivered_at} AS delivered_at, CAST(json_object({shown}) AS VARCHAR) AS landed FROM ({_listed_rows(engine, raw, plan, chain)})"
    )
    engine.execute(
        f"INSERT INTO {ISSUES} SELECT DISTINCT coalesce(unit_code, '') || '/' || coalesce(period, ''), {text_literal(NO_DELIVERY)}, landed "
        "FROM listed_delivery WHERE unit_code IS NULL OR period IS NULL"
    )


def _listed_rows(engine: Warehouse, raw: RawStore, plan: TablePlan, chain: list[Manifest]) -> str:
    """Return the SQL of the list as it stands after the loads of ``chain``, all text.

    Of a row that has a key what its last load says counts, unless it was deleted later; without a key every row ever listed counts.
    """
    parts, gone = [], []
    for load in chain:
        names = _texts(engine, raw.table_path(load.source, plan.name, load.load_id), plan.lands)
        parts.append(f"SELECT {load.load_id} AS load_no, file_row_number AS row_no, {names}")
        if load.tables[plan.name].deleted:
            names = _texts(engine, raw.deleted_path(load.source, plan.name, load.load_id), plan.key)
            gone.append(f"SELECT {load.load_id} AS load_no, {names}")
    listed = " UNION ALL ".join(parts)
    if not plan.key:
        return listed
    key = ", ".join(quoted_column(name) for name in plan.key)
    listed = f"SELECT * FROM ({listed}) QUALIFY rank() OVER (PARTITION BY {key} ORDER BY load_no DESC) = 1"
    if gone:
        same = " AND ".join(f"g.{quoted_column(name)} IS NOT DISTINCT FROM l.{quoted_column(name)}" for name in plan.key)
        later = f"EXISTS (SELECT 1 FROM ({' UNION ALL '.join(gone)}) AS g WHERE g.load_no > l.load_no AND {same})"
        listed = f"SELECT * FROM ({listed}) AS l WHERE NOT {later}"
    return listed


def _texts(engine: Warehouse, path: Path, columns: tuple[str, ...]) -> str:
    """Return the columns of a landed file as text, with its FROM; a column that the file does not have is null."""
    landed = landed_types(engine, path)
    texts = (f"CAST({quoted_column(name) if name in landed else 'NULL'} AS VARCHAR) AS {quoted_column(name)}" for name in columns)
    return f"{', '.join(texts)} FROM {parquet(path)}"


def _lacks(spec: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (condition, sentence) pairs: when a listed row is no complete delivery, and how the reason reads."""
    found = []
    if "delivered_at" in spec:
        column = quoted_column(spec["delivered_at"])
        found.append((f"nullif(trim({column}), '') IS NULL", text_literal(f"{spec['delivered_at']} is null")))
    for name, values in spec.get("delivered", {}).items():
        column = quoted_column(name)
        accepted = ", ".join(text_literal(v) for v in (values if isinstance(values, list) else [values]))
        found.append((f"{column} IS NULL OR {column} NOT IN ({accepted})", f"{text_literal(name + ' is ')} || coalesce({column}, 'null')"))
    return found


def _period(columns: str | list[str]) -> str:
    """Return the SQL expression of the month as YYYY-MM; null when it is not one."""
    if isinstance(columns, str):
        text = f"trim({quoted_column(columns)})"
        return rf"CASE WHEN regexp_full_match({text}, '\d{{4}}-(0[1-9]|1[0-2])') THEN {text} END"
    year, month = (f"trim({quoted_column(c)})" for c in columns)
    valid = rf"regexp_full_match({year}, '\d{{4}}') AND regexp_full_match({month}, '0?[1-9]|1[0-2]')"
    return f"CASE WHEN {valid} THEN {year} || '-' || lpad({month}, 2, '0') END"
