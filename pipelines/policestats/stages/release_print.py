"""Reads a finished statistics file and lays its forms out for the writers: heads, figures or marks, footnotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.model import Label
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.periods import ReferencePeriod
from policestats.reports.status import ORDER
from policestats.reports.template import Form, FormColumn
from policestats.reports.writers.printed import (
    Cell,
    ColumnRemark,
    PrintedCheck,
    PrintedColumn,
    PrintedForm,
    PrintedIndex,
    PrintedRate,
    PrintedRow,
    PrintedTable,
    PrintedUnit,
    SilentUnit,
    TypedFigure,
)
from policestats.stages.release_notes import Notes

#: More units than this: only the levels above the lowest have tables of their own.
MOST_TABLES = 60
_NAMED = 4
_WITHOUT_FIGURES = ("missing", "suppressed", "blocked")
_RATE_LABELS: dict[str, Label] = {
    "template": {"zh": "模板率", "en": "Forms generated for every unit"},
    "instance": {"zh": "份数率", "en": "Form × unit generated"},
    "cell": {"zh": "单元格率", "en": "Cells generated"},
    "cell_nonzero": {"zh": "非零单元格率", "en": "Cells generated, zeros aside"},
}


@dataclass
class ReleasePrint:
    """Lays out the forms of one release. ``engine`` has its statistics file open."""

    engine: DuckDBEngine
    catalog: Catalog
    period: ReferencePeriod
    manifest: dict[str, Any]
    notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        self._units = self.engine.sql("SELECT * FROM dim.unit ORDER BY unit_order").to_pylist()
        self.notes = Notes(self.catalog, self._units)
        self._levels = {level.code: level.label for level in self.catalog.standard.unit_levels}

    def form(self, form: Form) -> PrintedForm:
        """Return the heads, contents and footnotes of a form."""
        standard = self.catalog.standard
        units = self._printed_units(form)
        hidden = sum(not u.is_shown for u in units)
        notice = {
            "zh": f"机构超过 {MOST_TABLES} 个：本册只印最低层级以上的机构；其余 {hidden} 个机构的数据见 statistics.duckdb",
            "en": f"More than {MOST_TABLES} units: only the levels above the lowest are printed; the other {hidden} are in statistics.duckdb",
        }
        told = "; ".join(f"{part}: {text}" for part, text in form.provenance.items())
        return PrintedForm(
            id=form.id,
            title=form.title,
            period=self.period.text,
            standard=standard.label,
            provenance={lang: f"{standard.furniture['note'][lang]} ({told})" for lang in ("zh", "en")},
            table_number=standard.furniture["table_number"],
            release=self.manifest["release"],
            columns=[PrintedColumn(c.code, c.label_at(self.period.start), c.unit, c.decimals) for c in self._columns(form)],
            rows=_printed_rows(form),
            units=units,
            notice=notice if hidden else None,
            footnotes=self.notes.of_form(form),
        )

    def tables(self, form: Form) -> list[PrintedTable]:
        """Return the figures of every unit that has a table, in tree order."""
        columns = self._columns(form)
        shown = [u for u in self._printed_units(form) if u.is_shown]
        statuses = self._statuses(form)
        remarks: dict[str, dict[str, ColumnRemark]] = {}
        for unit in shown:
            told = {c.code: self.notes.remark(unit.code, c.code, statuses) for c in columns}
            remarks[unit.code] = {code: remark for code, remark in told.items() if remark is not None}
        cells: dict[str, list[list[Cell]]] = {u.code: [] for u in shown}
        names = ", ".join(["unit_code", "row_code", *(quoted(c.code) for c in columns)])
        exceptions = self._exceptions(form)
        rows = self.engine.sql(
            f"SELECT {names} FROM report.{quoted(form.id)} WHERE unit_code IN (SELECT unnest(?::VARCHAR[]))", [[u.code for u in shown]]
        )
        for code, row, *values in _rows(rows):
            own = exceptions.get((code, row), {})
            said = [own.get(c.code) or (remark.status if (remark := remarks[code].get(c.code)) else "auto") for c in columns]
            cells[code].append([self._cell(v, status) for v, status in zip(values, said, strict=True)])
        found = self._found_rows(form, list(cells))
        heads = _printed_rows(form)
        return [
            PrintedTable(
                unit,
                heads + found.get(unit.code, []),
                cells[unit.code],
                remarks[unit.code],
                self.notes.of_unit(unit.code, remarks[unit.code], columns),
            )
            for unit in shown
        ]

    def _found_rows(self, form: Form, units: list[str]) -> dict[str, list[PrintedRow]]:
        """Return the rows that were found in the data of ``units``, by unit."""
        depths = {row.code: row.depth for row in _printed_rows(form)}
        rows = self.engine.sql(
            "SELECT unit_code, row_code, parent_row_code, label_zh, label_en FROM report.form_row WHERE form_id = ? "
            "AND unit_code IN (SELECT unnest(?::VARCHAR[])) ORDER BY row_order",
            [form.id, units],
        )
        found: dict[str, list[PrintedRow]] = {}
        for unit, code, parent, zh, en in _rows(rows):
            found.setdefault(unit, []).append(PrintedRow(code, {"zh": zh, "en": en}, depths.get(parent, 0) + 1, False))
        return found

    def index(self, forms: list[Form]) -> PrintedIndex:
        """Return the first page: forms, rates, failed checks, silent units."""
        standard, manifest = self.catalog.standard, self.manifest
        failed = self._failed()
        return PrintedIndex(
            standard=standard.label,
            period=self.period.text,
            release=manifest["release"],
            facts=[
                ({"zh": "发布号", "en": "Release id"}, manifest["release_id"]),
                ({"zh": "所依据批次", "en": "As of load"}, str(manifest["as_of"])),
                ({"zh": "编制时间", "en": "Made at"}, manifest["created_at"].replace("T", " ")),
                ({"zh": "程序版本", "en": "Program version"}, manifest["code_version"]),
            ],
            policies=self.notes.policies(list(self.catalog.policies)),
            provenance=standard.furniture["note"],
            forms=[(f.id, f.title, dict(Counter(u.status for u in self._printed_units(f)))) for f in forms],
            rates=self._rates(),
            failed=failed,
            failed_counts={s: sum(f.times for f in failed if f.severity == s) for s in ("error", "warning")},
            silent=self._silent(forms),
        )

    def _columns(self, form: Form) -> list[FormColumn]:
        return [c for c in form.columns_for(self.period.frequency) if not c.hidden]

    def _printed_units(self, form: Form) -> list[PrintedUnit]:
        statuses, columns = self._statuses(form), self._columns(form)
        due = [u for u in self._units if u["unit_code"] in statuses]
        lowest = self.catalog.standard.unit_levels[-1].code
        shown = {u["unit_code"] for u in due if len(due) <= MOST_TABLES or u["level_code"] != lowest} or set(statuses)
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

    def _statuses(self, form: Form) -> dict[str, dict[str, dict[str, Any]]]:
        """Return unit -> column -> the worst status of its blocks."""
        rows = self.engine.sql(
            "SELECT unit_code, column_code, status, delivered, due, reason FROM report.status WHERE form_id = ? AND row_code IS NULL",
            [form.id],
        )
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows.to_pylist():
            at = found.setdefault(row["unit_code"], {})
            other = at.get(row["column_code"])
            if other is None or ORDER.index(row["status"]) > ORDER.index(other["status"]):
                at[row["column_code"]] = row
        return found

    def _exceptions(self, form: Form) -> dict[tuple[str, str], dict[str, str]]:
        """Return the statuses of cells that are not as their column: (unit, row) -> column -> status."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        rows = self.engine.sql(
            "SELECT unit_code, row_code, column_code, status FROM report.status WHERE form_id = ? AND row_code IS NOT NULL", [form.id]
        )
        for unit, row, column, status in _rows(rows):
            found.setdefault((unit, row), {})[column] = status
        return found

    def _cell(self, value: Decimal | None, status: str) -> Cell:
        marks = self.catalog.standard.marks
        if value is not None:
            return TypedFigure.of(value, marks["manual"]) if status == "manual" else value
        if status not in _WITHOUT_FIGURES:
            return marks["none"]  # the column has figures; this cell has no base, or the column does not apply to its row
        return marks.get(status, marks["none"])

    def _rates(self) -> list[PrintedRate]:
        rows = self.engine.sql("SELECT * FROM report.generation WHERE form_id IS NULL AND unit_code IS NULL").to_pylist()
        found = {r["rate_id"]: r for r in rows}
        return [
            PrintedRate(label, r["numerator"], r["denominator"], r["rate_pct"], r["reason"] or "")
            for rate_id, label in _RATE_LABELS.items()
            if (r := found.get(rate_id)) is not None
        ]

    def _failed(self) -> list[PrintedCheck]:
        """Return the failed checks, each once, errors first, with its first failure in tree order as the example."""
        rows = self.engine.sql(
            "SELECT f.*, u.name_zh FROM report.check_result AS f LEFT JOIN dim.unit AS u USING (unit_code) WHERE f.outcome = 'failed' "
            "ORDER BY f.severity, f.form_id, f.check_id, u.unit_order, f.row_code, f.column_code"
        ).to_pylist()
        found = []
        for (severity, form_id, check_id), group in groupby(rows, key=lambda r: (r["severity"], r["form_id"], r["check_id"])):
            failures = list(group)
            first = failures[0]
            units = list(dict.fromkeys(str(f["name_zh"] or f["unit_code"]) for f in failures))
            place = " ".join(filter(None, [first["name_zh"] or first["unit_code"], first["row_code"], first["column_code"]]))
            example = f"{place}: {_plain(first['left_value'])} / {_plain(first['right_value'])}"
            named = "、".join(units[:_NAMED]) + (f" 等 {len(units)} 个" if len(units) > _NAMED else "")
            found.append(PrintedCheck(form_id, check_id, severity, first["message"] or "", len(failures), named, example))
        return found

    def _silent(self, forms: list[Form]) -> list[SilentUnit]:
        lacking: dict[str, dict[str, dict[str, Any]]] = {}
        for form in forms:
            for unit, columns in self._statuses(form).items():
                worst = max(
                    (s for s in columns.values() if s["status"] in ("missing", "partial")),
                    key=lambda s: ORDER.index(s["status"]),
                    default=None,
                )
                if worst is not None and self.notes.is_leaf(unit):
                    lacking.setdefault(unit, {})[form.id] = worst
        return [
            SilentUnit(
                u["unit_code"],
                {"zh": u["name_zh"], "en": u["name_en"]},
                {form: f"{status['delivered']}/{status['due']}" for form, status in lacking[u["unit_code"]].items()},
            )
            for u in self._units
            if u["unit_code"] in lacking
        ]


def _printed_rows(form: Form) -> list[PrintedRow]:
    parents = {row.code: row.parent for row in form.rows}
    found = []
    for row in form.rows:
        depth, above = 0, row.parent
        while above is not None:
            depth, above = depth + 1, parents.get(above)
        found.append(PrintedRow(row.code, row.label, depth, row.kind == "of_which"))
    return found


def _worst(statuses: Iterable[str]) -> str:
    """Return the worst status; a column that does not apply says nothing, unless none does."""
    found = list(statuses)
    applicable = [s for s in found if s != "not_applicable"]
    return max(applicable, key=ORDER.index) if applicable else "not_applicable"


def _plain(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():f}"


def _rows(table: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(table.column(i).to_pylist() for i in range(table.num_columns)), strict=True)
