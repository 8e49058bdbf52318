"""What an authority decided, read from YAML and CSV into plain dicts."""

from __future__ import annotations

import csv
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from .written import Row, whole_facts, whole_form


class _Loader(yaml.CSafeLoader):
    """SafeLoader in which `on` and `no` are words, and `null` as a key is one too: the language has the keys `on` and `null`."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Read a mapping with words as keys."""
        return {"null" if key is None else key: value for key, value in super().construct_mapping(node, deep=deep).items()}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Standard:
    """One authority's rules; every member is plain data, so a test can also write one by hand."""

    settings: Row  # standard.yaml
    tables: dict[str, Row]  # table name -> its YAML
    codelists: dict[str, dict[str, Row]]  # list id -> code -> its columns, in the order of the file
    facts: dict[str, Row]
    indicators: dict[str, Row]
    forms: dict[str, Row]
    policies: Row  # policy id -> the value or condition in force
    column_sets: dict[str, Row] = field(default_factory=dict)

    @property
    def unknown_unit(self) -> str:
        """The unit to which a null or unknown unit code goes."""
        return str(self.settings["units"]["unknown"]["code"])

    def lateness(self, form: Row) -> str:
        """Where late events of ``form`` count: the form's own word, else the policy, else the standard's."""
        return str(form.get("lateness") or self.policies.get("late") or self.settings.get("lateness", "restated"))

    def with_form(self, form: Row) -> Standard:
        """Return this standard with one more form (or another form of that id)."""
        return replace(self, forms={**self.forms, form["id"]: whole_form(form, self.column_sets)})


def load(standard_dir: Path, templates_dir: Path, policies: Mapping[str, str] | None = None) -> Standard:
    """Read the standard in ``standard_dir`` and the forms in ``templates_dir``.

    Args:
        policies: policy id -> name of the choice to put in force instead of the default.
    Raises: KeyError for a policy or choice that does not exist.
    """
    chosen = dict(policies or {})
    policy_file = standard_dir / "policies.yaml"
    in_force: Row = {}
    for policy in _read(policy_file) if policy_file.exists() else []:
        in_force[policy["id"]] = policy["choices"][chosen.pop(policy["id"], policy["default"])]
    if chosen:
        raise KeyError(f"no such policy: {', '.join(sorted(chosen))}")
    sets = {part["id"]: part for part in _entries(templates_dir / "column_sets")}
    return Standard(
        settings=_read(standard_dir / "standard.yaml"),
        tables={table["table"]: table for table in _entries(standard_dir / "tables")},
        codelists={path.stem: _codelist(path) for path in sorted((standard_dir / "codelists").glob("*.csv"))},
        facts=whole_facts(_entries(standard_dir / "facts")),
        indicators={indicator["id"]: indicator for indicator in _entries(standard_dir / "indicators")},
        forms={form["id"]: whole_form(form, sets) for form in _entries(templates_dir)},
        policies=in_force,
        column_sets=sets,
    )


def core_rows(standard: Standard, tables: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Return every declared table with all its columns: absent is null, and a null boolean takes its declared default."""
    found = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    for name, table in standard.tables.items():
        columns = table["columns"]
        found[name] = [
            {column: _or_default(row.get(column), declared.get("default")) for column, declared in columns.items()}
            for row in found.get(name, [])
        ]
    return found


def in_order(row: Row, names: list[str]) -> tuple[Any, ...]:
    """A sort key over ``names``, nulls last."""
    return tuple((row[name] is None, row[name] if row[name] is not None else 0) for name in names)


def _or_default(value: Any, default: Any) -> Any:
    return default if value is None else value


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def _entries(folder: Path) -> list[Row]:
    """All entries of a folder; a file holds one mapping or a list of them."""
    entries: list[Row] = []
    for path in sorted(folder.glob("*.yaml")):
        content = _read(path)
        entries += content if isinstance(content, list) else [content]
    return entries


def _codelist(path: Path) -> dict[str, Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: {name: value or None for name, value in row.items()} for row in csv.DictReader(file)}
