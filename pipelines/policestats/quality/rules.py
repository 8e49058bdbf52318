"""The data rules of a standard: expectations/<standard>/<table>.yaml, read once and checked against the catalog."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog, Fact, Table, YamlFile
from policestats.catalog.yaml_file import Trail
from policestats.errors import DefinitionError, nearest
from policestats.quality.names import LANDED_AT, Names

#: The rule that every core table has: all values of the record could be read. Its name is taken.
READABLE_RULE = "cast"
#: The column of a judged row that says so. A hyphen cannot stand in a declared name, so nothing clashes.
IS_READABLE = "is-readable"


@dataclass(frozen=True)
class Rule:
    """One rule that holds for good rows.

    ``kind`` is record (``condition`` over one row; unknown: not evaluated), unique (no two rows agree in ``columns``; a null in one of
    them: not evaluated), row_count (the table has ``at_least`` rows) or newest (the latest of ``columns[0]`` that is not in the future is
    at most ``within_days`` before the end of what was delivered). ``mostly`` is the least share of the rows evaluated that must hold.
    ``dimensions`` are what the condition needs beside the table's own; ``reads`` are the columns and dimensions it names, ``shown`` those of
    them that an issue shows.
    """

    id: str
    table: str
    dimension: str
    severity: str
    mostly: Decimal
    label: dict[str, str]
    source: str
    kind: str
    where: str
    condition: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    at_least: int = 0
    within_days: int = 0
    dimensions: dict[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @property
    def judges_rows(self) -> bool:
        """Whether the rule holds or fails row by row, not for the table as a whole."""
        return self.kind in ("record", "unique")

    @property
    def is_built_in(self) -> bool:
        """Whether it is the rule that every table has."""
        return self.id == READABLE_RULE


@dataclass(frozen=True)
class TableRules:
    """The rules of one core table. ``unit`` is the column or dimension that says whose record it is (None: nobody's)."""

    table: Table
    joins: list[dict[str, Any]]
    dimensions: dict[str, Any]
    unit: str | None
    rules: tuple[Rule, ...]
    where: str
    definition_hash: str

    def fact(self, landed_at: datetime) -> Fact:
        """Return the quality fact: one row per record, with joins and dimensions as columns."""
        dimensions: dict[str, Any] = {LANDED_AT: {"literal": landed_at}, **self.dimensions}
        joined = {join["as"] for join in self.joins}
        for name in self.names():
            if name.partition(".")[0] in joined:  # a joined column becomes one of the row's own
                dimensions[name] = {"column": name}
        for rule in self.rules:
            dimensions |= rule.dimensions
        spec = {"table": self.table.name, "key": list(self.table.key), "joins": self.joins, "dimensions": dimensions}
        return Fact(self.table.name, self.table.label, spec, self.where)

    def names(self) -> list[str]:
        """Return every column and dimension the rules read, in order, each once."""
        found = [self.unit] if self.unit else []
        for rule in self.rules:
            found += rule.reads
        return list(dict.fromkeys(found))

    @property
    def depends_on_landing(self) -> bool:
        """Whether a verdict can change from load to load although no record did."""
        return LANDED_AT in json.dumps([self.dimensions, [rule.condition for rule in self.rules]], default=str)


def load_rules(catalog: Catalog) -> list[TableRules]:
    """Return the rules of every core table, by name of the table; a table without a file has READABLE_RULE alone.

    Raises: DefinitionError with file, line, value and cure, a line for each file that is wrong.
    """
    rules, wrong = read_rules(catalog)
    if wrong:
        raise DefinitionError("\n".join(str(error) for error in wrong.values()))
    return rules


def read_rules(catalog: Catalog) -> tuple[list[TableRules], dict[str, DefinitionError]]:
    """Return the rules of every core table whose file is right, and by its stem what is wrong with each other file."""
    files = {path.stem: path for path in sorted(catalog.expectations.glob("*.yaml"))}
    rules: list[TableRules] = []
    wrong: dict[str, DefinitionError] = {}
    for stem, path in files.items():
        if stem not in catalog.tables:
            wrong[stem] = DefinitionError(
                f"{path.relative_to(catalog.root)}: there is no core table {stem!r}, and a rules file is named after its table; "
                f"{nearest(stem, catalog.tables)}"
            )
    for name, table in sorted(catalog.tables.items()):
        try:
            rules.append(_read(catalog, table, files.get(name)))
        except DefinitionError as error:
            wrong[name] = error
    return rules, wrong


def _read(catalog: Catalog, table: Table, path: Path | None) -> TableRules:
    if path is None:
        return _table_rules(catalog, table, {}, [_readable(table)], table.where)
    file = YamlFile(path, catalog.root)
    file.check("rule", catalog.meta)
    data = file.data
    if data["table"] != table.name:
        raise DefinitionError(f"{file.where(('table',))}: the file {path.name} names table {data['table']!r}; make them the same")
    names = Names(catalog, table, file.where)
    for i, join in enumerate(data.get("joins", [])):
        names.join(join, ("joins", i))
    for name, spec in data.get("dimensions", {}).items():
        names.dimension(name, spec, ("dimensions", name))
    if "unit" in data:
        names.type_of(data["unit"], ("unit",))
    rules, seen = [_readable(table)], {READABLE_RULE: "the rule that every table has"}
    for i, spec in enumerate(data["rules"]):
        if spec["id"] in seen:
            raise DefinitionError(
                f"{file.where(('rules', i, 'id'))}: the rule {spec['id']!r} is already defined ({seen[spec['id']]}); give it another id"
            )
        seen[spec["id"]] = file.where(("rules", i))
        rules.append(_rule(catalog, table, names, spec, ("rules", i)))
    return _table_rules(catalog, table, data, rules, file.where())


def _rule(catalog: Catalog, table: Table, names: Names, spec: dict[str, Any], trail: Trail) -> Rule:
    kind, parts = _kind(catalog, table, names, spec, trail)
    shown = parts.pop("shown")
    reads = [*shown, *parts.get("columns", ()), *_named(catalog, parts.get("condition", {}))]
    secret = {(s.into, s.identity["pseudonym"]) for source in catalog.sources.values() for s in source.tables.values() if s.identity}
    return Rule(
        id=spec["id"],
        table=table.name,
        dimension=spec["dimension"],
        severity=spec["severity"],
        mostly=Decimal(str(spec.get("mostly", 1))),
        label=spec["label"],
        source=str(spec["source"]),
        kind=kind,
        where=names.place(trail),
        reads=tuple(dict.fromkeys(reads)),
        shown=tuple(n for n in shown if names.origin.get(n) not in secret),  # a pseudonym is shown nowhere
        **parts,
    )


def _kind(catalog: Catalog, table: Table, names: Names, spec: dict[str, Any], trail: Trail) -> tuple[str, dict[str, Any]]:
    if "record" in spec:
        names.check(spec["record"], (*trail, "record"))
        return "record", {"condition": spec["record"], "shown": _named(catalog, spec["record"])}
    if "unique" in spec:
        for i, name in enumerate(spec["unique"]):
            names.type_of(name, (*trail, "unique", i))
        return "unique", {"columns": tuple(spec["unique"]), "shown": spec["unique"]}
    if "codelist" in spec:
        at = names.place((*trail, "codelist"))
        column = table.column(spec["codelist"], at)
        if column.codelist is None:
            raise DefinitionError(f"{at}: column {column.name!r} of {table.name!r} has no code list; give it one, or write a record rule")
        leaves = catalog.codelist(column.codelist, at).leaves()
        for i, code in enumerate(spec.get("except", [])):
            if code not in leaves:
                raise DefinitionError(
                    f"{names.place((*trail, 'except', i))}: {code!r} is no leaf of the code list {column.codelist!r}; {nearest(code, leaves)}"
                )
        codes = [code for code in leaves if code not in spec.get("except", [])]
        return "record", {"condition": {column.name: codes}, "shown": [column.name]}
    if "reference" in spec:
        return "record", _reference(catalog, table, names, spec, trail)
    if "row_count" in spec["table"]:
        return "row_count", {"at_least": spec["table"]["row_count"]["at_least"], "shown": []}
    return "newest", _newest(table, names, spec, (*trail, "table", "newest"))


def _reference(catalog: Catalog, table: Table, names: Names, spec: dict[str, Any], trail: Trail) -> dict[str, Any]:
    at = (*trail, "reference")
    name, (to_table, _, to_column) = spec["reference"]["column"], spec["reference"]["to"].partition(".")
    table.column(name, names.place((*at, "column")))
    found, known = f"{spec['id']}-found", f"{spec['id']}-known"
    looked_up = {"exists": {"table": to_table, "on": {to_column: name}}}
    names.dimension(found, looked_up, (*at, "to"))
    # no value is no wrong value: whether it may be absent is another rule
    dimensions = {found: looked_up, known: {"switch": [{"when": {name: {"null": True}}, "then": {"literal": None}}], "else": found}}
    return {"condition": {known: True}, "dimensions": dimensions, "shown": [name]}


def _newest(table: Table, names: Names, spec: dict[str, Any], trail: Trail) -> dict[str, Any]:
    newest = spec["table"]["newest"]
    column = table.column(newest["column"], names.place((*trail, "column")))
    if column.type not in ("date", "timestamp"):
        raise DefinitionError(
            f"{names.place((*trail, 'column'))}: {column.name!r} is of type {column.type}; freshness needs a date or a time"
        )
    # one date mistyped into the future must not make a table fresh for ever
    known = f"{spec['id']}-known"
    switch = {"switch": [{"when": {column.name: {"at_most": {"column": LANDED_AT}}}, "then": column.name}], "else": {"literal": None}}
    return {"columns": (known,), "within_days": newest["within_days"], "dimensions": {known: switch}, "shown": [column.name]}


def _readable(table: Table) -> Rule:
    return Rule(
        id=READABLE_RULE,
        table=table.name,
        dimension="accuracy",
        severity="warning",
        mostly=Decimal(1),
        label={"zh": "各项取值可读", "en": "Every value of the record could be read"},
        source="a value that cannot be read is kept in raw, null in core, and an issue",
        kind="record",
        where=table.where,
        condition={IS_READABLE: True},
    )


def _table_rules(catalog: Catalog, table: Table, data: dict[str, Any], rules: list[Rule], where: str) -> TableRules:
    dimensions = data.get("dimensions", {})
    mapped = sorted({d["codelist"] for d in dimensions.values() if "map" in d})
    decides = {  # which records fail; not what a failure is called or how grave it is
        "fact": [data.get("joins"), dimensions, data.get("unit", table.unit), table.key],
        "rules": [(r.id, r.condition, r.columns, r.dimensions) for r in rules if r.judges_rows],
        "policies": {p.id: p.value for p in catalog.policies.values()},
        "codelists": {name: catalog.codelists[name].members for name in mapped},
    }
    text = json.dumps(decides, sort_keys=True, default=str, ensure_ascii=False)
    return TableRules(
        table,
        data.get("joins", []),
        dimensions,
        data.get("unit", table.unit),
        tuple(rules),
        where,
        hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def _named(catalog: Catalog, condition: dict[str, Any]) -> list[str]:
    """Return the columns and dimensions that a condition reads, in order, each once."""
    found: list[str] = []
    for key, value in condition.items():
        if key in ("all", "any"):
            for part in value:
                found += _named(catalog, part)
        elif key == "not":
            found += _named(catalog, value)
        elif key in ("same_month", "same_year"):
            found += value
        elif key == "policy":
            found += _named(catalog, catalog.policies[value].value)
        else:
            found.append(key)
            if isinstance(value, dict):
                found += [str(o["column"]) for o in value.values() if isinstance(o, dict) and "column" in o]
    return list(dict.fromkeys(found))
