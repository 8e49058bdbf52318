"""Lays out what the pages of a release show beside the printed forms: definitions, queries, checks, the course of figures, the index."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from policestats.catalog import Catalog, Indicator
from policestats.catalog.model import Label
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.blocks import Row
from policestats.reports.check_language import Call, Cell, Check
from policestats.reports.form_columns import FormColumn
from policestats.reports.implied import implied
from policestats.reports.rates import scaled
from policestats.reports.template import Form
from policestats.reports.writers.html import figure
from policestats.reports.writers.printed import PrintedForm, PrintedIndex, PrintedTable, PrintedUnit
from policestats.reports.writers.screen import (
    Counted,
    Definition,
    FailedCheck,
    RunQuery,
    ScreenForm,
    ScreenIndex,
    TouchingCheck,
    UnitLine,
    plain,
)
from policestats.reports.writers.sparkline import Drawing, Point, drawn
from policestats.stages import explain
from policestats.stages.release_history import last_periods
from policestats.stages.release_records import withheld

#: failures written into a page; the others stand in report.check_result
_MOST_FAILURES = 500


@dataclass
class ReleaseScreen:
    """Lays out the pages of one release. ``engine`` has its statistics file open, and the trace attached under the name ``trace``.

    ``forms`` are all forms of the release; ``with_records``: the keys of records are written beside the pages.
    """

    engine: DuckDBEngine
    catalog: Catalog
    period: ReferencePeriod
    forms: list[Form]
    with_records: bool

    def form(self, form: Form, printed: PrintedForm, tables: list[PrintedTable]) -> ScreenForm:
        """Return the page of ``form``, whose printed tables are ``tables``."""
        queries, used = self._queries(form)
        columns = [form.column(c.code) for c in printed.columns]
        definitions = [self._definition(form, c, used) for c in columns]
        drawn_column = form.drawn_column(self.period.frequency)
        course = next((d for d in definitions if drawn_column is not None and d.code == drawn_column.code), None)
        return ScreenForm(
            printed=printed,
            definitions=definitions,
            rows=_row_words(form),
            queries=queries,
            checks=self._checks(form),
            failed=self._failed(form, [t.unit.code for t in tables]),
            course=course,
            periods=last_periods(self.period),
            drawings=self._drawings(form, drawn_column) if drawn_column is not None else {},
            with_records=self.with_records,
        )

    def index(self, printed: PrintedIndex, units: dict[str, list[PrintedUnit]]) -> ScreenIndex:
        """Return the first page; ``units`` are those of each form, in tree order."""
        order = self.engine.sql("SELECT unit_code FROM dim.unit ORDER BY unit_order").column(0).to_pylist()
        lines: dict[str, UnitLine] = {}
        for form, own in units.items():
            for unit in (u for u in own if u.is_shown):
                lines.setdefault(unit.code, UnitLine(unit, {})).forms[form] = unit.status
        return ScreenIndex(printed, [lines[code] for code in order if code in lines])

    def _definition(self, form: Form, column: FormColumn, used: dict[str, list[int]]) -> Definition:
        told = explain.of_column(self.catalog, form, column)
        bases = [form.column(code) for code in explain.base_columns(form, column)]
        found = [(base.code, base.indicator) for base in bases if base.indicator is not None]
        own = column.indicator
        return Definition(
            code=column.code,
            label=column.label_at(self.period.start),
            lines=told.lines,
            sources=told.sources,
            policies=told.policies,
            counted=[self._counted(code, indicator) for code, indicator in found],
            queries=sorted({number for base in bases for number in used.get(base.code, [])}),
            keys_withheld=_COMPUTED if own is None else withheld(self.catalog, own),
        )

    def _counted(self, column: str, indicator: Indicator) -> Counted:
        fact = self.catalog.facts[indicator.fact]
        tables = [(name, self.catalog.tables[name].label) for name in fact.tables]
        return Counted(column, indicator.id, indicator.label or {"zh": "", "en": ""}, fact.id, fact.label, tables)

    def _queries(self, form: Form) -> tuple[list[RunQuery], dict[str, list[int]]]:
        """Return the queries that ran for the form, and by column code the numbers of those behind it."""
        rows = self.engine.sql("SELECT * FROM report.query WHERE form_id = ? ORDER BY subject, anchor_on", [form.id]).to_pylist()
        queries = [RunQuery(r["subject"], r["anchor_on"].isoformat(), r["sql"], r["row_count"]) for r in rows]
        anchors: dict[str, set[str]] = {}
        read = self.engine.sql("SELECT column_code, anchor_on FROM trace.report.column_reading WHERE form_id = ?", [form.id])
        for r in read.to_pylist():
            anchors.setdefault(r["column_code"], set()).add(r["anchor_on"].isoformat())
        used = {}
        for column in form.columns:
            if column.indicator is not None:
                subjects, at = explain.query_subjects(column), anchors.get(column.code, set())
                used[column.code] = [i for i, q in enumerate(queries) if q.subject in subjects and q.anchor in at]
        return queries, used

    def _checks(self, form: Form) -> list[TouchingCheck]:
        own = [c for c in form.checks if c.frequencies is None or self.period.frequency in c.frequencies]
        found = [_touching(c, None) for c in (*own, *implied(form, self.period.frequency))]
        for other in self.forms:
            if other.id != form.id:
                found += [_touching(c, form.id) for c in other.checks if any(cell.form == form.id for cell in _cells(c))]
        return found

    def _failed(self, form: Form, units: list[str]) -> list[FailedCheck]:
        rows = self.engine.sql(
            "SELECT r.* FROM report.check_result AS r JOIN dim.unit AS u USING (unit_code) WHERE r.outcome = 'failed' AND r.form_id = ? "
            "AND list_contains(?::VARCHAR[], r.unit_code) ORDER BY u.unit_order, r.severity, r.check_id, r.row_code, r.column_code LIMIT ?",
            [form.id, units, _MOST_FAILURES],
        ).to_pylist()
        return [
            FailedCheck(
                r["check_id"],
                r["severity"],
                r["unit_code"],
                r["row_code"] or "",
                r["column_code"] or "",
                plain(r["left_value"]),
                plain(r["right_value"]),
            )
            for r in rows
        ]

    def _drawings(self, form: Form, column: FormColumn) -> dict[tuple[str, str], Drawing]:
        """Return the course of ``column`` by unit and row; a period that was not tabulated is a gap."""
        periods = last_periods(self.period)
        rows = self.engine.sql(
            "SELECT unit_code, row_code, period, value, status FROM report.history WHERE form_id = ? AND column_code = ?",
            [form.id, column.code],
        )
        scale = column.spec.get("printed")
        told: dict[tuple[str, str], dict[str, Point]] = {}
        for unit, row, period, value, status in zip(*(c.to_pylist() for c in rows.columns), strict=True):
            if scale and value is not None:
                value = scaled(value, divide_by=scale["divide_by"], decimals=scale["decimals"])
            told.setdefault((unit, row), {})[period] = Point(period, value, status == "partial")
        shown = partial(figure, decimals=scale["decimals"] if scale else column.decimals)
        known: dict[tuple[tuple[Decimal | None, bool], ...], Drawing] = {}  # many rows are alike: most of a small unit's are 0 throughout
        found = {}
        for place, points in told.items():
            course = [points.get(p) or Point(p, None) for p in periods]
            alike = tuple((p.value, p.is_partial) for p in course)
            if alike not in known:
                known[alike] = drawn(course, shown)
            found[place] = known[alike]
        return found


_COMPUTED: Label = {
    "zh": "由其他列计算，记录见各运算列",
    "en": "computed from other columns: see the records of those",
}


def _row_words(form: Form) -> list[tuple[str, Label, str]]:
    """Return each row with its label and which records it holds; rows found in the data are told once, as ``member/*``."""
    found = [(row.code, row.label, explain.row_words(form, row)) for row in form.rows]
    for block in form.dynamic_blocks:
        assert block.dynamic is not None
        label = {"zh": "数据中出现的行", "en": "rows found in the data"}
        for member in [m.code for m in block.dynamic.members] or [block.id]:
            row = Row(f"{member}/*", label, "found", None, block.id)
            found.append((row.code, label, explain.row_words(form, row)))
    return found


def _cells(check: Check) -> list[Cell]:
    values = [term.value for term in (*check.left, *check.right)]
    return [value.argument if isinstance(value, Call) else value for value in values if value is not None]


def _touching(check: Check, form: str | None) -> TouchingCheck:
    """Return the check with the cells it names in a form; ``form`` None: the form that declares it."""
    cells: list[tuple[list[str] | None, list[str] | None]] = []
    if check.outlier is not None:
        cells.append((_listed(check.rows), [check.outlier["of"], check.outlier["from"]]))
    for cell in _cells(check):
        if cell.form == form:
            columns = [cell.column] if cell.column is not None else _listed(check.columns)
            cells.append((_listed(cell.rows if cell.rows is not None else check.rows), columns))
    return TouchingCheck(check.id, check.severity, check.text, check.source, list({str(c): c for c in cells}.values()))


def _listed(codes: tuple[str, ...] | None) -> list[str] | None:
    return list(codes) if codes is not None else None
