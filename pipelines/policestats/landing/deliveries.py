"""Who delivered what: the rows of core.delivery that one load brings."""

from __future__ import annotations

from typing import Any

from policestats.catalog import Source
from policestats.landing.plan import TablePlan
from policestats.landing.raw import Manifest, RawStore
from policestats.landing.snapshot import ISSUES
from policestats.landing.typed import text_literal
from policestats.landing.warehouse import Warehouse, quoted_column

STAGED = "staged_delivery"  # source, table_name, unit_code, period, is_complete, row_count, reason
COLUMNS = ("source", "table_name", "unit_code", "period", "is_complete", "row_count", "reason")
NO_DELIVERY = "<delivery>"


def stage_deliveries(engine: Warehouse, raw: RawStore, source: Source, plans: list[TablePlan], manifest: Manifest) -> None:
    """Make the temporary tables STAGED, with a row for every core table, unit and period of the load, and ISSUES.

    With ``deliveries:`` each of its rows counts for every core table that is not a reference table. A table that is (and every table of
    a source without ``deliveries:``) has one row, with null unit and period: all units. A row of the source's own list without a unit
    or a month is a row of ISSUES. Of several rows for one unit and month a complete one stands before the others, then the later.
    """
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {STAGED} "
        "(source VARCHAR, table_name VARCHAR, unit_code VARCHAR, period VARCHAR, is_complete BOOLEAN, row_count BIGINT, reason VARCHAR)"
    )
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {ISSUES} (record_key VARCHAR, column_name VARCHAR, raw_value VARCHAR)")
    landed = [plan for plan in plans if plan.into is not None and plan.name in manifest.tables]
    listed = source.deliveries is not None and source.deliveries["table"] in manifest.tables
    by_unit = [plan.into for plan in landed if listed and not plan.is_reference]
    for plan in landed:
        if plan.into not in by_unit:
            engine.execute(
                f"INSERT INTO {STAGED} VALUES (?, ?, NULL, NULL, true, ?, NULL)", [source.id, plan.into, manifest.tables[plan.name].rows]
            )
    if listed:
        assert source.deliveries is not None
        _stage_listed(engine, raw, source.id, source.deliveries, manifest)
        for table in by_unit:
            engine.execute(
                f"INSERT INTO {STAGED} SELECT ?, ?, unit_code, period, is_complete, row_count, reason FROM listed_delivery "
                "WHERE unit_code IS NOT NULL AND period IS NOT NULL "
                "QUALIFY row_number() OVER (PARTITION BY unit_code, period "
                "ORDER BY is_complete DESC, delivered_at DESC NULLS LAST, row_no DESC) = 1",
                [source.id, table],
            )
        engine.execute("DROP TABLE listed_delivery")


def _stage_listed(engine: Warehouse, raw: RawStore, source: str, spec: dict[str, Any], manifest: Manifest) -> None:
    table = spec["table"]
    path = raw.table_path(source, table, manifest.load_id)
    delivered_at = quoted_column(spec["delivered_at"]) if "delivered_at" in spec else "CAST(NULL AS VARCHAR)"
    row_count = f"TRY_CAST({quoted_column(spec['row_count'])} AS BIGINT)" if "row_count" in spec else "CAST(NULL AS BIGINT)"
    reason = " ".join(f"WHEN {condition} THEN {sentence}" for condition, sentence in _lacks(spec))
    reason = f"CASE {reason} END" if reason else "CAST(NULL AS VARCHAR)"
    shown = ", ".join(f"{text_literal(c)}, {quoted_column(c)}" for c in manifest.tables[table].columns)
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE listed_delivery AS SELECT file_row_number AS row_no, "
        f"nullif(trim({quoted_column(spec['unit'])}), '') AS unit_code, "
        f"{_period(spec['period'])} AS period, {reason} AS reason, reason IS NULL AS is_complete, {row_count} AS row_count, "
        f"{delivered_at} AS delivered_at, CAST(json_object({shown}) AS VARCHAR) AS landed "
        f"FROM read_parquet({text_literal(path)}, file_row_number = true)"
    )
    engine.execute(
        f"INSERT INTO {ISSUES} SELECT DISTINCT coalesce(unit_code, '') || '/' || coalesce(period, ''), {text_literal(NO_DELIVERY)}, landed "
        "FROM listed_delivery WHERE unit_code IS NULL OR period IS NULL"
    )


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
