"""Columns as written, with those of shared sets put in and splits spelled out member by member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from policestats.catalog import Catalog, YamlFile
from policestats.errors import DefinitionError, nearest

#: what a split hands on to each of its columns
_OF_SPLIT = ("indicator", "variant", "parent", "unit", "group", "rows", "blocks", "frequencies", "hidden", "printed")


@dataclass
class ColumnSpecs:
    """The columns of a form, one by one, each with its place in a file, and the checks that came with them."""

    columns: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    checks: list[tuple[dict[str, Any], str]] = field(default_factory=list)


def expand(form: str, specs: list[dict[str, Any]], catalog: Catalog, where: Callable[..., str]) -> ColumnSpecs:
    """Return the columns written as ``specs`` in the form ``form``; ``where(trail)`` gives the place of a value in its file.

    Raises: DefinitionError for a set that does not exist, with the nearest names.
    """
    found = ColumnSpecs()
    for i, spec in enumerate(specs):
        place = where(("columns", i))
        if "use" in spec:
            _use(form, spec, catalog, place, found)
        elif "split" in spec:
            _split(form, spec, place, found)
        else:
            found.columns.append((spec, place))
    return found


def _use(form: str, spec: dict[str, Any], catalog: Catalog, place: str, found: ColumnSpecs) -> None:
    folder = catalog.templates / "column_sets"
    path = folder / f"{spec['use']}.yaml"
    if not path.is_file():
        raise DefinitionError(
            f"{place}: there is no column set {spec['use']!r}; {nearest(spec['use'], [p.stem for p in folder.glob('*.yaml')])}"
        )
    file = YamlFile(path, catalog.root)
    file.check("column_set", catalog.meta)
    if file.data["id"] != path.stem:
        raise DefinitionError(f"{file.where()}: the set's id is {file.data['id']!r} but its file is {path.name}; make them the same")
    narrowed: dict[str, Any] = {key: spec[key] for key in ("rows", "blocks") if key in spec}
    inner = expand(form, [{**c, **narrowed} for c in file.data["columns"]], catalog, file.where)
    found.columns += inner.columns
    found.checks += inner.checks
    for i, check in enumerate(file.data.get("checks", [])):
        found.checks.append(({**check, "id": f"{form}-{check['id']}"}, file.where(("checks", i))))


def _split(form: str, spec: dict[str, Any], place: str, found: ColumnSpecs) -> None:
    """One column for each member; the rest, null included, in the unknown one; with a parent they must add up to it."""
    shared = {key: spec[key] for key in _OF_SPLIT if key in spec}
    dimension, kept = spec["split"], [spec["where"]] if "where" in spec else []
    taken: list[Any] = []
    codes = []
    for member in spec["members"]:
        values = member.get("is", member["code"])
        taken += values if isinstance(values, list) else [values]
        found.columns.append(
            ({**shared, "code": member["code"], "label": member["label"], "where": _both(kept, {dimension: values})}, place)
        )
        codes.append(member["code"])
    if "unknown" in spec:
        other = {"any": [{dimension: {"null": True}}, {"not": {dimension: taken}}]}
        unknown = spec["unknown"]
        found.columns.append(({**shared, "code": unknown["code"], "label": unknown["label"], "where": _both(kept, other)}, place))
        codes.append(unknown["code"])
    if "parent" in spec:
        id = f"{form}-split-{codes[0]}"
        that = f"{spec['parent']} = {' + '.join(codes)}"
        check = {"id": id, "severity": "error", "for": "rows", "that": that, "source": "the parts of a split are the whole"}
        if "frequencies" in spec:
            check["frequencies"] = spec["frequencies"]
        found.checks.append((check, place))


def _both(kept: list[dict[str, Any]], condition: dict[str, Any]) -> dict[str, Any]:
    return {"all": [*kept, condition]} if kept else condition
