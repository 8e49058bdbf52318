"""Merges staged rows into a table of versions, in one set-wise pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policestats.landing.warehouse import Warehouse, quoted

DIFFERENCE = "merge_difference"  # key columns, was_there, is_there: the records whose open version does not stand
_IS, _WAS = '":is"', '":was"'  # a colon cannot stand in a column's name, so nothing clashes


@dataclass(frozen=True)
class Changes:
    """How many records a load brought in, changed and took away."""

    inserted: int
    changed: int
    removed: int


@dataclass(frozen=True)
class Versions:
    """A table of versions: ``key`` identifies a record (a null is a value like any other), ``columns`` are all that is compared.

    With ``scope`` (column -> values) only versions that have these values are looked at. ``known_from`` names the column of the load
    that opened a version; the load that closed it is in ``known_to``.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    scope: Mapping[str, Sequence[Any]] | None = None
    known_from: str = "known_from"


def merge_snapshot(engine: Warehouse, versions: Versions, *, staged: str, load_id: int) -> Changes:
    """Make the open versions equal to the rows of ``staged`` (a table or view), as known from ``load_id`` on.

    A row that stands unchanged keeps its version; a row that changed or is gone has its version closed (``known_to``); a row that is
    new or changed opens one. The key must be unique in ``staged`` and among the open versions.
    """
    opened, values = _opened(versions)
    if not engine.scalar(f"SELECT count(*) FROM (SELECT 1 FROM ({opened}) LIMIT 1)", values):
        return Changes(_open_all(engine, versions, staged, load_id), 0, 0)
    key = ", ".join(f"coalesce(now.{quoted(c)}, was.{quoted(c)}) AS {quoted(c)}" for c in versions.key)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {DIFFERENCE} AS SELECT {key}, was.{_WAS} IS NOT NULL AS was_there, now.{_IS} IS NOT NULL AS is_there "
        f"FROM ({_rows(versions, staged)}) AS now FULL JOIN ({opened}) AS was ON {_same(versions.key)} "
        f"WHERE now.{_IS} IS NULL OR was.{_WAS} IS NULL OR {_differs(versions)}",
        values,
    )
    return _apply(engine, versions, staged, load_id)


def merge_changes(engine: Warehouse, versions: Versions, *, staged: str, deleted: str | None, load_id: int) -> Changes:
    """Put the rows of ``staged`` over the open versions with their keys, and close those whose keys are in ``deleted``.

    A row that says what its open version says opens nothing. A key in both tables is there: its row counts. A key that is not there
    any more, or never was, may be in ``deleted``. Every other version stands.
    """
    opened, values = _opened(versions)
    key = ", ".join(f"now.{quoted(c)}" for c in versions.key)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {DIFFERENCE} AS SELECT {key}, was.{_WAS} IS NOT NULL AS was_there, true AS is_there "
        f"FROM ({_rows(versions, staged)}) AS now LEFT JOIN ({opened}) AS was ON {_same(versions.key)} "
        f"WHERE was.{_WAS} IS NULL OR {_differs(versions)}",
        values,
    )
    if deleted is not None:
        names = ", ".join(quoted(c) for c in versions.key)
        engine.execute(
            f"INSERT INTO {DIFFERENCE} SELECT {names}, true, false FROM ({opened}) AS was "
            f"WHERE EXISTS (SELECT 1 FROM {quoted(deleted)} AS now WHERE {_same(versions.key)}) "
            f"AND NOT EXISTS (SELECT 1 FROM {quoted(staged)} AS now WHERE {_same(versions.key)})",
            values,
        )
    return _apply(engine, versions, staged, load_id)


def collapse(engine: Warehouse, versions: Versions, *, load_id: int) -> Changes:
    """Undo what several merges as known from one load did and undid: afterwards they count as one merge.

    A version that the load opened and closed was never known. One that it closed and opened again stands as before.
    """
    name, since = quoted(versions.name), quoted(versions.known_from)
    engine.execute(f"DELETE FROM {name} WHERE {since} = ? AND known_to = ?", [load_id, load_id])
    same = _same(versions.columns)
    again = f"was.known_to = {load_id} AND now.{since} = {load_id} AND now.known_to IS NULL AND {same}"
    names = ", ".join(f"was.{quoted(c)}" for c in versions.columns)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {DIFFERENCE} AS SELECT {names} FROM {name} AS was JOIN {name} AS now ON {again}")
    engine.execute(f"DELETE FROM {name} AS was USING {DIFFERENCE} AS now WHERE was.{since} = {load_id} AND {same}")
    engine.execute(f"UPDATE {name} AS was SET known_to = NULL FROM {DIFFERENCE} AS now WHERE was.known_to = {load_id} AND {same}")
    engine.execute(f"DROP TABLE {DIFFERENCE}")
    opened = int(engine.scalar(f"SELECT count(*) FROM {name} WHERE {since} = ?", [load_id]))
    closed = int(engine.scalar(f"SELECT count(*) FROM {name} WHERE known_to = ?", [load_id]))
    both = f"was.known_to = {load_id} AND now.{since} = {load_id} AND {_same(versions.key)}"
    changed = int(engine.scalar(f"SELECT count(*) FROM {name} AS was JOIN {name} AS now ON {both}"))
    return Changes(opened - changed, changed, closed - changed)


def _apply(engine: Warehouse, versions: Versions, staged: str, load_id: int) -> Changes:
    """Close and open the versions of the records in DIFFERENCE."""
    counted = engine.sql(
        f"SELECT count(*) FILTER (NOT was_there) AS inserted, count(*) FILTER (was_there AND is_there) AS changed, "
        f"count(*) FILTER (NOT is_there) AS removed FROM {DIFFERENCE}"
    ).to_pylist()[0]
    changes = Changes(counted["inserted"], counted["changed"], counted["removed"])
    if changes.changed or changes.removed:
        within, values = _within(versions)
        engine.execute(
            f"UPDATE {quoted(versions.name)} AS was SET known_to = ? FROM {DIFFERENCE} AS now "
            f"WHERE was.known_to IS NULL{within} AND now.was_there AND {_same(versions.key)}",
            [load_id, *values],
        )
    if changes.inserted or changes.changed:
        names = ", ".join(quoted(c) for c in versions.columns)
        engine.execute(
            f"INSERT INTO {quoted(versions.name)} ({names}, {quoted(versions.known_from)}) SELECT {names}, ? FROM {quoted(staged)} AS was "
            f"WHERE EXISTS (SELECT 1 FROM {DIFFERENCE} AS now WHERE now.is_there AND {_same(versions.key)})",
            [load_id],
        )
    engine.execute(f"DROP TABLE {DIFFERENCE}")
    return changes


def _open_all(engine: Warehouse, versions: Versions, staged: str, load_id: int) -> int:
    """Open a version for every row: nothing is there that it could be compared with."""
    names = ", ".join(quoted(c) for c in versions.columns)
    opened = engine.scalar(
        f"INSERT INTO {quoted(versions.name)} ({names}, {quoted(versions.known_from)}) SELECT {names}, ? FROM {quoted(staged)}", [load_id]
    )
    return int(opened)


def _rows(versions: Versions, staged: str) -> str:
    return f"SELECT {', '.join(quoted(c) for c in versions.columns)}, true AS {_IS} FROM {quoted(staged)}"


def _opened(versions: Versions) -> tuple[str, list[Any]]:
    """Return the SQL of the open versions, with its parameters."""
    within, values = _within(versions)
    names = ", ".join(quoted(c) for c in versions.columns)
    return f"SELECT {names}, true AS {_WAS} FROM {quoted(versions.name)} AS was WHERE was.known_to IS NULL{within}", values


def _within(versions: Versions) -> tuple[str, list[Any]]:
    scope = versions.scope or {}
    text = "".join(f" AND was.{quoted(c)} IN ({', '.join('?' * len(values))})" for c, values in scope.items())
    return text, [value for values in scope.values() for value in values]


def _same(columns: Sequence[str]) -> str:
    return " AND ".join(f"was.{quoted(c)} IS NOT DISTINCT FROM now.{quoted(c)}" for c in columns)


def _differs(versions: Versions) -> str:
    others = [c for c in versions.columns if c not in versions.key]
    return " OR ".join(f"was.{quoted(c)} IS DISTINCT FROM now.{quoted(c)}" for c in others) or "false"
