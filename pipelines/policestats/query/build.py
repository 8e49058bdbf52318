"""The small set of SQL constructs that policestats uses, as sqlglot nodes.

Only what renders alike on DuckDB and Spark belongs here; names become identifiers, values become literals, never pasted text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlglot import exp

#: SQL type of each type of the catalog; parsed once: there are thousands of casts in a tabulation
SQL_TYPES = {
    name: exp.DataType.build(sql)
    for name, sql in {
        "text": "VARCHAR",
        "integer": "BIGINT",
        "decimal": "DECIMAL(38, 6)",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
        "boolean": "BOOLEAN",
    }.items()
}


_A_MONDAY = date(2000, 1, 3)


@dataclass(frozen=True)
class Query:
    """A compiled query and the names of its output columns, in order."""

    ast: exp.Expr
    columns: tuple[str, ...]
    _rendered: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def sql(self, dialect: str = "duckdb") -> str:
        """Return the SQL text in ``dialect``, laid out to be read; it is rendered once, so what is shown is what ran."""
        if dialect not in self._rendered:  # only DuckDB's generator is known to leave the tree as it is; a copy is half the work
            self._rendered[dialect] = self.ast.sql(dialect=dialect, pretty=True, copy=dialect != "duckdb")
        return self._rendered[dialect]


def column(name: str, of: str | None = None) -> exp.Column:
    """Return the column ``name`` (of the table or alias ``of``), always quoted."""
    return exp.column(name, table=of, quoted=True)


def table(name: str, schema: str | None = None, alias: str | None = None) -> exp.Table:
    """Return the table ``schema.name`` with an optional alias, always quoted."""
    found = exp.table_(name, db=schema, quoted=True)
    if alias:
        found.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return found


def literal(value: Any) -> exp.Expr:
    """Return ``value`` (None, bool, int, Decimal, date, datetime or text) as a literal of its type."""
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, (int, Decimal)):
        return exp.Literal.number(str(value))
    if isinstance(value, datetime):
        return cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")
    if isinstance(value, date):
        return cast(exp.Literal.string(value.isoformat()), "date")
    return exp.Literal.string(str(value))


def cast(value: exp.Expr, type_: str) -> exp.Expr:
    """Return ``value`` cast to a catalog type (text, integer, decimal, date, timestamp, boolean)."""
    return exp.cast(value, SQL_TYPES[type_])


def aliased(relation: exp.Expr, alias: str) -> exp.Expr:
    """Return a table or a query under ``alias``, quoted."""
    name = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    if isinstance(relation, exp.Table):
        found = relation.copy()
        found.set("alias", name)
        return found
    return exp.Subquery(this=relation, alias=name)


def equal(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Return ``left = right``."""
    return exp.EQ(this=left, expression=right)


def case(branches: Sequence[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr) -> exp.Expr:
    """Return CASE WHEN .. THEN .. ELSE .. END."""
    ifs = [exp.If(this=when.copy(), true=then.copy()) for when, then in branches]
    return exp.Case(ifs=ifs, default=otherwise.copy())


def month_of(value: exp.Expr) -> exp.Expr:
    """Return the first day of the month of a date or timestamp."""
    return cast(exp.DateTrunc(this=value, unit=exp.Literal.string("MONTH")), "date")


def year_of(value: exp.Expr) -> exp.Expr:
    """Return the first day of the year of a date or timestamp."""
    return cast(exp.DateTrunc(this=value, unit=exp.Literal.string("YEAR")), "date")


def minus(value: exp.Expr, span: timedelta) -> exp.Expr:
    """Return a timestamp minus a span of whole seconds."""
    seconds = int(span.total_seconds())
    return exp.Sub(this=value, expression=exp.Interval(this=exp.Literal.string(str(seconds)), unit=exp.var("SECOND")))


def later(day: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    """Return the date ``count`` days or months (``unit`` DAY or MONTH) after ``day``; a month without that day gives its last day."""
    return cast(exp.DateAdd(this=cast(day, "date"), expression=exp.paren(count, copy=False), unit=exp.var(unit)), "date")


def row_number(partition: Sequence[exp.Expr], order: Sequence[exp.Expr]) -> exp.Expr:
    """Return ROW_NUMBER() OVER (PARTITION BY .. ORDER BY .. NULLS LAST)."""
    return over(exp.RowNumber(), partition, order)


def over(function: exp.Expr, partition: Sequence[exp.Expr], order: Sequence[exp.Expr]) -> exp.Expr:
    """Return ``function`` over a window, ascending, nulls last."""
    ordered = [exp.Ordered(this=o, desc=False, nulls_first=False) for o in order]
    return exp.Window(this=function, partition_by=list(partition), order=exp.Order(expressions=ordered))


def joined_text(parts: Sequence[exp.Expr], separator: str = "/") -> exp.Expr:
    """Return the parts as text, joined by ``separator``; a null part counts as empty."""
    texts = [exp.Coalesce(this=cast(p, "text"), expressions=[exp.Literal.string("")]) for p in parts]
    found: exp.Expr = texts[0]
    for text in texts[1:]:
        found = exp.DPipe(this=exp.DPipe(this=found, expression=exp.Literal.string(separator)), expression=text)
    return found


def days_between(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Return the calendar days from one date or timestamp to another."""
    return exp.DateDiff(this=cast(end, "date"), expression=cast(start, "date"), unit=exp.var("DAY"))


def seconds_between(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Return the whole seconds from one timestamp to another."""
    return exp.TimestampDiff(this=cast(end, "timestamp"), expression=cast(start, "timestamp"), unit=exp.var("SECOND"))


def halfway(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Return the timestamp halfway between two, to the second below."""
    half = exp.cast(exp.Floor(this=exp.Div(this=seconds_between(start.copy(), end), expression=literal(2))), "BIGINT")
    return exp.TimestampAdd(this=cast(start, "timestamp"), expression=half, unit=exp.var("SECOND"))


def year_number(value: exp.Expr) -> exp.Expr:
    """Return the calendar year of a date or timestamp."""
    return cast(exp.Year(this=value), "integer")


def hour_of(value: exp.Expr) -> exp.Expr:
    """Return the hour of a timestamp, 0 to 23."""
    return cast(exp.Hour(this=value), "integer")


def weekday_of(value: exp.Expr) -> exp.Expr:
    """Return 1 for Monday to 7 for Sunday, by days since a Monday: the functions of the engines number the days differently."""
    since = exp.paren(days_between(literal(_A_MONDAY), value), copy=False)
    seven = literal(7)
    in_week = exp.Mod(this=exp.paren(exp.Add(this=exp.Mod(this=since, expression=seven), expression=seven.copy())), expression=seven.copy())
    return exp.paren(exp.Add(this=in_week, expression=literal(1)), copy=False)
