"""Merges a snapshot into a table of versions, in one set-wise pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policestats.landing.warehouse import Warehouse, quoted

ARRIVED, DEPARTED = "merge_arrived", "merge_departed"


@dataclass(frozen=True)
class Changes:
    """How many records a snapshot brought in, changed and took away."""

    inserted: int
    changed: int
    removed: int


def merge_snapshot(
    engine: Warehouse,
    *,
    snapshot: str,
    into: str,
    key: tuple[str, ...],
    columns: tuple[str, ...],
    load_id: int,
    scope: dict[str, Any] | None = None,
    known_from: str = "known_from",
) -> Changes:
    """Make the open versions of ``into`` equal to the rows of the table ``snapshot``, as known from ``load_id`` on.

    A row that stands unchanged keeps its version; a row that changed or is gone has its version closed (``known_to``); a row that is
    new or changed opens one. ``key`` must be unique in the snapshot and among the open versions. With ``scope`` only versions with those
    values are compared.
    """
    names = ", ".join(quoted(c) for c in columns)
    within = "".join(f" AND {quoted(c)} = ?" for c in scope or {})
    values = list((scope or {}).values())
    opened = f"SELECT {names} FROM {quoted(into)} WHERE known_to IS NULL{within}"
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {ARRIVED} AS SELECT {names} FROM {quoted(snapshot)} EXCEPT {opened}", values)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {DEPARTED} AS {opened} EXCEPT SELECT {names} FROM {quoted(snapshot)}", values)
    same = " AND ".join(f"was.{quoted(c)} IS NOT DISTINCT FROM now.{quoted(c)}" for c in key)
    arrived = int(engine.scalar(f"SELECT count(*) FROM {ARRIVED}"))
    departed = int(engine.scalar(f"SELECT count(*) FROM {DEPARTED}"))
    changed = int(engine.scalar(f"SELECT count(*) FROM {DEPARTED} AS was JOIN {ARRIVED} AS now ON {same}")) if arrived and departed else 0
    if departed:
        engine.execute(
            f"UPDATE {quoted(into)} AS was SET known_to = ? FROM {DEPARTED} AS now WHERE was.known_to IS NULL AND {same}", [load_id]
        )
    engine.execute(f"INSERT INTO {quoted(into)} ({names}, {quoted(known_from)}) SELECT {names}, ? FROM {ARRIVED}", [load_id])
    engine.execute(f"DROP TABLE {ARRIVED}; DROP TABLE {DEPARTED}")
    return Changes(arrived - changed, changed, departed - changed)
