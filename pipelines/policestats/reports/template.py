"""A form as data: its columns, blocks of rows and checks, read from report_templates/<standard>/<id>.yaml."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog, YamlFile
from policestats.catalog.model import Label
from policestats.errors import DefinitionError, nearest
from policestats.periods import ReferencePeriod
from policestats.reports.blocks import Block, Row, read_blocks
from policestats.reports.check_language import Call, Check, read_check
from policestats.reports.column_specs import expand
from policestats.reports.form_columns import FormColumn, operands, read_columns
from policestats.reports.form_versions import form_of, in_force, in_order, refuse_other_name

#: the workbook beside a form that an office wants filled instead: <form>.xlsx beside <form>.yaml
LAYOUT = ".xlsx"


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
    #: number of the version that was in force before ``valid_from``; None: this is the first
    succeeds: int | None = None
    #: whether late entries count where the standard says, not the form itself
    follows_lateness: bool = True
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


def load_forms(
    catalog: Catalog, folder: Path | None = None, period: ReferencePeriod | None = None, only: Collection[str] | None = None
) -> dict[str, Form]:
    """Return every form of a folder (default: the standard's own), by id: of several versions the one in force in ``period``, default the newest.

    With ``only`` the files of other forms are not read, unless it names a form that has none: then all are, so that the nearest can be named.

    Raises: DefinitionError with file, line, value and cure.
    """
    found: dict[str, list[Form]] = {}
    paths = sorted((folder or catalog.templates).glob("*.yaml"))
    if only is not None and {form_of(path) for path in paths}.issuperset(only):
        paths = [path for path in paths if form_of(path) in only]
    for path in paths:
        form = load_form(path, catalog)
        refuse_other_name(form, path)
        found.setdefault(form.id, []).append(form)
    return {id: in_force(in_order(versions), period) for id, versions in found.items()}


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
    specs = expand(data["id"], data["columns"], catalog, where)
    columns = read_columns(specs.columns, catalog, {b.id: b for b in blocks}, rows)
    _refuse_undrawable(data.get("sparkline"), columns, where)
    _refuse_sums(columns)
    _refuse_absent_operands(columns, tuple(data["frequency"]))
    for block in (b for b in blocks if b.dynamic is not None):
        for name in block.dynamic.without if block.dynamic else ():
            if name not in (known := [c.code for c in columns]):
                raise DefinitionError(
                    f"{block.where}: block {block.id!r} is without the column {name!r}, which is none; {nearest(name, known)}"
                )
    written = [*((c, where(("checks", i))) for i, c in enumerate(data.get("checks", []))), *specs.checks]
    checks = tuple(read_check(check, place, rows, [c.code for c in columns]) for check, place in written)
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
        definition_hash=_hash({**data, "columns": [s for s, _ in specs.columns], "checks": [c for c, _ in written]}),
        valid_from=data.get("valid_from"),
        valid_to=data.get("valid_to"),
        where=where(),
        follows_lateness="lateness" not in data,
        sparkline=data.get("sparkline"),
    )


def _hash(definition: dict[str, Any]) -> str:
    """Return what tells one definition from another: everything that is written in it and in the sets it uses."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()[:16]


def _refuse_undrawable(name: str | None, columns: tuple[FormColumn, ...], where: Any) -> None:
    """What is drawn beside the rows is a printed column."""
    printed = [c.code for c in columns if not c.hidden]
    if name is not None and name not in printed:
        raise DefinitionError(
            f"{where(('sparkline',))}: sparkline names the column {name!r}, which is not printed; {nearest(name, printed)}"
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
        for name in operands(column):
            absent = set(column.frequencies or frequencies) - set(by_code[name].frequencies or frequencies)
            if absent:
                raise DefinitionError(
                    f"{column.where}: column {column.code!r} is made by {', '.join(sorted(absent))}, and its operand {name!r} is not; "
                    f"give {column.code!r} the frequencies of {name!r}"
                )


#: along which way each function of checks adds figures up
_SUMS_ALONG = {"sum": "rows", "units": "units", "children": "units", "days": "time", "months": "time"}


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
                    f"{place}: {function}() reads what was counted, and {column.code!r} is computed from {', '.join(operands(column))}; name those instead"
                )
            if function == "previous" and column.variant not in ("current", "ytd"):
                raise DefinitionError(f"{place}: {column.code!r} is a {column.variant} column; previous() is of current and ytd columns")
