"""Reads schemas/<standard>/ into a Catalog, checking every file against its JSON Schema."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import time, timedelta
from pathlib import Path
from typing import Any, TypeVar

from policestats.catalog.fact_parts import read_facts
from policestats.catalog.model import CodeList, Column, Cursor, Fact, Indicator, Policy, Source, SourceTable, Standard, Table, UnitLevel
from policestats.catalog.office import OFFICE, OFFICE_SOURCE, OFFICE_TABLES
from policestats.catalog.yaml_file import YamlFile
from policestats.errors import DefinitionError, nearest
from policestats.periods import Cutoff

Named = TypeVar("Named", Fact, Indicator)
Value = TypeVar("Value")
#: the policy that decides where late entries count; a standard without it says so in standard.yaml alone
LATENESS_POLICY = "late"
#: what every kind of source knows of a table; other keys are its reader's own
_SOURCE_TABLE_KEYS = frozenset(f.name for f in fields(SourceTable)) - {"name", "options"}
#: what stands beside a figure that people typed, where the standard has no mark of its own
_TYPED_MARK = "†"
_MANDATORY = ("code", "parent_code", "label_zh", "label_en")


@dataclass(frozen=True)
class Catalog:
    """Everything schemas/<standard>/ says, with lookups that name the nearest known names when one fails."""

    root: Path
    standard: Standard
    tables: dict[str, Table]
    codelists: dict[str, CodeList]
    facts: dict[str, Fact]
    indicators: dict[str, Indicator]
    policies: dict[str, Policy]
    sources: dict[str, Source]

    @property
    def meta(self) -> Path:
        """The folder of JSON Schemas."""
        return self.root / "schemas" / "meta"

    @property
    def templates(self) -> Path:
        """The folder of this standard's forms."""
        return self.root / "report_templates" / self.standard.id

    @property
    def expectations(self) -> Path:
        """The folder of this standard's data rules."""
        return self.root / "expectations" / self.standard.id

    @property
    def core_tables(self) -> dict[str, Table]:
        """Every table of schema core: the standard's own, and those of the source ``office``."""
        return self.tables | OFFICE_TABLES

    def table(self, name: str, asked: str) -> Table:
        """Return a core table; ``asked`` is the place that names it. Raises: DefinitionError."""
        return _known(self.core_tables, name, "core table", asked)

    def codelist(self, name: str, asked: str) -> CodeList:
        """Return a code list; ``asked`` is the place that names it. Raises: DefinitionError."""
        return _known(self.codelists, name, "code list", asked)

    def fact(self, name: str, asked: str) -> Fact:
        """Return a fact; ``asked`` is the place that names it. Raises: DefinitionError."""
        return _known(self.facts, name, "fact", asked)

    def indicator(self, name: str, asked: str) -> Indicator:
        """Return an indicator; ``asked`` is the place that names it. Raises: DefinitionError."""
        return _known(self.indicators, name, "indicator", asked)

    def policy(self, name: str, asked: str) -> Policy:
        """Return a policy; ``asked`` is the place that names it. Raises: DefinitionError."""
        return _known(self.policies, name, "policy", asked)

    def source(self, name: str, asked: str = "--source") -> Source:
        """Return a source; ``asked`` is the place that names it. Raises: DefinitionError."""
        return _known(self.sources, name, "source", asked)

    def landed_source(self, name: str, asked: str) -> Source:
        """Return a source that may have landed something: one of the standard's, or ``office``. Raises: DefinitionError."""
        return OFFICE_SOURCE if name == OFFICE else self.source(name, asked)


def load_catalog(root: Path, standard: str, policies: dict[str, str] | None = None) -> Catalog:
    """Return the catalog of ``standard`` under ``root``; ``policies`` chooses other than the default choices.

    Raises: DefinitionError with file, line, value and cure.
    """
    folder = root / "schemas" / standard
    if not (folder / "standard.yaml").is_file():
        known = [p.parent.name for p in (root / "schemas").glob("*/standard.yaml")]
        raise DefinitionError(f"{folder}: there is no standard {standard!r}; {nearest(standard, known)}")
    read = _Reader(root)
    tables = {t.name: t for t in (_table(f) for f in read.folder(folder / "tables", "table"))}
    sources = {s.id: s for s in (_source(f, tables) for f in read.folder(folder / "sources", "source"))}
    for name, where in [(t.name, t.where) for t in tables.values()] + [(s.id, s.where) for s in sources.values()]:
        if name in OFFICE_TABLES or name == OFFICE:
            raise DefinitionError(f"{where}: {name!r} is what every standard has for the figures that people type; choose another name")
    policy_choices = dict(policies or {})
    found_policies = {p.id: p for p in _policies(read, folder / "policies.yaml", policy_choices)}
    for name in policy_choices:
        _known(found_policies, name, "policy", "--policy")
    return Catalog(
        root=root,
        standard=_standard(read.file(folder / "standard.yaml", "standard"), found_policies.get(LATENESS_POLICY)),
        tables=tables,
        codelists={c.id: c for c in _codelists(read, folder / "codelists")},
        facts=_unique(read_facts(read.folder(folder / "facts", "fact"))),
        indicators=_unique(
            indicator(s, f.where((i,))) for f in read.folder(folder / "indicators", "indicator") for i, s in enumerate(f.data)
        ),
        policies=found_policies,
        sources=sources,
    )


def indicator(spec: dict[str, Any], where: str, id: str | None = None) -> Indicator:
    """Return the indicator written ``spec`` (of an indicators file, or inline in a form's column)."""
    measure = next((m for m in ("count", "distinct", "sum") if m in spec), "count")
    operand = spec.get(measure, "record")
    return Indicator(
        id=id or spec["id"],
        label=spec.get("label", {}),
        fact=spec.get("fact") or spec.get("ledger", ""),
        measure=measure,
        operand=tuple(operand) if isinstance(operand, list) else (() if operand == "record" else (operand,)),
        on=spec.get("on"),
        by=spec.get("by"),
        partner=spec.get("partner"),
        show=spec.get("show"),
        kinds=tuple(spec["kinds"]) if "kinds" in spec else None,
        net=bool(spec.get("net", False)),
        condition=spec.get("where"),
        renames=spec.get("as", {}),
        unit=spec.get("unit", ""),
        source=str(spec.get("source", "")),
        where=where,
        is_manual=bool(spec.get("manual", False)),
    )


class _Reader:
    def __init__(self, root: Path) -> None:
        self.root = root

    def file(self, path: Path, kind: str) -> YamlFile:
        found = YamlFile(path, self.root)
        found.check(kind, self.root / "schemas" / "meta")
        return found

    def folder(self, path: Path, kind: str) -> list[YamlFile]:
        return [self.file(p, kind) for p in sorted(path.glob("*.yaml"))]


def _known(found: dict[str, Value], name: str, what: str, asked: str) -> Value:
    if name not in found:
        raise DefinitionError(f"{asked}: there is no {what} {name!r}; {nearest(str(name), found)}")
    return found[name]


def _unique(items: Iterable[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for item in items:
        if item.id in found:
            raise DefinitionError(f"{item.where}: {item.id!r} is already defined at {found[item.id].where}; give one of them another id")
        found[item.id] = item
    return found


def _standard(file: YamlFile, late: Policy | None) -> Standard:
    d = file.data
    if late is not None and late.choices[late.default] != d["lateness"]:
        raise DefinitionError(
            f"{file.where(('lateness',))}: lateness is {d['lateness']!r}, but the default of the policy {late.id!r} ({late.where}) "
            f"is {late.default!r}; make them the same"
        )
    return Standard(
        id=d["standard"],
        label=d["label"],
        time_zone=d["time_zone"],
        records_begin=d["records_begin"],
        prescribed_forms=d["prescribed_forms"],
        lateness=late.value if late is not None else d["lateness"],
        cutoff=Cutoff(d["cutoff"]["day"], time.fromisoformat(str(d["cutoff"]["time"]))),
        units_table=d["units"]["table"],
        unit_code_pattern=d["units"]["code_pattern"],
        unit_levels=tuple(UnitLevel(level["code"], level["label"]) for level in d["units"]["levels"]),
        unknown_unit_code=d["units"]["unknown"]["code"],
        unknown_unit_label=d["units"]["unknown"]["label"],
        marks={"manual": _TYPED_MARK, **d["marks"]},
        furniture=d["furniture"],
    )


def _table(file: YamlFile) -> Table:
    d = file.data
    columns = {name: Column(name, c["type"], c["label"], c.get("codelist"), c.get("default")) for name, c in d["columns"].items()}
    table = Table(d["table"], d["label"], tuple(d["key"]), columns, d.get("unit"), d.get("date"), file.where())
    for name in (*table.key, *(n for n in (table.unit, table.date) if n)):
        table.column(name, file.where(("key",)))
    return table


def _codelists(read: _Reader, folder: Path) -> list[CodeList]:
    if not (folder / "index.yaml").is_file():
        return []
    index = read.file(folder / "index.yaml", "codelists")
    return [_codelist(folder / f"{d['id']}.csv", d, index.where((i,))) for i, d in enumerate(index.data)]


def _codelist(path: Path, entry: dict[str, Any], asked: str) -> CodeList:
    if not path.is_file():
        raise DefinitionError(f"{asked}: there is no file {path.name} beside the index; add it or remove the entry")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        header = list(rows.fieldnames or [])
        missing = [c for c in _MANDATORY if c not in header]
        if missing:
            raise DefinitionError(
                f"{path.name}:1: the columns {', '.join(missing)} are missing; a code list starts with {', '.join(_MANDATORY)}"
            )
        members: dict[str, dict[str, str | None]] = {}
        for row in rows:
            code = row["code"]
            if code in members:
                raise DefinitionError(f"{path.name}:{rows.line_num}: the code {code!r} stands twice; keep one")
            members[code] = {key: (value or None) for key, value in row.items()}
    return CodeList(entry["id"], entry["label"], str(entry["source"]), tuple(header), members)


def _policies(read: _Reader, path: Path, chosen: dict[str, str]) -> list[Policy]:
    if not path.is_file():
        return []
    file = read.file(path, "policies")
    found = []
    for i, d in enumerate(file.data):
        choice = chosen.get(d["id"], d["default"])
        if choice not in d["choices"]:
            raise DefinitionError(
                f"{file.where((i, 'default'))}: policy {d['id']!r} has no choice {choice!r}; {nearest(choice, d['choices'])}"
            )
        found.append(Policy(d["id"], d["label"], d["default"], d["choices"], str(d["source"]), str(d["effect"]), choice, file.where((i,))))
    return found


def _source(file: YamlFile, tables: dict[str, Table]) -> Source:
    d = file.data
    found: dict[str, SourceTable] = {}
    for name, t in d["tables"].items():
        into = t.get("into")
        if into is not None:
            _known(tables, into, "core table", file.where(("tables", name, "into")))
        found[name] = _source_table(name, t)
    return Source(
        id=d["source"],
        label=d["label"],
        kind=d["kind"],
        tables=found,
        deliveries=d.get("deliveries"),
        where=file.where(),
        connection=d.get("connection", d["source"]),
        placeholders=tuple(d.get("placeholders", ())),
        is_base=bool(d.get("is_base", True)),
    )


def _source_table(name: str, spec: dict[str, Any]) -> SourceTable:
    cursor = Cursor(spec["cursor"]["column"], _duration(spec["cursor"].get("lag", "0 days"))) if "cursor" in spec else None
    return SourceTable(
        name=name,
        into=spec.get("into"),
        member=spec.get("member"),
        columns=spec.get("columns", {}),
        drop=tuple(spec.get("drop", ())),
        identity=spec.get("identity"),
        is_reference=bool(spec.get("is_reference", False)),
        key=tuple(spec.get("key", ())),
        cursor=cursor,
        reconcile=_reconcile(spec.get("reconcile", "each_load")) if cursor is not None else None,
        presence=spec.get("presence", {}),
        types=spec.get("types", {}),
        delivers=spec.get("delivers", "snapshot"),
        options={key: value for key, value in spec.items() if key not in _SOURCE_TABLE_KEYS},
    )


def _reconcile(spec: str | dict[str, str]) -> timedelta | None:
    if isinstance(spec, dict):
        return _duration(spec["every"])
    return timedelta(0) if spec == "each_load" else None


def _duration(text: str) -> timedelta:
    number, unit = text.split()
    return timedelta(**{unit if unit.endswith("s") else f"{unit}s": int(number)})
