"""Are both sides of every comparison of one kind, and is no text taken for a date? Asked of the compiled SQL, before a record is read.

DuckDB casts silently, and fails at the first record whose value cannot be cast: perhaps in a month's time, and without the place.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify_columns import qualify_columns
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.schema import MappingSchema

from policestats.catalog import Catalog
from policestats.errors import DefinitionError
from policestats.query import Query
from policestats.query.build import SQL_TYPES, table

_TYPE = exp.DataType.Type
_TEXT = "a text"
_KINDS = {
    **dict.fromkeys(exp.DataType.TEXT_TYPES, _TEXT),
    **dict.fromkeys(exp.DataType.NUMERIC_TYPES, "a number"),
    _TYPE.DATE: "a date",
    _TYPE.TIMESTAMP: "a time",
    _TYPE.BOOLEAN: "a flag",
}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ)
_LEARNED = "learned"  # the schema of what is read without one
_SHOWN = 160  # characters of what is refused


class Comparisons:
    """Knows the types of all columns: of core tables, of code lists, and of the queries that were learned."""

    def __init__(self, catalog: Catalog) -> None:
        self._schema = MappingSchema(dialect="duckdb")
        for name, core in catalog.tables.items():
            self._know(table(name, "core"), {c.name: SQL_TYPES[c.type] for c in core.columns.values()})
        for name, codelist in catalog.codelists.items():
            self._know(table(name, "dim"), dict.fromkeys(codelist.attributes, SQL_TYPES["text"]))

    def check(self, query: Query, what: str, where: str, name: str | None = None) -> None:
        """Refuse comparisons of values of different kinds, and texts that are cast to another; a null, and what has no known type, goes with all.

        Args:
            what: the definition behind ``query``, as a sentence begins; where: its place.
            name: under which later queries read this one.

        Raises: DefinitionError naming the first such comparison or cast.
        """
        named = qualify_tables(query.ast.copy(), db=_LEARNED, dialect="duckdb")
        typed = annotate_types(qualify_columns(named, self._schema, allow_partial_qualification=True), self._schema, dialect="duckdb")
        for comparison, sides in _sides(typed):
            kinds = {kind: None for side in sides if (kind := _kind(side)) is not None}
            if len(kinds) > 1:
                raise DefinitionError(f"{where}: {what} compares {' with '.join(kinds)}: {_shown(comparison)}; compare values of one kind")
        for cast in typed.find_all(exp.Cast):  # a text that may be no number is read by TRY_CAST, a literal is what was written
            kind = _kind(cast)
            is_of_column = type(cast) is exp.Cast and not isinstance(cast.this, exp.Literal)
            if is_of_column and _kind(cast.this) == _TEXT and kind not in (None, _TEXT):
                raise DefinitionError(f"{where}: {what} takes {_TEXT} for {kind}: {_shown(cast)}; name a column of that kind")
        if name is not None and isinstance(typed, exp.Query):
            self._know(table(name, _LEARNED), {s.alias_or_name: s.type for s in typed.selects if s.type is not None})

    def _know(self, relation: exp.Table, columns: dict[str, exp.DataType]) -> None:
        self._schema.add_table(relation, columns, dialect="duckdb", normalize=False)


def _sides(query: exp.Expr) -> Iterator[tuple[exp.Expr, list[exp.Expr]]]:
    """Yield every comparison of ``query`` with what it compares."""
    for comparison in query.find_all(*_COMPARISONS):
        yield comparison, [comparison.this, comparison.expression]
    for among in query.find_all(exp.In):
        yield among, [among.this, *among.expressions]


def _kind(side: exp.Expr) -> str | None:
    return _KINDS.get(side.type.this) if side.type is not None else None


def _shown(part: exp.Expr) -> str:
    text = part.sql("duckdb")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
