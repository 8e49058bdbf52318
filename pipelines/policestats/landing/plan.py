"""What to read of each source table, what may land of it, and which core column each value becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policestats.catalog import Catalog, Source, SourceTable, Table
from policestats.errors import DefinitionError

IDENTITY_OUTPUTS = ("pseudonym", "is_valid", "birth_year", "birth_month", "sex_agrees")


@dataclass(frozen=True)
class Origin:
    """Where a core column comes from: a landed column (with a strptime ``format`` when it is not ISO), or one ``literal`` for every row."""

    column: str | None
    format: str | None = None
    literal: Any = None


@dataclass(frozen=True)
class Identity:
    """The identity column of a source table, and the landed columns that stand in its place (output name -> column)."""

    kind: str
    column: str
    sex: str | None
    outputs: dict[str, str]
    where: str


@dataclass(frozen=True)
class TablePlan:
    """One source table: ``reads`` are the columns taken from the source, ``lands`` those written to raw, in that order.

    ``origins`` says for each column of the core table ``into`` where it comes from; it is empty when the table feeds none.
    """

    name: str
    member: str
    into: str | None
    is_reference: bool
    reads: tuple[str, ...]
    lands: tuple[str, ...]
    origins: dict[str, Origin]
    identity: Identity | None


def plan_source(catalog: Catalog, source: Source) -> list[TablePlan]:
    """Return a plan for every table of ``source``, and for the table of its deliveries.

    Only columns that something names are read: whatever else a source holds never lands.

    Raises: DefinitionError with file, line and cure when the description contradicts itself or the core tables.
    """
    _refuse_shared_tables(catalog)
    tables = dict(source.tables)
    extra: dict[str, list[str]] = {}
    if source.deliveries is not None:
        name = source.deliveries["table"]
        tables.setdefault(name, SourceTable(name, None, None, {}, (), None, False))
        extra[name] = delivery_columns(source.deliveries)
    return [_plan(catalog, source, table, extra.get(name, [])) for name, table in tables.items()]


def delivery_columns(deliveries: dict[str, Any]) -> list[str]:
    """Return the source columns that a ``deliveries:`` description names, each once."""
    period = deliveries["period"]
    names = [deliveries["unit"], *(period if isinstance(period, list) else [period])]
    names += [deliveries[option] for option in ("delivered_at", "row_count") if option in deliveries]
    names += list(deliveries.get("delivered", {}))
    return list(dict.fromkeys(names))


def _refuse_shared_tables(catalog: Catalog) -> None:
    """A load is a full snapshot: two source tables feeding one core table would close each other's rows."""
    fed: dict[str, str] = {}
    for source in catalog.sources.values():
        for table in source.tables.values():
            if table.into is None:
                continue
            feeder = f"{source.id}.{table.name}"
            if table.into in fed:
                raise DefinitionError(
                    f"{source.where}: {feeder} and {fed[table.into]} both feed the core table {table.into!r}; "
                    "join them in one view of the source, or give one of them a core table of its own"
                )
            fed[table.into] = feeder


def _plan(catalog: Catalog, source: Source, table: SourceTable, extra: list[str]) -> TablePlan:
    asked = f"{source.where}: tables.{table.name}"
    core = catalog.table(table.into, asked) if table.into is not None else None
    identity = _identity(table, core, asked)
    made = set(identity.outputs.values()) if identity else set()
    origins = _origins(table, core, made, asked)
    named = [o.column for o in origins.values() if o.column is not None and o.column not in made]
    kept = list(dict.fromkeys([*named, *extra]))
    if not kept and not made:
        raise DefinitionError(f"{asked}: nothing of it would land; name a core table with 'into' or columns with 'columns', or remove it")
    for hidden in (*table.drop, *([identity.column] if identity else [])):
        if hidden in kept:
            raise DefinitionError(f"{asked}: the column {hidden!r} must never land (drop, identity) and is mapped; remove one of the two")
    clash = sorted(made & set(kept))
    if clash:
        raise DefinitionError(f"{asked}: {', '.join(clash)} is made from the identity and read from the source; remove one of the two")
    reads = list(kept)
    if identity:
        reads += [c for c in (identity.column, identity.sex) if c is not None and c not in reads]
    return TablePlan(
        name=table.name,
        member=table.member or table.name,
        into=table.into,
        is_reference=table.is_reference,
        reads=tuple(reads),
        lands=(*kept, *(identity.outputs.values() if identity else ())),
        origins=origins,
        identity=identity,
    )


def _origins(table: SourceTable, core: Table | None, made: set[str], asked: str) -> dict[str, Origin]:
    if core is None:
        return {name: _origin(name, spec, asked) for name, spec in table.columns.items()}
    for name in table.columns:
        core.column(name, f"{asked}.columns")
        if name in made:
            raise DefinitionError(f"{asked}.columns: {name!r} is made from the identity; remove it from 'columns' or from 'identity'")
    return {name: _origin(name, table.columns.get(name, name), asked) for name in core.columns}


def _origin(name: str, spec: Any, asked: str) -> Origin:
    if isinstance(spec, str):
        return Origin(spec)
    if isinstance(spec, dict) and "literal" in spec and set(spec) == {"literal"}:
        return Origin(None, literal=spec["literal"])
    if isinstance(spec, dict) and "source" in spec and set(spec) <= {"source", "format"}:
        return Origin(spec["source"], spec.get("format"))
    raise DefinitionError(f"{asked}.columns.{name}: {spec!r} is not a source column, {{source: name, format: ...}} or {{literal: value}}")


def _identity(table: SourceTable, core: Table | None, asked: str) -> Identity | None:
    spec = table.identity
    if spec is None:
        return None
    outputs = {output: spec[output] for output in IDENTITY_OUTPUTS if output in spec}
    for column in outputs.values():
        if core is not None:
            core.column(column, f"{asked}.identity")
    if "sex_agrees" in outputs and "sex" not in spec:
        raise DefinitionError(f"{asked}.identity: 'sex_agrees' needs 'sex', the source column with the sex; add it or remove 'sex_agrees'")
    return Identity(spec["kind"], spec["column"], spec.get("sex"), outputs, f"{asked}.identity")
