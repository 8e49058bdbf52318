"""Checks the units tree that a load brings: no cycle at any time, parents and successors that exist, codes of the right form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from policestats.catalog import Catalog
from policestats.errors import ConformError
from policestats.landing.snapshot import ISSUES, record_key
from policestats.landing.warehouse import Warehouse, quoted

TREE = "<tree>"
_CODES = (TREE, "unit_code", "parent_unit_code", "successor_unit_code")


class UnitRow(NamedTuple):
    """One version of a unit: it stands over [valid_from, valid_to); ``record_key`` is how the row is named to people."""

    record_key: str
    unit_code: str
    valid_from: date | None
    valid_to: date | None
    parent_unit_code: str | None
    successor_unit_code: str | None


def check_units(engine: Warehouse, catalog: Catalog, load: str) -> None:
    """Check the open versions of the standard's units table and add what is wrong with single rows to the temporary table ISSUES.

    Raises: ConformError naming the codes of a cycle; ``load`` says which load brought it.
    """
    table = catalog.table(catalog.standard.units_table, "standard.yaml: units.table")
    names = ", ".join(quoted(name) if name in table.columns else f"NULL AS {name}" for name in UnitRow._fields[1:])
    found = engine.sql(f"SELECT {record_key(table)} AS record_key, {names} FROM core.{quoted(table.name)}")
    rows = [UnitRow(**row) for row in found.to_pylist()]
    cycle = find_cycle(rows)
    if cycle:
        raise ConformError(
            f"{load}: the table {table.name!r} has a cycle among {cycle[0]}: {' -> '.join(cycle[1])}; "
            "correct one of these rows in the source and deliver again (the load was rolled back, everything before it stands)"
        )
    # the whole tree was looked at, so what is known of its codes from earlier loads is told anew
    engine.execute(f"DELETE FROM {ISSUES} WHERE column_name IN ({', '.join('?' * len(_CODES))})", list(_CODES))
    wrong: list[list[Any]] = [list(issue) for issue in row_issues(rows, catalog.standard.unit_code_pattern)]
    for issue in wrong:
        engine.execute(f"INSERT INTO {ISSUES} VALUES (?, ?, ?)", issue)


def find_cycle(rows: list[UnitRow]) -> tuple[str, list[str]] | None:
    """Return ("parents at DATE" or "successors", the codes in the cycle, first one again at the end), or None.

    Parents are followed among the rows that stand on one day. A cycle can only begin on a day on which some row begins.
    Successors are followed among the rows that end.
    """
    for day in sorted({row.valid_from or date.min for row in rows}):
        standing = [r for r in rows if (r.valid_from or date.min) <= day and (r.valid_to is None or day < r.valid_to)]
        cycle = _cycle((r.unit_code, r.parent_unit_code) for r in standing)
        if cycle:
            return (f"parents on {day}" if day > date.min else "parents"), cycle
    last: dict[str, UnitRow] = {}
    for row in sorted(rows, key=lambda r: r.valid_from or date.min):
        last[row.unit_code] = row
    cycle = _cycle((r.unit_code, r.successor_unit_code) for r in last.values() if r.valid_to is not None)
    return ("successors", cycle) if cycle else None


def row_issues(rows: list[UnitRow], pattern: str) -> list[tuple[str, str, str]]:
    """Return (record key, column, value) of codes that do not match ``pattern`` and of parents and successors that do not exist."""
    known = {row.unit_code for row in rows}
    form = re.compile(pattern)
    found = []
    for row in rows:
        if not form.search(row.unit_code):
            found.append((row.record_key, "unit_code", row.unit_code))
        for column, value in (("parent_unit_code", row.parent_unit_code), ("successor_unit_code", row.successor_unit_code)):
            if value is not None and value not in known:
                found.append((row.record_key, column, value))
    return found


def _cycle(edges: Iterable[tuple[str, str | None]]) -> list[str] | None:
    """Return the codes of a cycle, ordered from its smallest code and ending with it again; None when there is none."""
    above: dict[str, list[str]] = {}
    for code, target in edges:
        if target is not None:
            above.setdefault(code, []).append(target)
    done: set[str] = set()
    for start in sorted(above):
        path: dict[str, None] = {}  # in order, and quick to look into
        waiting = [iter([start])]
        while waiting:
            code = next(waiting[-1], "")
            if not code:  # nothing more above the last one of the path
                waiting.pop()
                if path:
                    done.add(path.popitem()[0])
            elif code in path:
                ring = list(path)[list(path).index(code) :]
                first = ring.index(min(ring))
                return [*ring[first:], *ring[:first], ring[first]]
            elif code not in done:
                path[code] = None
                waiting.append(iter(above.get(code, [])))
    return None
