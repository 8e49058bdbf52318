"""Which core tables each column of each form rests on, read from the YAML files as a person would: no catalog, no compiler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.reference.written import whole_facts, whole_form


def tables_of_columns(root: Path, standard: str) -> dict[str, dict[str, set[str]]]:
    """Return by form and column the core tables behind its figures; a column that people type rests on none."""
    facts = {name: set(_tables(f)) for name, f in whole_facts(list(_entries(root / "schemas" / standard / "facts"))).items()}
    indicators = {i["id"]: facts.get(i.get("fact") or i.get("ledger"), set()) for i in _entries(root / "schemas" / standard / "indicators")}
    read = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in (root / "report_templates" / standard / "column_sets").glob("*.yaml")
    ]
    sets = {part["id"]: part for part in read}
    found = {}
    for path in sorted((root / "report_templates" / standard).glob("*.yaml")):
        form = whole_form(yaml.safe_load(path.read_text(encoding="utf-8")), sets)
        columns = {c["code"]: c for c in form["columns"]}
        found[form["id"]] = {code: _below(code, columns, indicators) for code in columns}
    return found


def checks_of(root: Path, standard: str, form: str) -> dict[str, str]:
    """Return the text of each check that a form writes out, by id."""
    data = yaml.safe_load((root / "report_templates" / standard / f"{form}.yaml").read_text(encoding="utf-8"))
    return {check["id"]: str(check) for check in data.get("checks", [])}


def _below(code: str, columns: dict[str, Any], indicators: dict[str, set[str]]) -> set[str]:
    spec = {k: v for k, v in columns[code].items() if k not in ("code", "parent", "label", "unit", "rows")}
    if "indicator" in spec:
        return indicators[spec["indicator"]]
    found: set[str] = set()
    for word in _words(spec):
        if word in columns and word != code:
            found |= _below(word, columns, indicators)
    return found


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.yaml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))


def _tables(spec: Any) -> Iterator[str]:
    """Every table named anywhere in a fact: its own, the parts of a union, what is joined and what is looked at."""
    if isinstance(spec, dict):
        if isinstance(spec.get("table"), str):
            yield spec["table"]
        for value in spec.values():
            yield from _tables(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _tables(value)


def _words(spec: Any) -> Iterator[str]:
    if isinstance(spec, str):
        yield spec
    elif isinstance(spec, dict):
        yield from spec  # a formula names columns as keys, each with its weight
        for value in spec.values():
            yield from _words(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _words(value)
