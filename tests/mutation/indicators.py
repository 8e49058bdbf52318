"""Every way to break an indicator, and a column or a block of a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.mutation.conditions import Spec, broken_conditions
from tests.mutation.facts import Mutation, _at, _put

_OTHER_SHOW = {
    "opening": ["closing", "entered"],
    "closing": ["opening", "left"],
    "entered": ["closing", "left"],
    "left": ["entered", "opening"],
}
_OTHER_VARIANT = {
    "current": ["previous_period", "ytd"],
    "ytd": ["current", "prior_year_ytd"],
    "prior_year": ["current"],
    "prior_year_ytd": ["prior_year", "ytd"],
    "previous_period": ["current"],
    "previous_ytd": ["ytd"],
}


def broken_indicators(spec: Spec, others: Callable[[str], list[str]]) -> Iterator[Mutation]:
    """Yield (operator, what was done, broken indicator); ``others(word)`` are other dates (`on`) and units (`by`) that its fact has."""
    if "where" in spec:
        yield from _at(spec, ("where",), broken_conditions(spec["where"]))
    for word, operator in (("on", "other date"), ("by", "other unit")):
        for other in others(word):
            yield operator, f"{word} {other}, not {spec[word]}", {**spec, word: other}
    if "distinct" in spec:
        yield "count for distinct", "count: record", {**{k: v for k, v in spec.items() if k != "distinct"}, "count": "record"}
        for name in spec["distinct"] if len(spec["distinct"]) > 1 else []:
            yield "leave out a member", f"distinct without {name}", {**spec, "distinct": [n for n in spec["distinct"] if n != name]}
    if "sum" in spec:
        counted = {k: v for k, v in spec.items() if k != "sum"}
        yield "count for sum", "counted, not added up", counted if "ledger" in spec else {**counted, "count": "record"}
    yield from _ledger(spec)
    if "partner" in spec:
        yield "other unit", "every transfer, also within the subtree", {k: v for k, v in spec.items() if k != "partner"}


def _ledger(spec: Spec) -> Iterator[Mutation]:
    if "show" not in spec:
        return
    for other in _OTHER_SHOW[spec["show"]]:
        plain = {k: v for k, v in spec.items() if k not in ("kinds", "net")}
        yield "flow for stock", f"{other}, not {spec['show']}", {**plain, "show": other}
    if "kinds" in spec:
        yield "drop a condition", "all kinds", {k: v for k, v in spec.items() if k != "kinds"}
        for kind in spec["kinds"] if len(spec["kinds"]) > 1 else []:
            yield "leave out a member", f"kinds without {kind}", {**spec, "kinds": [k for k in spec["kinds"] if k != kind]}
    if spec.get("net"):
        yield "other unit", "every transfer, also within the subtree", {k: v for k, v in spec.items() if k != "net"}


def broken_columns(column: Spec, rows: list[str]) -> Iterator[Mutation]:
    """Yield (operator, what was done, broken column) of a column or split as written."""
    if "where" in column:
        yield from _at(column, ("where",), broken_conditions(column["where"]))
    if "indicator" in column or "ledger" in column:
        for variant in _OTHER_VARIANT[column.get("variant", "current")]:
            yield "other period", f"{variant}, not {column.get('variant', 'current')}", {**column, "variant": variant}
    if "ledger" in column:
        yield from _ledger(column)
    if "split" in column:
        for i, member in enumerate(column["members"]):
            value = member.get("is", member["code"])
            yield "leave out a member", f"{member['code']} is nobody", _put(column, ("members", i, "is"), "no such member")
            for one in value if isinstance(value, list) and len(value) > 1 else []:
                yield (
                    "leave out a member",
                    f"{member['code']} without {one}",
                    _put(column, ("members", i, "is"), [v for v in value if v != one]),
                )
    yield from _derived(column, rows)


def _derived(column: Spec, rows: list[str]) -> Iterator[Mutation]:
    if "rate" in column:
        rate = column["rate"]
        yield "swap a rate", "over / of", _put(column, ("rate",), {**rate, "of": rate["over"], "over": rate["of"]})
        for word in ("of_row", "over_row"):
            if word in rate:
                yield "other row", f"without {word}", _put(column, ("rate",), {k: v for k, v in rate.items() if k != word})
        for side in ("of", "over"):
            for name in rate[side] if isinstance(rate[side], dict) and len(rate[side]) > 1 else []:
                less = {k: v for k, v in rate[side].items() if k != name}
                yield "leave out a member", f"{side} without {name}", _put(column, ("rate", side), less)
    if "change" in column:
        change = column["change"]
        yield "swap a rate", "from and of", _put(column, ("change",), {**change, "of": change["from"], "from": change["of"]})
        if "per_day" in change:
            yield "swap a rate", "not by day", _put(column, ("change",), {k: v for k, v in change.items() if k != "per_day"})
    if "formula" in column:
        for name, weight in column["formula"].items():
            if len(column["formula"]) > 1:
                less = {k: v for k, v in column["formula"].items() if k != name}
                yield "leave out a member", f"without {name}", _put(column, ("formula",), less)
            yield "negate a condition", f"minus {name}", _put(column, ("formula", name), -weight)
    if "share_of" in column:
        other = next(row for row in rows if row != column["share_of"]["row"])
        yield "other row", f"share of {other}", _put(column, ("share_of", "row"), other)
    if "wilson" in column:
        bound = "high" if column["wilson"]["bound"] == "low" else "low"
        yield "swap a rate", f"the {bound} bound", _put(column, ("wilson", "bound"), bound)
    if "decimals" in column:
        yield "other rounding", "one place less", {**column, "decimals": column["decimals"] - 1 if column["decimals"] else 1}


def broken_blocks(block: Spec) -> Iterator[Mutation]:
    """Yield (operator, what was done, broken block): its own condition, its of-which rows, the members it shows."""
    if "where" in block:
        yield from _at(block, ("where",), broken_conditions(block["where"]))
    rows: dict[str, Any] = block["rows"]
    for i, row in enumerate(rows.get("sets", [])):
        for operator, told, spec in _at(block, ("rows", "sets", i, "where"), broken_conditions(row["where"])):
            yield operator, f"{row['code']}: {told}", spec
