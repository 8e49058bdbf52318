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
    ``partners`` are the rows that a base table is joined for besides: (its column, table of the base, column of that). A table that is
    read and named by neither is looked at whole.
    """

    columns: tuple[str, ...]
    tables: dict[str, dict[str, str]]
    partners: dict[str, list[tuple[str, str, str]]]


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

    That is so when it has no groups, or when the rows of a table are told by other columns in one place than in another.
    """
    columns = group_columns(catalog, fact)
    if columns is None:
        return None
    parts = _parts(catalog, fact)
    of_base: dict[str, dict[str, str]] = {}
    for name, mapping in parts:
        told = {g: mapping[g] for g in columns}
        if of_base.setdefault(name, told) != told:
            return None
    of_joined: dict[str, list[dict[str, str] | None]] = {}
    partners: dict[str, list[tuple[str, str, str]]] = {}
    for name, on in _joined(fact):
        way = _way(columns, on)
        if name not in of_base:
            of_joined.setdefault(name, []).append(way)
        elif way != of_base[name]:
            if len(on) > 1 or _takes(fact, on) is None:
                return None
            ((key, left),) = on.items()
            partners.setdefault(name, []).extend((key, table_, mapping[left]) for table_, mapping in parts if left in mapping)
    joined = {name: ways[0] for name, ways in of_joined.items() if ways[0] is not None and all(way == ways[0] for way in ways)}
    return Grouping(columns, {**joined, **of_base}, partners)


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
    parts = _parts(catalog, fact)
    for name, mapping in parts:
        if name in changed:
            found.append(_named(changed[name], {g: mapping[g] for g in columns}))
    for name, on in _joined(fact):
        if name not in changed:
            continue
        way = _way(columns, on)
        if way is not None:
            found.append(_named(changed[name], way))
        elif _takes(fact, on) is not None:
            for table_, mapping in parts:
                if all(left in mapping for left in on.values()):
                    met = {key: mapping[left] for key, left in on.items()}
                    found.append(_looked_up(relation(table_), changed[name], {g: mapping[g] for g in columns}, met))
        else:
            through = _through(fact, columns, on)
            if through is None:
                return None
            table_, told, met = through
            found.append(_looked_up(relation(table_), changed[name], told, met))
    return found


def _way(columns: tuple[str, ...], on: dict[str, str]) -> dict[str, str] | None:
    """Return the columns of a joined table that hold the group; None when the join goes by something else."""
    right = {left: key for key, left in on.items()}
    return {g: right[g] for g in columns} if all(g in right for g in columns) else None


def _takes(fact: Fact, on: dict[str, str]) -> list[str] | None:
    """Return the columns of the base that a join goes by; None when one is made by the fact, or a part of a union gives a value of its own."""
    for left in on.values():
        if "." in left or left in fact.spec.get("dimensions", {}):
            return None
        for part in fact.spec.get("union", []):
            given = part["columns"].get(left, {"literal": None})
            if given in part.get("dimensions", {}) if isinstance(given, str) else given["literal"] is not None:
                return None
    return list(on.values())


def _through(fact: Fact, columns: tuple[str, ...], on: dict[str, str]) -> tuple[str, dict[str, str], dict[str, str]] | None:
    """Return (table, group column -> its column, joined column -> its column) of the one other join that a join goes by, if that holds the group."""
    aliases = {left.partition(".")[0] for left in on.values()}
    if len(aliases) > 1 or not all("." in left for left in on.values()):
        return None
    join = next(j for j in fact.spec["joins"] if j["as"] in aliases)
    told = _way(columns, join["on"])
    return None if told is None else (join["table"], told, {key: left.partition(".")[2] for key, left in on.items()})


def belongs(rows: exp.Expr, names: list[str], told: dict[str, str], groups: str, partners: list[tuple[str, str, str]]) -> Query:
    """Return the rows (columns ``names``) of a core table that belong to one of the groups in the temporary table ``groups``; a null is a group too.

    With ``partners`` (column, temporary table, its column) also the rows that those tables name.
    """
    select = exp.select(*(column(n, "t") for n in names), copy=False).from_(aliased(rows, "t"), copy=False)
    if {key for key, _, _ in partners} <= set(told.values()) and (not partners or len(told) == 1):
        # the same columns tell all: one list of values, each once, to which the rows are joined; engines scan less for a join than for EXISTS
        wanted: exp.Expr = exp.select(*(column(g, "again") for g in told), copy=False).from_(table(groups, alias="again"), copy=False)
        for _, named, c in partners:
            more = exp.select(column(c, "partner")).from_(table(named, alias="partner"), copy=False)
            wanted = exp.union(wanted, more, distinct=True, copy=False)
        same = (exp.NullSafeEQ(this=column(g, "w"), expression=column(c, "t")) for g, c in told.items())
        return Query(select.join(aliased(wanted, "w"), on=exp.and_(*same, copy=False), copy=False), tuple(names))
    same = (exp.NullSafeEQ(this=column(g, "again"), expression=column(c, "t")) for g, c in told.items())
    ways: list[exp.Expr] = [_exists(groups, "again", exp.and_(*same, copy=False))]
    for key, named, c in partners:
        ways.append(_exists(named, "partner", equal(column(c, "partner"), column(key, "t"))))
    return Query(select.where(exp.or_(*ways, copy=False), copy=False), tuple(names))


def _exists(named: str, alias: str, condition: exp.Expr) -> exp.Expr:
    return exp.Exists(this=exp.select("1", copy=False).from_(table(named, alias=alias), copy=False).where(condition, copy=False))


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
    return [(join["table"], join["on"]) for join in [*fact.spec.get("joins", []), *fact.looks]]


def _named(changed: exp.Expr, columns: dict[str, str]) -> Query:
    select = exp.select(*(column(c, "changed").as_(g, quoted=True, copy=False) for g, c in columns.items()), copy=False)
    return Query(select.distinct(copy=False).from_(aliased(changed.copy(), "changed"), copy=False), tuple(columns))


def _looked_up(rows: exp.Expr, changed: exp.Expr, told: dict[str, str], met: dict[str, str]) -> Query:
    """Return the groups of the ``rows`` that meet a changed row; ``met``: column of the changed row -> column of ``rows``."""
    meets = exp.and_(*(equal(column(key, "changed"), column(c, "b")) for key, c in met.items()), copy=False)
    select = exp.select(*(column(c, "b").as_(g, quoted=True, copy=False) for g, c in told.items()), copy=False).distinct(copy=False)
    select = select.from_(aliased(rows, "b"), copy=False).join(aliased(changed.copy(), "changed"), on=meets, copy=False)
    return Query(select, tuple(told))
