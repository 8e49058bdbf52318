"""The forms of a period as they were tabulated, with what people typed since: which cells are open, and what the checks say of new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from policestats.catalog import Catalog
from policestats.catalog.office import TYPED
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.check_language import Call, Check
from policestats.reports.checks import Finding, Outcome
from policestats.reports.form_columns import DERIVED, FormColumn, operands
from policestats.reports.form_table import FormTable, Values
from policestats.reports.implied import implied
from policestats.reports.plan import plan
from policestats.reports.template import Form, load_forms
from policestats.reports.typed_cells import entry_rows, follows, is_open
from policestats.reports.units import UnitsTree
from policestats.stages import knowledge
from policestats.stages.check import as_chosen
from policestats.stages.tabulate import Tabulation, due
from policestats.stages.typed_store import Cell, Typed, read_cells

#: unit, row, column
Place = tuple[str, str, str]


@dataclass
class Filling:
    """One form of a period. ``typed`` are its typed cells as known now, those that were withdrawn among them, by place."""

    form: Form
    work: Tabulation
    latest: int
    typed: dict[Place, Cell]
    _table: FormTable | None = field(default=None, repr=False)
    _figures: dict[str, Values] = field(default_factory=dict, repr=False)

    @property
    def tree(self) -> UnitsTree:
        """The units at the end of the period."""
        return self.work.tree

    @property
    def columns(self) -> list[FormColumn]:
        """The columns that are printed."""
        return [c for c in self.form.columns_for(self.work.period.frequency) if not c.hidden]

    @property
    def table(self) -> FormTable:
        """The form's figures with what was typed so far."""
        if self._table is None:
            self._table = self.with_cells({})
        return self._table

    @cached_property
    def entries(self) -> list[tuple[FormColumn, list[str]]]:
        """The columns that can be typed at all, each with its rows that do not follow from others."""
        not_applicable = plan(self.form, self.work.period, self.work.catalog.standard.records_begin).not_applicable
        chosen = (c for c in self.columns if c.kind not in DERIVED and c.code not in not_applicable)
        return [(column, entry_rows(self.form, column)) for column in chosen]

    def figures(self, column: str) -> Values:
        """Return a column of the form's table, laid out once: (values, known), both [unit, row]."""
        if column not in self._figures:
            self._figures[column] = self.table.column(column)
        return self._figures[column]

    def with_cells(self, changed: Mapping[Place, Cell | None]) -> FormTable:
        """Return the form's figures with the typed cells of some places ``changed``; None: there is none."""
        cells = {**self.typed, **changed}
        standing = [cell for cell in cells.values() if cell is not None and cell["value"] is not None]
        known = Typed.known(self.work.engine, self.work.catalog, self.work.period, self.work.versions, self.latest)
        self.work.typed = replace(known, cells={**known.cells, self.form.id: standing})
        return self.work.refill(self.form)

    def check(self, table: FormTable) -> Outcome:
        """Evaluate the checks of a form's figures."""
        return self.work.check(table)

    def open_cells(self, unit: str) -> list[tuple[str, str]]:
        """Return the cells of a unit that may be typed, as (row, column)."""
        table = self.table
        if unit not in table.units:
            return []
        at = table.units.index(unit)
        has_below = any(u.parent == unit for u in self.tree.units if u.code != self.tree.unknown)
        found = []
        for column, rows in self.entries:
            status = table.statuses[column.code]
            for row in rows:
                if is_open(status, column, at, table.row_index(row), has_units_below=has_below):
                    found.append((row, column.code))
        return found

    def reads(self, finding: Finding) -> tuple[set[str], set[str], set[str]]:
        """Return the rows that a check compared where it failed, the rows that those add up, and the columns that can be typed."""
        columns = {c.code: c for c in self.form.columns_for(self.work.period.frequency)}
        rows: set[str] = set()
        names: set[str] = set()
        for check in (c for c in self._checks() if c.id == finding.check_id):
            for term in (*check.left, *check.right):
                cell = term.value.argument if isinstance(term.value, Call) else term.value
                if cell is None or cell.form is not None:
                    continue
                rows.update(cell.rows or ([finding.row_code] if finding.row_code else []))
                names.update([cell.column] if cell.column else [finding.column_code] if finding.column_code else [])
        bases = {base for name in names if name in columns for base in _bases(columns, name)}
        parts = {row: found for name in bases for row, found in follows(self.form, columns[name]).items()}
        return rows, {part for row in rows for part in parts.get(row, ())}, bases

    def _checks(self) -> Sequence[Check]:
        return [*self.form.checks, *implied(self.form, self.work.period.frequency)]


@contextmanager
def opened(catalog: Catalog, home: Path, period: str, only: Sequence[str] | None = None) -> Iterator[list[Filling]]:
    """Open the forms that were tabulated for ``period`` (or those of them that ``only`` names); the warehouse is read only.

    Raises: StatisticsError when none was, or one was tabulated with other definitions than there are now.
    """
    wanted = ReferencePeriod.parse(period)
    with open_warehouse(home, read_only=True) as engine:
        known = knowledge.loads(engine)
        runs = _runs(engine, wanted)
        if not runs:
            raise StatisticsError(f"nothing has been tabulated for {wanted}: run 'policestats tabulate --period {wanted}' first")
        loads = {str(r["form_id"]): int(r["as_of"]) for r in runs}
        chosen = as_chosen(engine, catalog, wanted, max(loads.values()))
        forms = due(load_forms(chosen, period=wanted, only=only), wanted, only)
        works: dict[int, Tabulation] = {}
        latest = max(known)
        cells = read_cells(engine, chosen, TYPED, latest, wanted.text)
        with engine.names_from("core"):
            found = []
            for form in (f for f in forms if f.id in loads or only is not None):
                _refuse_other(form, runs, wanted)
                load = loads[form.id]
                work = works.setdefault(load, Tabulation(engine, chosen, wanted, load, latest))
                own = {(c["unit_code"], c["row_code"], c["column_code"]): c for c in cells if c["form_id"] == form.id}
                found.append(Filling(form, work, latest, own))
            yield found


def _runs(engine: DuckDBEngine, period: ReferencePeriod) -> list[Cell]:
    if not engine.has_table("report", "run"):
        return []
    return engine.sql("SELECT form_id, as_of, definition_hash FROM report.run WHERE period = ?", [period.text]).to_pylist()


def _refuse_other(form: Form, runs: list[Cell], period: ReferencePeriod) -> None:
    held = next((r["definition_hash"] for r in runs if r["form_id"] == form.id), None)
    if held != form.definition_hash:
        why = "is not tabulated" if held is None else "was tabulated with another definition"
        raise StatisticsError(f"{form.where}: form {form.id} {why} for {period}; run 'policestats tabulate --period {period}' first")


def _bases(columns: dict[str, FormColumn], name: str) -> Iterator[str]:
    if columns[name].kind in DERIVED:
        for part in operands(columns[name]):
            yield from _bases(columns, part)
    else:
        yield name
