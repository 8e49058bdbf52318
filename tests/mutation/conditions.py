"""Every way to break one part of a condition: drop it, negate it, leave out a member."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Spec = dict[str, Any]
#: operator, what was done, the broken condition
Broken = tuple[str, str, Spec]


def broken_conditions(condition: Spec) -> Iterator[Broken]:
    """Yield the condition with one entry, at any depth, dropped or negated, or with one member less in a list of several."""
    for key, value in condition.items():
        rest = {k: v for k, v in condition.items() if k != key}
        yield "drop a condition", f"without {_told(key, value)}", rest
        if key == "not":
            yield "negate a condition", f"the contrary of {_told(key, value)}", {**rest, "all": [*rest.get("all", []), value]}
        else:
            yield "negate a condition", f"the contrary of {_told(key, value)}", _and(rest, {"not": {key: value}})
        if key in ("all", "any"):
            yield from _inside_list(condition, key, value)
        elif key == "not":
            for operator, told, inner in broken_conditions(value):
                if inner:
                    yield operator, f"not: {told}", {**condition, key: inner}
        elif isinstance(value, list) and len(value) > 1 and key not in ("same_year", "same_month"):
            for member in value:
                yield "leave out a member", f"{key} without {member!r}", {**condition, key: [v for v in value if v != member]}
        elif isinstance(value, dict):
            for word, bound in value.items():
                if (other := _EDGES.get(word)) and other not in value:
                    yield (
                        "move an edge",
                        f"{key} {other} {bound}",
                        {**condition, key: {other if w == word else w: b for w, b in value.items()}},
                    )


_EDGES = {"below": "at_most", "at_most": "below", "above": "at_least", "at_least": "above"}


def _inside_list(condition: Spec, key: str, parts: list[Spec]) -> Iterator[Broken]:
    for i, part in enumerate(parts):
        others = [deepcopy(p) for j, p in enumerate(parts) if j != i]
        if others:
            yield "drop a condition", f"{key} without {_told('', part)}", {**condition, key: others}
        for operator, told, inner in broken_conditions(part):
            if inner:
                yield operator, f"{key}: {told}", {**condition, key: [*others[:i], inner, *others[i:]]}


def _and(first: Spec, second: Spec) -> Spec:
    return {"all": [first, second]} if first else second


def _told(key: str, value: Any) -> str:
    text = f"{key}: {value}" if key else str(value)
    return text if len(text) < 90 else text[:87] + "..."
