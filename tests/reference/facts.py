"""Rows of a fact: table or union, where, joins, dimensions, first, spells - in this order."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from .calendar import as_day
from .conditions import Anchor, dimension, gathered, holds, value_of
from .spells import spells
from .standard import Row, in_order


def fact_rows(fact_id: str, anchor: Anchor) -> list[Row]:
    """All rows of a fact as they stand at the anchor, each with its columns, joined columns (``alias.column``) and dimensions.

    Raises: ValueError when the right side of a plain join is not unique, because the join would count a thing twice.
    """
    if fact_id not in anchor.facts:
        anchor.facts[fact_id] = _work_out(anchor.standard.facts[fact_id], anchor)
    return anchor.facts[fact_id]


class _FactRow(dict[str, Any]):
    """A row that works a dimension or a joined column out when it is first asked for, so dimensions may stand in any order."""

    def __init__(self, row: Row, fact: Row, anchor: Anchor) -> None:
        super().__init__(row)
        self.columns = row
        self.waiting, self.anchor = dict(fact.get("dimensions", {})), anchor
        self.joins = {join["as"]: join for join in fact.get("joins", [])}
        for name in self.waiting:
            self.pop(name, None)  # a dimension hides the column of its name, except from itself

    def __missing__(self, name: str) -> Any:
        if name in self.waiting:
            self[name] = dimension(self.waiting.pop(name), self, self.anchor)
        elif name.partition(".")[0] in self.joins:
            _join(self.joins.pop(name.partition(".")[0]), self, self.anchor)
        elif name in self.columns:
            return self.columns[name]
        else:
            raise KeyError(name)
        return self[name]

    def whole(self) -> Row:
        """The row with everything worked out."""
        for join in list(self.joins):
            if join in self.joins:
                _join(self.joins.pop(join), self, self.anchor)
        for name in list(self.waiting):
            if name in self.waiting:
                self[name] = dimension(self.waiting.pop(name), self, self.anchor)
        return dict(self)


def _work_out(fact: Row, anchor: Anchor) -> list[Row]:
    rows = [row for row in _source_rows(fact, anchor) if holds(fact.get("where", {}), row, anchor) is True]
    _check_unique(fact, anchor)
    rows = [_FactRow(row, fact, anchor).whole() for row in rows]
    if "first" in fact:  # its order may name a dimension, such as the day an event counts on
        rows = _first(fact["first"], rows, anchor)
    return spells(fact["spells"], rows, anchor) if "spells" in fact else rows


def _source_rows(fact: Row, anchor: Anchor) -> list[Row]:
    if "table" in fact:
        return [dict(row) for row in anchor.tables.get(fact["table"], [])]
    rows = []
    for part in fact["union"]:
        for row in anchor.tables.get(part["table"], []):
            if holds(part.get("where", {}), row, anchor) is not True:
                continue
            seen = dict(row)
            for name, definition in part.get("dimensions", {}).items():
                seen[name] = dimension(definition, seen, anchor)
            empty = dict.fromkeys(fact["union"][0]["columns"]) if "others" in part else {}
            rows.append({"kind": part["kind"], **empty, **{name: value_of(source, seen) for name, source in part["columns"].items()}})
    return rows


def _first(first: Row, rows: list[Row], anchor: Anchor) -> list[Row]:
    kept: dict[tuple[Any, ...], Row] = {}
    met = [row for row in rows if holds(first.get("where", {}), row, anchor) is True]
    for row in sorted(met, key=lambda row: in_order(row, first["order"])):
        kept.setdefault(tuple(row[name] for name in first["by"]), row)
    return list(kept.values())


def _join(join: Row, row: Row, anchor: Anchor) -> None:
    """Add the columns of the one matching right row to ``row`` as ``alias.column``; null when there is none."""
    right = gathered(join, anchor)
    declared = anchor.standard.tables.get(join["table"], {}).get("columns") or next(iter(anchor.tables.get(join["table"], [])), {})
    for column in declared:
        row[f"{join['as']}.{column}"] = None
    wanted = tuple(value_of(left, row) for left in join["on"].values())
    if None in wanted:
        return
    found = right.get(wanted, [])
    if "latest" in join:
        found = _latest(join, found, row, anchor)
    for other in found[-1:]:
        for column in declared:
            row[f"{join['as']}.{column}"] = other[column]


def _latest(join: Row, found: list[Row], row: Row, anchor: Anchor) -> list[Row]:
    """The rows of a history that count by ``at``, oldest first."""
    counted = []
    for other in found:
        latest = join["latest"]
        on = anchor.clock.posted(other[latest["on"]], other[latest["entered"]]) if isinstance(latest, dict) else other[latest]
        if isinstance(latest, dict) and join["at"] == "period_end":
            if on is None or on >= anchor.period_end:
                continue  # nobody knew of it then; what was known counts by its own date
            on = as_day(other[latest["on"]])
        if on is not None and _is_by(on, join["at"], row, anchor):
            counted.append(({"": on, **other}, other))
    counted.sort(key=lambda pair: in_order(pair[0], ["", *join.get("order", [])]))
    return [other for _, other in counted]


def _is_by(on: Any, at: str, row: Row, anchor: Anchor) -> bool:
    if at == "period_end":
        return bool(as_day(on) < anchor.period_end)
    limit = value_of(at, row)
    if limit is None:
        return False
    if isinstance(limit, datetime):  # a moment: history up to that moment
        return bool((on if isinstance(on, datetime) else datetime.combine(on, time())) <= limit)
    return bool(as_day(on) <= limit)


def _check_unique(fact: Row, anchor: Anchor) -> None:
    for join in fact.get("joins", []):
        if "latest" in join:
            continue
        repeated = sorted(str(key) for key, rows in gathered(join, anchor).items() if None not in key and len(rows) > 1)
        if repeated:
            raise ValueError(f"fact {fact['id']}: join {join['as']} would fan out: {join['table']} repeats {', '.join(repeated)}")
