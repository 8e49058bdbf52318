"""What to read of each source table, what may land of it, and which core column each value becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from policestats.catalog import Catalog, Cursor, Source, SourceTable, Table
from policestats.errors import DefinitionError, nearest

#: families of source types that a value of a core type can be read from; text can be read from any
READABLE = {
    "integer": ("integer", "decimal", "text"),
    "decimal": ("integer", "decimal", "text"),
    "date": ("date", "timestamp", "text"),
    "timestamp": ("date", "timestamp", "text"),
    "boolean": ("boolean", "integer", "text"),
}
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

    ``origins`` says for each column of the core table ``into`` where it comes from; of a table that feeds none, which columns land.
    ``key`` are the source columns that identify a record; empty when the description does not say. ``presence`` gives for a landed
    column the source column whose being filled it tells; ``placeholders`` are the words that fill nothing. ``families`` are the
    families of types that a source column may have (a column without an entry: any), ``typed`` the columns whose one family the description names.
    """

    name: str
    member: str
    into: str | None
    is_reference: bool
    reads: tuple[str, ...]
    lands: tuple[str, ...]
    origins: dict[str, Origin]
    identity: Identity | None
    key: tuple[str, ...] = ()
    cursor: Cursor | None = None
    reconcile: timedelta | None = None
    presence: dict[str, str] = field(default_factory=dict)
    placeholders: tuple[str, ...] = ()
    families: dict[str, tuple[str, ...]] = field(default_factory=dict)
    typed: frozenset[str] = frozenset()
    delivers: str = "snapshot"
    options: dict[str, Any] = field(default_factory=dict)


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
        tables.setdefault(name, SourceTable(name))
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
    made = [*(identity.outputs.values() if identity else ()), *table.presence]
    for name in table.presence:
        if core is not None:
            core.column(name, f"{asked}.presence")
    origins = _origins(table, core, set(made), asked)
    named = [o.column for o in origins.values() if o.column is not None and o.column not in made]
    kept = list(dict.fromkeys([*named, *extra, *table.key, *([table.cursor.column] if table.cursor else [])]))
    if not kept and not made:
        raise DefinitionError(f"{asked}: nothing of it would land; name a core table with 'into' or columns with 'columns', or remove it")
    for hidden in (*table.drop, *([identity.column] if identity else []), *table.presence.values()):
        if hidden in kept:
            raise DefinitionError(
                f"{asked}: the column {hidden!r} must never land (drop, identity, presence) and is mapped; remove one of the two"
            )
    clash = sorted({name for name in made if name in kept or made.count(name) > 1})
    if clash:
        raise DefinitionError(f"{asked}: {', '.join(clash)} is made at landing and named a second time; remove one of the two")
    hidden_reads = [*((identity.column, identity.sex) if identity else ()), *table.presence.values()]
    key = _key(table, core, origins, made)
    if table.cursor is not None and not key:
        raise DefinitionError(
            f"{asked}.cursor: the table has no key in the source, so a change cannot be told from a new record; name it with 'key'"
        )
    unread = [name for name in table.types if name not in (*kept, *hidden_reads)]
    if unread:
        raise DefinitionError(
            f"{asked}.types: the column {unread[0]!r} is not read; {nearest(unread[0], [c for c in (*kept, *hidden_reads) if c])}"
        )
    return TablePlan(
        name=table.name,
        member=table.member or table.name,
        into=table.into,
        is_reference=table.is_reference,
        reads=tuple(dict.fromkeys([*kept, *(c for c in hidden_reads if c is not None)])),
        lands=(*kept, *made),
        origins=origins,
        identity=identity,
        key=key,
        cursor=table.cursor,
        reconcile=table.reconcile,
        presence=table.presence,
        placeholders=source.placeholders,
        families=_families(table, core, origins),
        typed=frozenset(table.types),
        delivers=table.delivers,
        options=table.options,
    )


def _key(table: SourceTable, core: Table | None, origins: dict[str, Origin], made: list[str]) -> tuple[str, ...]:
    """The source columns that feed the core table's key; none when a part of it is made at landing."""
    if core is None:
        return table.key
    columns = [origins[name].column for name in core.key]
    if any(column in made for column in columns):
        return ()
    return tuple(dict.fromkeys(column for column in columns if column is not None))


def _families(table: SourceTable, core: Table | None, origins: dict[str, Origin]) -> dict[str, tuple[str, ...]]:
    """The families of types each source column may have: the one the description names, else those its core type can be read from."""
    found: dict[str, tuple[str, ...]] = {}
    for name, column in (core.columns if core is not None else {}).items():
        origin = origins[name]
        if origin.column is not None and column.type != "text":
            # a number that is written as a date has a format that reads it
            found[origin.column] = (*READABLE[column.type], *(("integer",) if origin.format else ()))
    return {**found, **{name: (family,) for name, family in table.types.items()}}


def _origins(table: SourceTable, core: Table | None, made: set[str], asked: str) -> dict[str, Origin]:
    if core is None:
        return {name: _origin(name, spec, asked) for name, spec in table.columns.items()}
    for name in table.columns:
        core.column(name, f"{asked}.columns")
        if name in made:
            raise DefinitionError(
                f"{asked}.columns: {name!r} is made at landing; remove it from 'columns' or from 'identity' and 'presence'"
            )
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
