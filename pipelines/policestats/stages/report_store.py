"""Writes filled forms into report.* and dim.* of the warehouse; the caller holds the transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import pyarrow as pa

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.periods import ReferencePeriod
from policestats.reports import contract, fold
from policestats.reports.checks import Outcome
from policestats.reports.exact import DECIMAL
from policestats.reports.form_columns import FormColumn
from policestats.reports.form_table import FormTable
from policestats.reports.found_rows import FoundRows
from policestats.reports.generation import GenerationRate
from policestats.reports.needs import needs_of
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree
from policestats.stages.filled_store import write_cells, write_found_rows, write_outcome, write_statuses

_ARROW = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DECIMAL(38,6)": DECIMAL,
}


def create_report_tables(engine: DuckDBEngine) -> None:
    """Create the schemas and tables of the contract, if they are not there.

    A warehouse of an earlier version, with other tables or columns, loses all it tabulated: half of it would read as zeros, and all can be
    made again.
    """
    wanted = {published.name: [c[0] for c in published.columns] for published in contract.ALL}
    held = _held(engine, list(wanted))
    if held == wanted:
        return
    for schema in ("report", "dim", "quality"):
        engine.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name in held:
        engine.execute(f"DROP TABLE {name}")
    for published in contract.ALL:
        engine.execute(published.ddl())


def _held(engine: DuckDBEngine, names: list[str]) -> dict[str, list[str]]:
    """Return the columns of those of the tables ``names`` that the warehouse has."""
    found = engine.sql(
        "SELECT schema_name || '.' || table_name AS name, list(column_name ORDER BY column_index) AS columns FROM duckdb_columns() "
        "WHERE database_name = current_database() AND list_contains(?, schema_name || '.' || table_name) GROUP BY ALL",
        [names],
    )
    return {row["name"]: row["columns"] for row in found.to_pylist()}


def write_codelists(engine: DuckDBEngine, catalog: Catalog) -> None:
    """Write every code list as dim.<code list>, replacing it where it is another: facts map codes through these tables."""
    schemas = {c.id: pa.schema([(attribute, pa.string()) for attribute in c.attributes]) for c in catalog.codelists.values()}
    written = {c.id: sha256(repr((c.attributes, c.members)).encode()).hexdigest() for c in catalog.codelists.values()}
    found = engine.sql("SELECT table_name, comment FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'dim'")
    held = {row["table_name"]: row["comment"] for row in found.to_pylist()}
    for name in (n for n, mark in written.items() if held.get(n) != mark):
        engine.replace(f"dim.{name}", pa.Table.from_pylist(list(catalog.codelists[name].members.values()), schema=schemas[name]))
        engine.execute(f"COMMENT ON TABLE dim.{quoted(name)} IS '{written[name]}'")


def write_form(
    engine: DuckDBEngine,
    catalog: Catalog,
    filled: FormTable,
    outcome: Outcome,
    as_of: int,
    basis: str,
    found: Sequence[tuple[FoundRows, dict[str, tuple[str, str]]]],
) -> int:
    """Write what a form was tabulated with, its description, statuses, check results and cells; return the number of cells.

    Args: found: the rows found in the data, each with the names (Chinese, English) of their values.
    """
    form, period = filled.form, filled.period
    run: dict[str, Any] = {
        "form_id": form.id,
        "period": period.text,
        "run_id": run_id(period, as_of),
        "as_of": as_of,
        "policies": json.dumps({p.id: p.chosen for p in catalog.policies.values()}),
        "basis": basis,
        "definition_hash": form.definition_hash,
    }
    _append(engine, contract.RUN, [run])
    columns = form.columns_for(period.frequency)
    _append(engine, contract.FORM, [_form(form, catalog, period)])
    _append(engine, contract.FORM_ROW, _form_rows(form, period))
    _append(engine, contract.FORM_COLUMN, (_form_column(catalog, form, c, i, period) for i, c in enumerate(columns)))
    members = (
        {"form_id": form.id, "period": period.text, "row_code": r, "member_row_code": m, "is_netted": True} for r, m in form.members()
    )
    _append(engine, contract.ROW_MEMBER, members)
    same = {"form_id": form.id, "version": form.version, "period": period.text, "run_id": run["run_id"]}
    parts = [part for part, _ in found]
    write_found_rows(engine, filled, found, same)
    write_statuses(engine, filled, parts, same)
    write_outcome(engine, outcome, same)
    return write_cells(engine, filled, parts, same)


def run_id(period: ReferencePeriod, as_of: int) -> str:
    """Return what names a tabulation of ``period`` at the load ``as_of``."""
    return f"{period}@{as_of}"


def write_readings(engine: DuckDBEngine, form: Form, period: ReferencePeriod) -> None:
    """Keep which contributions each column of ``form`` folds, from the temporary table that the fold itself reads."""
    engine.execute(
        f"INSERT INTO {contract.READING.name} BY NAME SELECT ? AS form_id, ? AS period, * FROM {fold.READING}", [form.id, period.text]
    )


def write_period(
    engine: DuckDBEngine, period: ReferencePeriod, as_of: int, tree: UnitsTree, rates: Iterable[GenerationRate], *, whole: bool
) -> None:
    """Write the units as they stood and, when all forms were tabulated (``whole``), the generation rates, with the load they rest on."""
    for published in (contract.UNIT, contract.UNIT_MEMBER):
        engine.execute(f"DELETE FROM {published.name} WHERE period = ?", [period.text])
    absorbed: dict[str, list[str]] = {}
    for code in tree.ended:
        absorbed.setdefault(tree.carried[code], []).append(code)
    units = (
        {
            "period": period.text,
            "unit_code": u.code,
            "parent_unit_code": u.parent,
            "level_code": u.level,
            "name_zh": u.name_zh,
            "name_en": u.name_en,
            "depth": u.depth,
            "unit_order": i,
            "absorbed": absorbed.get(u.code),
        }
        for i, u in enumerate(tree.units)
    )
    _append(engine, contract.UNIT, units)
    engine.execute(f"INSERT INTO {contract.UNIT_MEMBER.name} BY NAME SELECT ? AS period, * FROM {fold.UNIT_MEMBER}", [period.text])
    if whole:
        engine.execute(f"DELETE FROM {contract.GENERATION.name} WHERE period = ?", [period.text])
        found = (
            {
                "rate_id": r.rate_id,
                "form_id": r.form_id,
                "period": period.text,
                "as_of": as_of,
                "level_code": r.level_code,
                "unit_code": r.unit_code,
                "numerator": r.numerator,
                "denominator": r.denominator,
                "rate_pct": r.pct,
                "reason": r.reason,
            }
            for r in rates
        )
        _append(engine, contract.GENERATION, found)


def _append(engine: DuckDBEngine, published: contract.PublishedTable, rows: Iterable[dict[str, Any]]) -> None:
    schema = pa.schema([(name, _ARROW[type_]) for name, type_, _, _ in published.columns])
    engine.append(published.name, pa.Table.from_pylist(list(rows), schema=schema))


def _form(form: Form, catalog: Catalog, period: ReferencePeriod) -> dict[str, Any]:
    return {
        "form_id": form.id,
        "version": form.version,
        "period": period.text,
        "title_zh": form.title["zh"],
        "title_en": form.title["en"],
        "frequency": ",".join(form.frequencies),
        "standard": catalog.standard.id,
        "provenance": json.dumps(form.provenance, ensure_ascii=False),
        "definition_hash": form.definition_hash,
        "valid_from": form.valid_from,
        "valid_to": form.valid_to,
    }


def _form_rows(form: Form, period: ReferencePeriod) -> Iterable[dict[str, Any]]:
    for i, row in enumerate(form.rows):
        yield {
            "form_id": form.id,
            "version": form.version,
            "period": period.text,
            "block_id": row.block,
            "unit_code": None,  # every unit has it
            "row_code": row.code,
            "parent_row_code": row.parent,
            "kind": row.kind,
            "label_zh": row.label["zh"],
            "label_en": row.label["en"],
            "row_order": i,
        }


def _form_column(catalog: Catalog, form: Form, column: FormColumn, order: int, period: ReferencePeriod) -> dict[str, Any]:
    label = column.label_at(period.start)
    return {
        "form_id": form.id,
        "version": form.version,
        "period": period.text,
        "block_id": None,  # the columns are those of every block
        "column_code": column.code,
        "parent_column_code": column.parent,
        "expression": json.dumps(column.spec, default=str, ensure_ascii=False),
        "variant": column.variant if column.indicator else None,
        "unit": column.unit,
        "decimals": column.decimals,
        "additivity": json.dumps(column.additivity),
        "applies_to": list(column.rows) if column.rows else None,
        "is_hidden": column.hidden,
        "needs": json.dumps(needs_of(catalog, form, column).as_data(catalog), ensure_ascii=False),
        "label_zh": label["zh"],
        "label_en": label["en"],
        "column_order": order,
    }
