"""How a fact falls into groups that can be made again one by one: what lets a change move by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from policestats.catalog import Catalog, Fact, Table
from policestats.query import Query, column, equal, table
from policestats.query.build import aliased

Relation = Callable[[str], exp.Expr]


@dataclass(frozen=True)
class Grouping:
    """The groups of a fact, named by ``columns`` of its base.

    ``tables`` tells, for a core table, which of its columns hold the group (group column -> column): only such rows can belong to the group.
    A table that is read and not among them is looked at whole.
    """

    columns: tuple[str, ...]
    tables: dict[str, dict[str, str]]


def group_columns(catalog: Catalog, fact: Fact) -> tuple[str, ...] | None:
    """Return the base columns that split the fact into groups which never look at each other; None when there are none.

    A spell or a first row is made from the rows that agree in ``by``. A plain fact may be split by its key; where all its joins go by
    the same columns (a case number), those are taken: what changed in a joined table then names the groups at once.
    """
    spec = fact.spec
    base = _base_columns(catalog, fact)
    if "spells" in spec or "first" in spec:
        names = tuple(dict.fromkeys(spec["spells" if "spells" in spec else "first"]["by"]))
    else:
        joined = {tuple(on.values()) for _, on in _joined(fact)}
        names = next(iter(joined)) if len(joined) == 1 and all(n in base for n in next(iter(joined))) else tuple(spec["key"])
    return names if all(n in base for n in names) else None


def grouping(catalog: Catalog, fact: Fact) -> Grouping | None:
    """Return the groups of ``fact``; None when it can only be made wholly.

    That is so when it has no groups, or when rows of its base are told by other columns in one place than in another.
    """
    columns = group_columns(catalog, fact)
    if columns is None:
        return None
    of_base: dict[str, dict[str, str]] = {}
    for name, mapping in _parts(catalog, fact):
        told = {g: mapping[g] for g in columns}
        if of_base.setdefault(name, told) != told:
            return None
    of_joined: dict[str, list[dict[str, str] | None]] = {}
    for name, on in _joined(fact):
        right = {left: key for key, left in on.items()}
        of_joined.setdefault(name, []).append({g: right[g] for g in columns} if all(g in right for g in columns) else None)
    for name, ways in of_joined.items():
        if name in of_base and any(way != of_base[name] for way in ways):
            return None
    joined = {name: ways[0] for name, ways in of_joined.items() if ways[0] is not None and all(way == ways[0] for way in ways)}
    return Grouping(columns, {**joined, **of_base})


def touched(catalog: Catalog, fact: Fact, columns: tuple[str, ...], changed: dict[str, exp.Expr], relation: Relation) -> list[Query] | None:
    """Return queries that together name every group of ``fact`` that a change may concern; None when they cannot be told from keys.

    Args:
        columns: what ``group_columns`` gave.
        changed: for each core table that changed, its changed rows (all columns, before and after).
        relation: gives the rows of a core table as they are now.

    A row that is not changed itself is concerned when a row it joins (or looks for) is. Its own columns are then the same before and
    after, so looking at it now is enough.
    """
    found: list[Query] = []
    for name, mapping in _parts(catalog, fact):
        if name in changed:
            found.append(_named(changed[name], {g: mapping[g] for g in columns}))
    base = _base_columns(catalog, fact)
    for name, on in _joined(fact):
        if name not in changed:
            continue
        right = {left: key for key, left in on.items()}
        if all(g in right for g in columns):
            found.append(_named(changed[name], {g: right[g] for g in columns}))
        elif all(left in base for left in right) and "union" not in fact.spec:
            found.append(_looked_up(relation(fact.spec["table"]), changed[name], columns, on))
        else:
            return None
    return found


def belongs(rows: exp.Expr, names: list[str], told: dict[str, str], groups: str) -> Query:
    """Return the rows (columns ``names``) of a core table that belong to one of the groups in the temporary table ``groups``; a null is a group too."""
    same = (exp.NullSafeEQ(this=column(g, "again"), expression=column(c, "t")) for g, c in told.items())
    named = exp.select("1", copy=False).from_(table(groups, alias="again"), copy=False).where(exp.and_(*same, copy=False), copy=False)
    select = exp.select(*(column(n, "t") for n in names), copy=False).from_(aliased(rows, "t"), copy=False)
    return Query(select.where(exp.Exists(this=named), copy=False), tuple(names))


def _base_columns(catalog: Catalog, fact: Fact) -> list[str]:
    """Columns that every part of the fact's base takes from its table as they are, and that no dimension hides."""
    parts = _parts(catalog, fact)
    hidden = fact.spec.get("dimensions", {})
    return [name for name in parts[0][1] if all(name in mapping for _, mapping in parts) and name not in hidden]


def _parts(catalog: Catalog, fact: Fact) -> list[tuple[str, dict[str, str]]]:
    """Return (core table, column of the fact -> column of the table) of each table that the fact's rows come from."""
    if "union" not in fact.spec:
        name = fact.spec["table"]
        return [(name, {c: c for c in catalog.table(name, fact.where).columns})]
    return [(part["table"], _plain_columns(part, catalog.table(part["table"], fact.where))) for part in fact.spec["union"]]


def _plain_columns(part: dict[str, Any], source: Table) -> dict[str, str]:
    """Return the columns that a part of a union takes from its table as they are."""
    made = part.get("dimensions", {})
    return {n: c for n, c in part["columns"].items() if isinstance(c, str) and c in source.columns and c not in made}


def _joined(fact: Fact) -> list[tuple[str, dict[str, str]]]:
    """Return (core table, its column -> column or dimension of the fact) of each join and each look for rows."""
    looked: list[dict[str, Any]] = [d["exists"] for d in fact.spec.get("dimensions", {}).values() if "exists" in d]
    return [(join["table"], join["on"]) for join in [*fact.spec.get("joins", []), *looked]]


def _named(changed: exp.Expr, columns: dict[str, str]) -> Query:
    select = exp.select(*(column(c, "changed").as_(g, quoted=True, copy=False) for g, c in columns.items()), copy=False)
    return Query(select.distinct(copy=False).from_(aliased(changed.copy(), "changed"), copy=False), tuple(columns))


def _looked_up(base: exp.Expr, changed: exp.Expr, columns: tuple[str, ...], on: dict[str, str]) -> Query:
    concerned = exp.select("1").from_(aliased(changed.copy(), "changed"), copy=False)
    concerned = concerned.where(
        exp.and_(*(equal(column(key, "changed"), column(left, "b")) for key, left in on.items()), copy=False), copy=False
    )
    select = exp.select(*(column(g, "b") for g in columns), copy=False).distinct(copy=False)
    select = select.from_(aliased(base, "b"), copy=False).where(exp.Exists(this=concerned), copy=False)
    return Query(select, columns)
