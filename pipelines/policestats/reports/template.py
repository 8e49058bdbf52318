"""A form as data: its columns, blocks of rows and checks, read from report_templates/<standard>/<id>.yaml."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog, Indicator, YamlFile
from policestats.catalog.load import indicator as read_indicator
from policestats.catalog.model import Label
from policestats.errors import DefinitionError, nearest
from policestats.periods import VARIANTS
from policestats.reports.blocks import Block, Row, read_blocks
from policestats.reports.check_language import Call, Check, read_check

#: kinds of columns that are computed from other columns after aggregation
DERIVED = ("formula", "rate", "change", "share_of", "per_day", "wilson")

#: the workbook beside a form that an office wants filled instead: <form>.xlsx beside <form>.yaml
LAYOUT = ".xlsx"


@dataclass(frozen=True)
class FormColumn:
    """A column. ``kind`` is base, manual or one of DERIVED; ``spec`` holds what it is made of; ``indicator`` and ``variant`` are those of a base column.

    ``spec`` also holds what only paper needs: the ``group`` over it and its neighbours, the scale it is ``printed`` in.
    """

    code: str
    label: Label
    labels: tuple[tuple[date, Label], ...]
    parent: str | None
    unit: str
    decimals: int
    hidden: bool
    rows: tuple[str, ...] | None
    frequencies: tuple[str, ...] | None
    kind: str
    spec: dict[str, Any]
    indicator: Indicator | None
    variant: str
    where: str

    def applies(self, row: str) -> bool:
        """Whether the column has a cell in ``row``; the rows below a member (``member/value``) are as the member's own."""
        return self.rows is None or row in self.rows or row.partition("/")[0] in self.rows

    def label_at(self, day: date) -> Label:
        """The caption in force on ``day`` (受理 became 立案 on 2026-01-01)."""
        found = self.label
        for since, label in self.labels:
            if day >= since:
                found = label
        return found

    @property
    def additivity(self) -> dict[str, str]:
        """How the column adds up along units, time and rows."""
        if self.indicator is not None:
            return self.indicator.additivity
        return (
            {"units": "recompute", "time": "recompute", "rows": "recompute"}
            if self.kind in DERIVED and self.kind != "formula"
            else {"units": "sum", "time": "sum", "rows": "sum"}
        )


@dataclass(frozen=True)
class Form:
    """One published form."""

    id: str
    version: int
    prescribed: bool
    title: Label
    provenance: dict[str, str]
    footnote: Label | None
    frequencies: tuple[str, ...]
    lateness: str
    columns: tuple[FormColumn, ...]
    blocks: tuple[Block, ...]
    checks: tuple[Check, ...]
    definition_hash: str
    valid_from: date | None
    valid_to: date | None
    where: str
    sparkline: str | None = None

    @property
    def rows(self) -> list[Row]:
        """All rows, in printed order."""
        return [row for block in self.blocks for row in block.rows]

    @property
    def total(self) -> str:
        """Code of the first block's total."""
        return self.blocks[0].total

    def row(self, code: str) -> Row:
        """Return the row ``code``. Raises: KeyError."""
        return next(r for r in self.rows if r.code == code)

    def column(self, code: str) -> FormColumn:
        """Return the column ``code``. Raises: KeyError."""
        found = next((c for c in self.columns if c.code == code), None)
        if found is None:
            raise KeyError(code)
        return found

    @property
    def dynamic_blocks(self) -> list[Block]:
        """The blocks whose rows are found in the data."""
        return [block for block in self.blocks if block.dynamic is not None]

    def columns_for(self, frequency: str) -> list[FormColumn]:
        """Return the columns that a period of ``frequency`` has."""
        return [c for c in self.columns if c.frequencies is None or frequency in c.frequencies]

    def drawn_column(self, frequency: str) -> FormColumn | None:
        """Return the column whose course over time is drawn beside each row: the one named, or the first printed base column of the variant current.

        None when a period of ``frequency`` has no such column.
        """
        columns = self.columns_for(frequency)
        if self.sparkline is not None:
            return next((c for c in columns if c.code == self.sparkline), None)
        return next((c for c in columns if c.kind == "base" and c.variant == "current" and not c.hidden), None)

    def members(self) -> list[tuple[str, str]]:
        """Return (row, member) pairs: each row with the leaf or of-which rows whose records it adds up, itself included."""
        parents = {r.code: r.parent for r in self.rows}
        pairs: list[tuple[str, str]] = []
        for position, block in enumerate(self.blocks):
            for row in block.rows:
                if row.kind == "of_which":
                    pairs.append((row.code, row.code))
                elif row.kind == "leaf":
                    above: str | None = row.code
                    while above is not None:
                        if above != self.total or position == 0:
                            pairs.append((above, row.code))
                        above = parents.get(above)
        return list(dict.fromkeys(pairs))


def load_forms(catalog: Catalog, folder: Path | None = None) -> dict[str, Form]:
    """Return every form of a folder (default: the standard's own), by id.

    Raises: DefinitionError with file, line, value and cure.
    """
    found: dict[str, Form] = {}
    for path in sorted((folder or catalog.templates).glob("*.yaml")):
        form = load_form(path, catalog)
        if form.id != path.stem:
            raise DefinitionError(f"{form.where}: the form's id is {form.id!r} but its file is {path.name}; make them the same")
        found[form.id] = form
    return found


def load_form(path: Path, catalog: Catalog) -> Form:
    """Return the form written in ``path``. Raises: DefinitionError with file, line, value and cure."""
    file = YamlFile(path, catalog.root)
    file.check("form", catalog.meta)
    return read_form(file.data, catalog, file.where)


def read_form(data: dict[str, Any], catalog: Catalog, where: Any = lambda trail=(): "form") -> Form:
    """Return the form written as ``data``; ``where(trail)`` gives the place of a value in its file."""
    blocks = read_blocks(data["blocks"], catalog, where)
    rows = [row.code for block in blocks for row in block.rows]
    for code in rows:
        if rows.count(code) > 1:
            raise DefinitionError(f"{where(('blocks',))}: the row code {code!r} stands twice; row codes are unique in a form")
    for block in blocks:
        for row in block.sets:
            if row.parent not in rows:
                raise DefinitionError(
                    f"{row.where}: row {row.code!r} has the parent {row.parent!r}, which is no row; {nearest(str(row.parent), rows)}"
                )
    columns = _columns(data["columns"], catalog, where, rows)
    _refuse_undrawable(data.get("sparkline"), columns, where)
    _refuse_sums(columns)
    _refuse_absent_operands(columns, tuple(data["frequency"]))
    for block in (b for b in blocks if b.dynamic is not None):
        for name in block.dynamic.without if block.dynamic else ():
            if name not in (known := [c.code for c in columns]):
                raise DefinitionError(
                    f"{block.where}: block {block.id!r} is without the column {name!r}, which is none; {nearest(name, known)}"
                )
    checks = tuple(read_check(c, where(("checks", i)), rows, [c.code for c in columns]) for i, c in enumerate(data.get("checks", [])))
    for check in checks:
        _refuse_check_sums(check, {c.code: c for c in columns})
    return Form(
        id=data["id"],
        version=data.get("version", 1),
        prescribed=data.get("prescribed", True),
        title=data["title"],
        provenance=data["provenance"],
        footnote=data.get("footnote"),
        frequencies=tuple(data["frequency"]),
        lateness=data.get("lateness", catalog.standard.lateness),
        columns=columns,
        blocks=blocks,
        checks=checks,
        definition_hash=hashlib.sha256(json.dumps(data, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()[:16],
        valid_from=data.get("valid_from"),
        valid_to=data.get("valid_to"),
        where=where(),
        sparkline=data.get("sparkline"),
    )


def _refuse_undrawable(name: str | None, columns: tuple[FormColumn, ...], where: Any) -> None:
    """What is drawn beside the rows is a printed column."""
    printed = [c.code for c in columns if not c.hidden]
    if name is not None and name not in printed:
        raise DefinitionError(
            f"{where(('sparkline',))}: sparkline names the column {name!r}, which is not printed; {nearest(name, printed)}"
        )


def _columns(specs: list[dict[str, Any]], catalog: Catalog, where: Any, rows: list[str]) -> tuple[FormColumn, ...]:
    codes = [s["code"] for s in specs]
    found = []
    for i, spec in enumerate(specs):
        place = where(("columns", i))
        if codes.count(spec["code"]) > 1:
            raise DefinitionError(f"{place}: the column code {spec['code']!r} stands twice; column codes are unique in a form")
        column = _column(spec, catalog, place)
        names: Iterable[str] = [*_operands(column), *([column.parent] if column.parent else [])]
        for name in names:
            if name not in codes:
                raise DefinitionError(f"{place}: column {column.code!r} names the column {name!r}; {nearest(name, codes)}")
        for row in (*(column.rows or ()), *_operand_rows(column)):
            if row not in rows:
                raise DefinitionError(f"{place}: column {column.code!r} names the row {row!r}; {nearest(row, rows)}")
        found.append(column)
    return tuple(found)


def _column(spec: dict[str, Any], catalog: Catalog, place: str) -> FormColumn:
    kind = next((k for k in DERIVED if k in spec), "base")
    indicator = None
    variant = spec.get("variant", "current")
    if kind == "base":
        if "ledger" in spec:
            catalog.fact(spec["ledger"], place)
            indicator = read_indicator(spec, place, id=spec["code"])
        else:
            indicator = catalog.indicator(spec["indicator"], place)
            if indicator.is_manual:
                kind = "manual"
        if variant not in VARIANTS:
            raise DefinitionError(f"{place}: {variant!r} is no variant; {nearest(variant, VARIANTS)}")
    if "printed" in spec and kind in DERIVED and kind != "formula":
        raise DefinitionError(
            f"{place}: column {spec['code']!r} is a {kind}, which is printed as it is computed; put printed: on the columns it is computed from"
        )
    label = spec.get("label") or (indicator.label if indicator else None)
    if not label:
        raise DefinitionError(f"{place}: column {spec['code']!r} needs a label: {{zh: .., en: ..}}")
    return FormColumn(
        code=spec["code"],
        label=label,
        labels=tuple((e["from"], {"zh": e["zh"], "en": e["en"]}) for e in spec.get("labels", [])),
        parent=spec.get("parent"),
        unit=spec.get("unit", indicator.unit if indicator else ""),
        decimals=spec.get("decimals", 0),
        hidden=bool(spec.get("hidden", False)),
        rows=tuple(str(r) for r in spec["rows"]) if "rows" in spec else None,
        frequencies=tuple(spec["frequencies"]) if "frequencies" in spec else None,
        kind=kind,
        spec=spec,
        indicator=None if kind == "manual" else indicator,
        variant=variant,
        where=place,
    )


def _refuse_sums(columns: tuple[FormColumn, ...]) -> None:
    """A formula adds figures up cell by cell; what must be recomputed (distinct persons) has no sum."""
    by_code = {c.code: c for c in columns}
    for column in columns:
        for name in column.spec.get("formula", {}):
            if by_code[name].additivity["rows"] == "recompute":
                raise DefinitionError(
                    f"{column.where}: column {column.code!r} would sum {name!r}, which must be recomputed, never summed; count it by an indicator of its own"
                )


def _refuse_absent_operands(columns: tuple[FormColumn, ...], frequencies: tuple[str, ...]) -> None:
    """A column computed for a frequency needs its operands in that frequency."""
    by_code = {c.code: c for c in columns}
    for column in columns:
        for name in _operands(column):
            absent = set(column.frequencies or frequencies) - set(by_code[name].frequencies or frequencies)
            if absent:
                raise DefinitionError(
                    f"{column.where}: column {column.code!r} is made by {', '.join(sorted(absent))}, and its operand {name!r} is not; "
                    f"give {column.code!r} the frequencies of {name!r}"
                )


#: along which way each function of checks adds figures up
_SUMS_ALONG = {"sum": "rows", "units": "units", "children": "units", "days": "time"}


def _refuse_check_sums(check: Check, columns: dict[str, FormColumn]) -> None:
    for term in (*check.left, *check.right):
        if not isinstance(term.value, Call) or term.value.argument.form is not None:
            continue
        function, named = term.value.function, term.value.argument.column
        for column in [columns[named]] if named else [columns[c] for c in check.columns or ()]:
            place = f"{check.where}: check {check.id!r}"
            along = _SUMS_ALONG.get(function)
            if along is not None and column.kind == "base" and column.additivity[along] == "recompute":
                raise DefinitionError(
                    f"{place} would sum {column.code!r} along {along}, where it must be recomputed; compare it at one place instead"
                )
            if function == "children" and column.additivity["units"] == "net":
                raise DefinitionError(
                    f"{place} would sum {column.code!r} over children, where transfers between them fall away; use units() instead"
                )
            if function in ("units", "children", "previous") and column.kind != "base":
                raise DefinitionError(
                    f"{place}: {function}() reads what was counted, and {column.code!r} is computed from {', '.join(_operands(column))}; name those instead"
                )
            if function == "previous" and column.variant not in ("current", "ytd"):
                raise DefinitionError(f"{place}: {column.code!r} is a {column.variant} column; previous() is of current and ytd columns")


def _operands(column: FormColumn) -> list[str]:
    """Codes of the columns that a derived column is computed from."""
    spec = column.spec
    if column.kind == "formula":
        return list(spec["formula"])
    if column.kind == "rate":
        of = spec["rate"]["of"]
        return [*(of if isinstance(of, dict) else [of]), spec["rate"]["over"]]
    if column.kind == "change":
        return [spec["change"]["of"], spec["change"]["from"]]
    if column.kind == "share_of":
        return [spec["share_of"]["column"]]
    if column.kind == "per_day":
        return [spec["per_day"]]
    if column.kind == "wilson":
        return [spec["wilson"]["of"], spec["wilson"]["over"]]
    return []


def _operand_rows(column: FormColumn) -> list[str]:
    if column.kind == "share_of":
        share = column.spec["share_of"]
        return [share["row"], *share.get("except", {}), *share.get("except", {}).values()]
    if column.kind == "rate":
        return [column.spec["rate"][k] for k in ("of_row", "over_row") if k in column.spec["rate"]]
    return []


def operands(column: FormColumn) -> list[str]:
    """Return the codes of the columns that ``column`` is computed from; none for a base column."""
    return _operands(column)
