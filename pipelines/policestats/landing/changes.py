"""Which records of a core table changed between two loads: what has to be counted again."""

from __future__ import annotations

from sqlglot import exp

from policestats.catalog import Table
from policestats.landing.core_tables import version_table
from policestats.query import Query, column, literal, table


def changed_keys(core: Table, since: int, upto: int) -> Query:
    """Return the query of the keys of ``core`` with a version that was opened or closed after the load ``since`` and not after ``upto``.

    Each key comes once, whether its record is new, changed or gone; one that changed and changed back is among them. Its rows as known
    at the one and the other load are what there is to compare.
    """
    schema, name = version_table(core.name).split(".")
    keys = [column(part, "v") for part in core.key]
    touched = exp.or_(*(_between(bound, since, upto) for bound in ("known_from", "known_to")))
    return Query(exp.select(*keys).distinct().from_(table(name, schema, "v")).where(touched), core.key)


def _between(bound: str, since: int, upto: int) -> exp.Expr:
    return exp.and_(exp.GT(this=column(bound, "v"), expression=literal(since)), exp.LTE(this=column(bound, "v"), expression=literal(upto)))
