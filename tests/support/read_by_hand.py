"""Which core tables each column of each form rests on, read from the YAML files as a person would: no catalog, no compiler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def tables_of_columns(root: Path, standard: str) -> dict[str, dict[str, set[str]]]:
    """Return by form and column the core tables behind its figures; a column that people type rests on none."""
    entries = list(_entries(root / "schemas" / standard / "facts"))
    parts = {e["part"]: e for e in entries if "part" in e}
    facts = {e["id"]: set(_tables(e)) | set(_tables_of_parts(e, parts)) for e in entries if "id" in e}
    indicators = {i["id"]: facts.get(i.get("fact") or i.get("ledger"), set()) for i in _entries(root / "schemas" / standard / "indicators")}
    found = {}
    for path in sorted((root / "report_templates" / standard).glob("*.yaml")):
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = {c["code"]: c for c in _columns(form, path.parent / "column_sets")}
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


def _columns(form: dict[str, Any], sets: Path) -> Iterator[dict[str, Any]]:
    """The columns of a form, those of the sets it uses and the members of its splits included."""
    for spec in form["columns"]:
        if "use" in spec:
            yield from _columns(yaml.safe_load((sets / f"{spec['use']}.yaml").read_text(encoding="utf-8")), sets)
        elif "split" in spec:
            for member in (*spec["members"], *([spec["unknown"]] if "unknown" in spec else [])):
                yield {"code": member["code"], "indicator": spec["indicator"]}
        else:
            yield spec


def _tables_of_parts(entry: dict[str, Any], parts: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name in entry.get("with", []):
        yield from _tables(parts[name])
        yield from _tables_of_parts(parts[name], parts)


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
        for value in spec.values():
            yield from _words(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _words(value)
