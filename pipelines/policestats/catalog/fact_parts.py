"""Facts as written, each with the joins and dimensions of the shared parts that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policestats.catalog.model import Fact
from policestats.catalog.yaml_file import YamlFile
from policestats.errors import DefinitionError, nearest


def read_facts(files: Iterable[YamlFile]) -> Iterator[Fact]:
    """Yield the facts of the files of a folder; a part stands in any of them.

    Raises: DefinitionError for a part that stands twice or that nobody wrote, and for a join or dimension that a fact and its part both have.
    """
    entries = [(file.where((i,)), spec) for file in files for i, spec in enumerate(file.data)]
    parts: dict[str, tuple[str, dict[str, Any]]] = {}
    for where, spec in entries:
        if "part" in spec:
            if spec["part"] in parts:
                raise DefinitionError(
                    f"{where}: the part {spec['part']!r} stands already at {parts[spec['part']][0]}; give one another name"
                )
            parts[spec["part"]] = (where, spec)
    for where, spec in entries:
        if "part" not in spec:
            yield Fact(spec["id"], spec["label"], _whole(spec, parts, where), where)


def _whole(spec: dict[str, Any], parts: dict[str, tuple[str, dict[str, Any]]], where: str) -> dict[str, Any]:
    if "with" not in spec:
        return spec
    joins: dict[str, Any] = {}
    dimensions: dict[str, Any] = {}
    for source in [*_named(spec["with"], parts, where), spec]:
        for join in source.get("joins", []):
            _put(joins, join["as"], join, "join", spec, where)
        for name, dimension in source.get("dimensions", {}).items():
            _put(dimensions, name, dimension, "dimension", spec, where)
    return {**{k: v for k, v in spec.items() if k != "with"}, "joins": list(joins.values()), "dimensions": dimensions}


def _named(names: list[str], parts: dict[str, tuple[str, dict[str, Any]]], where: str, above: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the parts of these names, each after the parts that it is made of, and each once."""
    found: list[dict[str, Any]] = []
    for name in names:
        if name not in parts:
            raise DefinitionError(f"{where}: there is no part {name!r}; {nearest(name, parts)}")
        if name in above:
            raise DefinitionError(
                f"{parts[name][0]}: the part {name!r} is made of itself ({' of '.join((*above, name))}); break the circle"
            )
        place, part = parts[name]
        found += [p for p in (*_named(part.get("with", []), parts, place, (*above, name)), part) if p not in found]
    return found


def _put(found: dict[str, Any], name: str, value: Any, what: str, spec: dict[str, Any], where: str) -> None:
    if name in found:
        raise DefinitionError(f"{where}: fact {spec['id']!r} gets the {what} {name!r} twice, from it and its parts; rename or drop one")
    found[name] = value
