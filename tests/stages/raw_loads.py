"""Puts loads into the raw store as extract would: whole tables, or changes and the keys that are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from policestats.catalog import Catalog
from policestats.landing.plan import plan_source
from policestats.landing.raw import LandedTable, RawStore
from tests.stages.small import standard

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Landing:
    """The rows of one table of a load; columns that a row does not give are null. ``types`` are Arrow types of columns that are no text."""

    rows: Sequence[Row] = ()
    mode: str = "snapshot"
    deleted: Sequence[Row] = ()
    types: Mapping[str, pa.DataType] = field(default_factory=dict)


def put(catalog: Catalog, home: Path, source: str, landings: Mapping[str, Landing]) -> int:
    """Commit one load of ``source`` and return its id."""
    plans = {plan.name: plan for plan in plan_source(catalog, catalog.sources[source])}
    raw = RawStore(home)
    with raw.landing(source) as folder:
        tables = {}
        for name, landing in landings.items():
            plan = plans[name]
            _write(folder / f"{name}.parquet", plan.lands, landing.rows, landing.types)
            if landing.deleted:
                _write(folder / f"{name}.deleted.parquet", plan.key, landing.deleted, landing.types)
            tables[name] = LandedTable(len(landing.rows), plan.lands, "", landing.mode, len(landing.deleted))
        return raw.commit(source, folder, "by hand", tables).load_id


def changes(rows: Sequence[Row] = (), deleted: Sequence[Any] = (), key: str = "report_no") -> Landing:
    """Return a landing of changes; ``deleted`` are values of the one key column."""
    return Landing(rows, "changes", [{key: value} for value in deleted])


def desk(folder: Path, tables: dict[str, Any] | None = None, **more: Any) -> Catalog:
    """Return a standard with one source, ``desk``, that feeds the core table report (and what else ``tables`` says)."""
    return standard(folder, {"desk": {"kind": "database", "tables": tables or {"report": {"into": "report"}}, **more}})


def _write(path: Path, columns: Sequence[str], rows: Sequence[Row], types: Mapping[str, pa.DataType]) -> None:
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    texts = [{n: v if n in types or v is None else str(v) for n, v in row.items()} for row in rows]
    pq.write_table(pa.Table.from_pylist(texts, schema=schema), path)
