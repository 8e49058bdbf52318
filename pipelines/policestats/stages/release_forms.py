"""Reads the forms of a release for printing, from its statistics file alone: heads, figures or marks, footnotes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.errors import ReleaseError
from policestats.periods import ReferencePeriod
from policestats.reports.rates import scaled
from policestats.reports.status import ORDER
from policestats.reports.writers.heads import in_print_order
from policestats.reports.writers.printed import (
    Cell,
    ColumnRemark,
    PrintedColumn,
    PrintedForm,
    PrintedPart,
    PrintedRow,
    PrintedTable,
    PrintedUnit,
    TypedFigure,
)
from policestats.stages.release_notes import Notes

#: More units than this: only the levels above the lowest have tables of their own.
MOST_TABLES = 60
_WITHOUT_FIGURES = ("missing", "suppressed", "blocked")


@dataclass
class ReleaseForms:
    """The forms of one release as they are printed. ``engine`` has its statistics file open."""

    engine: DuckDBEngine
    notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        if self.engine.scalar("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'release' AND table_name = 'wording'") == 0:
            raise ReleaseError("this release was published by an earlier version, without the words of its forms; publish its period again")
        self.units = self.engine.sql("SELECT * FROM dim.unit ORDER BY unit_order").to_pylist()
        words = self.engine.sql("SELECT * FROM release.wording ORDER BY form_id NULLS FIRST, subject, text_order").to_pylist()
        self._words = [(w["form_id"], w["subject"], w["name"], {"zh": w["text_zh"], "en": w["text_en"]}) for w in words]
        self.marks = {name: text["zh"] for _, subject, name, text in self._words if subject == "mark"}
        self._levels = {name: text for _, subject, name, text in self._words if subject == "level"}
        self.notes = Notes(self.marks, self.units)
        name, period = next(_rows(self.engine.sql("SELECT release, period FROM release.manifest")))
        self.release, self.period = str(name), ReferencePeriod.parse(period)

    @cached_property
    def ids(self) -> list[str]:
        """The forms of the release."""
        return [str(r) for r in self.engine.sql("SELECT form_id FROM report.form ORDER BY form_id").column(0).to_pylist()]

    def form(self, form_id: str, units: Collection[str] | None = None) -> PrintedForm:
        """Return the heads, contents and footnotes of a form; ``units``: those that have a table (default: not the lowest of very many)."""
        head = self.engine.sql("SELECT title_zh, title_en, provenance FROM report.form WHERE form_id = ?", [form_id]).to_pylist()[0]
        columns = self._columns(form_id)
        rows = self._rows(form_id)
        shown = self.printed_units(form_id, units)
        hidden = sum(not u.is_shown for u in shown)
        notice = {
            "zh": f"机构超过 {MOST_TABLES} 个：本册只印最低层级以上的机构；其余 {hidden} 个机构的数据见 statistics.duckdb",
            "en": f"More than {MOST_TABLES} units: only the levels above the lowest are printed; the other {hidden} are in statistics.duckdb",
        }
        furniture = {name: text for _, subject, name, text in self._words if subject == "furniture"}
        told = "; ".join(f"{part}: {text}" for part, text in json.loads(head["provenance"]).items())
        return PrintedForm(
            id=form_id,
            title={"zh": head["title_zh"], "en": head["title_en"]},
            period=self.period.text,
            standard=next(text for _, subject, _, text in self._words if subject == "standard"),
            provenance={lang: f"{furniture['note'][lang]} ({told})" for lang in ("zh", "en")},
            table_number=furniture["table_number"],
            release=self.release,
            columns=columns,
            rows=rows,
            units=shown,
            notice=notice if hidden and units is None else None,
            footnotes=[text for form, subject, _, text in self._words if subject == "footnote" and form == form_id],
            furniture=furniture,
            period_label=self.period.label,
            parts=self._parts(form_id, columns),
        )

    def tables(self, form: PrintedForm) -> list[PrintedTable]:
        """Return the figures of every unit of ``form`` that has a table, in tree order."""
        columns = form.columns
        shown = [u for u in form.units if u.is_shown]
        scales = self._scales(form.id)
        statuses = self.statuses(form.id)
        remarks: dict[str, dict[str, ColumnRemark]] = {}
        for unit in shown:
            told = {c.code: self.notes.remark(unit.code, c.code, statuses) for c in columns}
            remarks[unit.code] = {code: remark for code, remark in told.items() if remark is not None}
        cells: dict[str, list[list[Cell]]] = {u.code: [] for u in shown}
        names = ", ".join(["unit_code", "row_code", *(quoted(c.code) for c in columns)])
        exceptions = self._exceptions(form.id)
        rows = self.engine.sql(
            f"SELECT {names} FROM report.{quoted(form.id)} WHERE unit_code IN (SELECT unnest(?::VARCHAR[]))", [[u.code for u in shown]]
        )
        for code, row, *values in _rows(rows):
            own = exceptions.get((code, row), {})
            said = [own.get(c.code) or (remark.status if (remark := remarks[code].get(c.code)) else "auto") for c in columns]
            cells[code].append([self._cell(v, scales.get(c.code), status) for v, c, status in zip(values, columns, said, strict=True)])
        found = self._found_rows(form, list(cells))
        return [
            PrintedTable(
                unit,
                form.rows + found.get(unit.code, []),
                cells[unit.code],
                remarks[unit.code],
                self.notes.of_unit(unit.code, remarks[unit.code], columns),
            )
            for unit in shown
        ]

    def printed_units(self, form_id: str, wanted: Collection[str] | None = None) -> list[PrintedUnit]:
        """Return the units that a form is due for, in tree order; ``wanted``: those to show (default: not the lowest of very many)."""
        statuses, columns = self.statuses(form_id), self._columns(form_id)
        due = [u for u in self.units if u["unit_code"] in statuses]
        if wanted is not None:
            shown = set(wanted)
        else:
            lowest = list(self._levels)[-1]
            shown = units_with_tables(due, lowest)
        return [
            PrintedUnit(
                code=u["unit_code"],
                name={"zh": u["name_zh"], "en": u["name_en"]},
                level=self._levels.get(u["level_code"], {"zh": "", "en": ""}),
                depth=u["depth"],
                status=_worst(statuses[u["unit_code"]][c.code]["status"] for c in columns),
                is_shown=u["unit_code"] in shown,
            )
            for u in due
        ]

    def statuses(self, form_id: str) -> dict[str, dict[str, dict[str, Any]]]:
        """Return unit -> column -> the worst status of its blocks."""
        rows = self.engine.sql(
            "SELECT unit_code, column_code, status, delivered, due, reason FROM report.status WHERE form_id = ? AND row_code IS NULL",
            [form_id],
        )
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows.to_pylist():
            at = found.setdefault(row["unit_code"], {})
            other = at.get(row["column_code"])
            if other is None or ORDER.index(row["status"]) > ORDER.index(other["status"]):
                at[row["column_code"]] = row
        return found

    def _specs(self, form_id: str) -> list[dict[str, Any]]:
        """Return the printed columns of a form, in the order of its definition, each with what it is made of."""
        rows = self.engine.sql(
            "SELECT column_code, parent_column_code, expression, unit, decimals, applies_to, label_zh, label_en FROM report.form_column "
            "WHERE form_id = ? AND NOT is_hidden ORDER BY column_order",
            [form_id],
        ).to_pylist()
        return [row | {"spec": json.loads(row["expression"])} for row in rows]

    def _scales(self, form_id: str) -> dict[str, dict[str, Any]]:
        return {s["column_code"]: s["spec"]["printed"] for s in self._specs(form_id) if "printed" in s["spec"]}

    def _columns(self, form_id: str) -> list[PrintedColumn]:
        scales = self._scales(form_id)
        found = in_print_order(
            [
                PrintedColumn(
                    code=s["column_code"],
                    label={"zh": s["label_zh"], "en": s["label_en"]},
                    unit=scales.get(s["column_code"], s)["unit"],
                    decimals=scales.get(s["column_code"], s)["decimals"],
                    group=s["spec"].get("group"),
                    parent=s["parent_column_code"],
                )
                for s in self._specs(form_id)
            ]
        )
        return [replace(column, number=i) for i, column in enumerate(found, 1)]

    def _rows(self, form_id: str) -> list[PrintedRow]:
        rows = self.engine.sql(
            "SELECT row_code, parent_row_code, label_zh, label_en, kind, block_id FROM report.form_row "
            "WHERE form_id = ? AND unit_code IS NULL ORDER BY row_order",
            [form_id],
        )
        parents = {code: parent for code, parent, *_ in _rows(rows)}
        headings = {name: text for form, subject, name, text in self._words if subject == "block" and form == form_id}
        found = []
        for code, parent, zh, en, kind, block in _rows(rows):
            depth, above = 0, parent
            while above is not None:
                depth, above = depth + 1, parents.get(above)
            heading = headings.pop(block, None) if depth and kind != "of_which" else None
            found.append(PrintedRow(code, {"zh": zh, "en": en}, depth, kind == "of_which", block, heading))
        return found

    def _found_rows(self, form: PrintedForm, units: list[str]) -> dict[str, list[PrintedRow]]:
        """Return the rows that were found in the data of ``units``, by unit."""
        depths = {row.code: row.depth for row in form.rows}
        rows = self.engine.sql(
            "SELECT unit_code, row_code, parent_row_code, label_zh, label_en, block_id FROM report.form_row WHERE form_id = ? "
            "AND unit_code IN (SELECT unnest(?::VARCHAR[])) ORDER BY row_order",
            [form.id, units],
        )
        found: dict[str, list[PrintedRow]] = {}
        for unit, code, parent, zh, en, block in _rows(rows):
            found.setdefault(unit, []).append(PrintedRow(code, {"zh": zh, "en": en}, depths.get(parent, 0) + 1, False, block))
        return found

    def _parts(self, form_id: str, columns: list[PrintedColumn]) -> list[PrintedPart]:
        """Return the tables of a form: a block is printed with those before it when they have at least half of their columns in common."""
        blocks: dict[str, set[str]] = {}
        for block, row in _rows(
            self.engine.sql("SELECT block_id, row_code FROM report.form_row WHERE form_id = ? ORDER BY row_order", [form_id])
        ):
            blocks.setdefault(block, set()).add(row.partition("/")[0])
        applies = {s["column_code"]: s["applies_to"] for s in self._specs(form_id)}
        found: list[tuple[list[str], set[str]]] = []
        for block, rows in blocks.items():
            own = {c.code for c in columns if applies[c.code] is None or rows & set(applies[c.code])}
            if found and 2 * len(own & found[-1][1]) >= len(own | found[-1][1]):
                found[-1][0].append(block)
                found[-1][1].update(own)
            else:
                found.append(([block], own))
        return [PrintedPart(tuple(names), tuple(i for i, c in enumerate(columns) if c.code in own)) for names, own in found]

    def _exceptions(self, form_id: str) -> dict[tuple[str, str], dict[str, str]]:
        """Return the statuses of cells that are not as their column: (unit, row) -> column -> status."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        rows = self.engine.sql(
            "SELECT unit_code, row_code, column_code, status FROM report.status WHERE form_id = ? AND row_code IS NOT NULL", [form_id]
        )
        for unit, row, column, status in _rows(rows):
            found.setdefault((unit, row), {})[column] = status
        return found

    def _cell(self, value: Decimal | None, scale: dict[str, Any] | None, status: str) -> Cell:
        if value is not None:
            shown = scaled(value, divide_by=scale["divide_by"], decimals=scale["decimals"]) if scale else value
            return TypedFigure.of(shown, self.marks["manual"]) if status == "manual" else shown
        if status not in _WITHOUT_FIGURES:
            return self.marks["none"]  # the column has figures; this cell has no base, or the column does not apply to its row
        return self.marks.get(status, self.marks["none"])


def units_with_tables(due: list[dict[str, Any]], lowest: str) -> set[str]:
    """Return the units that have a table of their own, of those that have figures: all, or with many those above the ``lowest`` level."""
    everyone = {u["unit_code"] for u in due}
    return {u["unit_code"] for u in due if len(due) <= MOST_TABLES or u["level_code"] != lowest} or everyone


def _worst(statuses: Iterable[str]) -> str:
    """Return the worst status; a column that does not apply says nothing, unless none does."""
    found = list(statuses)
    applicable = [s for s in found if s != "not_applicable"]
    return max(applicable, key=ORDER.index) if applicable else "not_applicable"


def _rows(table: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(table.column(i).to_pylist() for i in range(table.num_columns)), strict=True)
