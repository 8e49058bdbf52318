"""Every way to break a fact: its conditions, joins, dimensions, first row and spells."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.mutation.conditions import Spec, broken_conditions

Mutation = tuple[str, str, Spec]
LOOKS = ("exists", "count_over", "sum_over", "earliest", "last")


def broken_facts(spec: Spec, used: set[str]) -> Iterator[Mutation]:
    """Yield (operator, what was done, broken fact) of a fact; of its dimensions only those among ``used``."""
    if "where" in spec:
        yield from _at(spec, ("where",), broken_conditions(spec["where"]))
    for i, part in enumerate(spec.get("union", [])):
        if "where" in part:
            yield from _at(spec, ("union", i, "where"), broken_conditions(part["where"]))
    for i, join in enumerate(spec.get("joins", [])):
        yield from _joins(spec, i, join, used)
    for name, dimension in spec.get("dimensions", {}).items():
        if name in used:
            yield from _at(spec, ("dimensions", name), _dimensions(dimension))
    if "first" in spec:
        first = spec["first"]
        for i, name in enumerate(first["order"][:2]):
            rest = [n for j, n in enumerate(first["order"]) if j != i]
            if rest:
                yield "other order", f"first without order by {name}", _put(spec, ("first", "order"), rest)
        yield from _at(spec, ("first", "where"), broken_conditions(first.get("where", {})))
    if "spells" in spec:
        yield from _spells(spec)


def _joins(spec: Spec, i: int, join: Spec, used: set[str]) -> Iterator[Mutation]:
    if not any(name.partition(".")[0] == join["as"] for name in used):
        return
    if "where" in join:
        yield from _at(spec, ("joins", i, "where"), broken_conditions(join["where"]))
    if join.get("at") not in (None, "period_end"):
        yield "other date", f"{join['as']} at the end of the window, not at {join['at']}", _put(spec, ("joins", i, "at"), "period_end")
    if isinstance(join.get("latest"), dict):
        plain = _put(spec, ("joins", i, "latest"), join["latest"]["on"])
        yield "other date", f"{join['as']} by {join['latest']['on']}, whenever it was entered", plain


def _dimensions(d: Spec) -> Iterator[Mutation]:
    if "flag" in d:
        yield "negate a condition", "the contrary of the flag", {"flag": {"not": d["flag"]}}
        for operator, told, broken in broken_conditions(d["flag"]):
            if broken:
                yield operator, told, {"flag": broken}
    if "switch" in d:
        for i, branch in enumerate(d["switch"]):
            rest = [b for j, b in enumerate(d["switch"]) if j != i]
            yield "drop a condition", f"without the branch to {branch['then']}", {**d, "switch": rest} if rest else _else(d)
            for operator, told, broken in broken_conditions(branch["when"]):
                if broken:
                    yield operator, told, _put(d, ("switch", i, "when"), broken)
    if "posted" in d:
        yield "other date", f"{d['posted']['on']}, whenever it was entered", {"date": d["posted"]["on"]}
    if "late" in d:
        yield "negate a condition", "late is never", {"flag": {d["late"]["on"]: None}}
    if "first_of" in d and len(d["first_of"]) > 1:
        yield "leave out a member", f"without {d['first_of'][0]}", {"first_of": d["first_of"][1:]}
        if not isinstance(d["first_of"][-1], dict):
            yield "leave out a member", f"without {d['first_of'][-1]}", {"first_of": d["first_of"][:-1]}
    if "bands" in d:
        yield from _bands(d)
    for kind in ("days", "seconds", "minus"):
        if kind in d:
            yield "swap two dates", f"{kind} the other way round", {kind: d[kind][::-1]}
    for kind, count in (("days_after", "days"), ("months_after", "months")):
        if kind in d and isinstance(d[kind][count], int):
            yield "move an edge", f"one {count[:-1]} more", _put(d, (kind, count), d[kind][count] + 1)
    if "midpoint" in d:
        yield "other date", f"{d['midpoint'][0]} instead of the middle", {"column": d["midpoint"][0]}
    for kind in LOOKS:
        if kind in d:
            yield from _at(d, (kind, "where"), broken_conditions(d[kind].get("where", {})))
            for name, inner in d[kind].get("dimensions", {}).items():
                yield from _at(d, (kind, "dimensions", name), _dimensions(inner))
    if "earliest" in d or "last" in d:
        kind = "earliest" if "earliest" in d else "last"
        yield "other date", "the other end", {"last" if kind == "earliest" else "earliest": d[kind]}
    if "sum_of" in d and len(d["sum_of"]) > 1:
        for part in d["sum_of"]:
            yield "leave out a member", f"without {part}", {"sum_of": [p for p in d["sum_of"] if p != part]}


def _bands(d: Spec) -> Iterator[Mutation]:
    bands = d["bands"]
    closed = "left" if bands.get("closed", "right") == "right" else "right"
    yield "move an edge", f"closed on the {closed}", {"bands": {**bands, "closed": closed}}
    if isinstance(bands["bounds"], list):
        for i, bound in enumerate(bands["bounds"]):
            moved = [b + 1 if j == i else b for j, b in enumerate(bands["bounds"])]
            if moved == sorted(set(moved)):
                yield "move an edge", f"bound {bound} is {bound + 1}", {"bands": {**bands, "bounds": moved}}
    for word in ("above", "at_least"):
        if word in bands:
            yield "drop a condition", f"without {word}", {"bands": {k: v for k, v in bands.items() if k != word}}


def _spells(spec: Spec) -> Iterator[Mutation]:
    spells = spec["spells"]
    for key in ("begins", "opens", "closes", "ends"):
        for kind in spells[key] if len(spells.get(key, [])) > 1 else []:
            yield "leave out a member", f"{key} without {kind}", _put(spec, ("spells", key), [k for k in spells[key] if k != kind])
    for name in spells.get("order", []):
        rest = [n for n in spells["order"] if n != name]
        yield "other order", f"spells without order by {name}", _put(spec, ("spells", "order"), rest)
    if "begins" in spells:
        yield "drop a condition", "spells without begins", {**spec, "spells": {k: v for k, v in spells.items() if k != "begins"}}
    if "leaves_when" in spells:
        yield from _at(spec, ("spells", "leaves_when"), broken_conditions(spells["leaves_when"]))


def _else(d: Spec) -> Spec:
    return {"literal": d["else"]["literal"]} if isinstance(d["else"], dict) else {"column": d["else"]}


def _at(spec: Spec, trail: tuple[Any, ...], broken: Iterator[tuple[str, str, Any]]) -> Iterator[Mutation]:
    place = ".".join(map(str, trail))
    for operator, told, value in broken:
        yield operator, f"{place}: {told}", _put(spec, trail, value)


def _put(spec: Spec, trail: tuple[Any, ...], value: Any) -> Spec:
    """Return a copy of ``spec`` with ``value`` at ``trail``."""
    found = deepcopy(spec)
    inner: Any = found
    for step in trail[:-1]:
        inner = inner[step]
    inner[trail[-1]] = value
    return found
