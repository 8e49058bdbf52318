"""A fact without what nobody reads of it: no column, no window function, no join that only makes more of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp


def narrowed(select: exp.Expr, names: Iterable[str]) -> exp.Expr:
    """Return the query of a fact with the columns ``names`` only; its rows stay the same.

    Engines leave out a column that nobody reads, but neither a window function over all rows nor a left join: they do not know that a fact's
    left joins are many-to-one (see FactCompiler.join_checks).
    """
    found = select.copy()
    _narrow(found, set(names))
    return found


def _narrow(query: exp.Expr, names: set[str]) -> None:
    if not isinstance(query, exp.Select) or query.args.get("distinct"):
        return  # a union's columns go by position, and what is distinct goes by all of them
    query.set("expressions", [e for e in query.expressions if e.alias_or_name in names])
    joins: list[exp.Join] = query.args.get("joins") or []
    for join in reversed(joins):  # a join may be read by a later one
        others = [j for j in joins if j is not join]
        if join.side == "LEFT" and not any(_read(query, others, join.alias_or_name)):
            joins = others
    query.set("joins", joins)
    source = query.args["from_"].this
    if isinstance(source, exp.Subquery):
        _narrow(source.this, set(_read(query, joins, source.alias)))


def _read(query: exp.Select, joins: list[exp.Join], alias: str) -> Iterator[str]:
    """Yield the columns of ``alias`` that the query itself reads, not those that a subquery reads under the same alias."""
    parts = [*query.expressions, *(query.args[name] for name in ("where", "group", "having", "qualify", "order") if query.args.get(name))]
    for part in [*parts, *(join.args["on"] for join in joins)]:
        yield from (c.name for c in part.find_all(exp.Column) if c.table == alias)
