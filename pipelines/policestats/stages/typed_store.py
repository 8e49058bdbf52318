"""What people typed, as known at a load: the cells of a form, those published before the records begin, and how they fill its columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from policestats.catalog import Catalog, Indicator
from policestats.catalog.office import CELL_KEY, LEGACY, TYPED
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.exact import SCALE, Integers, zeros
from policestats.reports.figures import Figures
from policestats.reports.form_columns import DERIVED, FormColumn
from policestats.reports.plan import Plan
from policestats.reports.status import MANUAL, PARTIAL, ColumnStatus
from policestats.reports.template import Form
from policestats.reports.typed_cells import (
    Given,
    Superseded,
    adds_up,
    booked_with,
    derive_cells,
    entry_rows,
    lay_over,
    typed_reason,
)
from policestats.reports.units import UnitsTree, UnitVersion
from policestats.stages import knowledge

#: a comparison reads the figure published for the earlier period in the column that was its current (or cumulative) one
_PUBLISHED_AS = {"prior_year": "current", "prior_year_ytd": "ytd", "previous_period": "current"}
Cell = dict[str, Any]


@dataclass
class Typed:
    """Typed cells of forms, and those that did not count because records give the figure, by form.

    ``unplaced`` says of cells that name a row, column or unit which the form does not have (any more).
    """

    cells: dict[str, list[Cell]]
    published: dict[str, list[Cell]]
    versions: Sequence[UnitVersion]
    superseded: dict[str, list[Superseded]] = field(default_factory=dict)
    told: dict[str, dict[tuple[str, int, int], str]] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)

    @classmethod
    def known(cls, engine: DuckDBEngine, catalog: Catalog, period: ReferencePeriod, versions: Sequence[UnitVersion], as_of: int) -> Typed:
        """Return what was typed for ``period``, and published before it, as known at the load ``as_of``."""
        cells: dict[str, list[Cell]] = {}
        for cell in read_cells(engine, catalog, TYPED, as_of, period.text):
            if cell["value"] is not None:
                cells.setdefault(cell["form_id"], []).append(cell)
        published: dict[str, list[Cell]] = {}
        for cell in read_cells(engine, catalog, LEGACY, as_of):
            published.setdefault(cell["form_id"], []).append(cell)
        return cls(cells, published, versions)

    def lay(
        self,
        plan: Plan,
        tree: UnitsTree,
        units: list[str],
        base: dict[str, Integers],
        booked: dict[str, Figures],
        statuses: dict[str, ColumnStatus],
    ) -> None:
        """Lay the cells of a form over ``base``, ``booked`` and ``statuses``, all by column; no cell changes nothing."""
        form = plan.form
        rows = [row.code for row in form.rows]
        given = {**self._typed(plan, tree, units, rows), **self._published(plan, tree, units, rows)}
        ignored: list[Superseded] = []
        for code, cells in given.items():
            column = form.column(code)
            counted = base.get(code, zeros((len(units), len(rows))))
            laid = lay_over(column, form, counted, statuses[code], cells, tree)
            base[code], statuses[code] = laid.values, laid.status
            if code in booked:
                entries = [rows.index(row) for row in entry_rows(form, column)]
                booked[code] = booked_with(booked[code], laid.added, tree, entries)
            ignored += laid.superseded
            self.told.setdefault(form.id, {}).update({(code, unit, row): told for (unit, row), told in cells.told.items()})
        self.superseded[form.id] = ignored
        columns = {c.code: c for c in form.columns_for(plan.period.frequency)}
        if given:
            for column in columns.values():
                if column.kind in DERIVED:
                    derive_cells(column, columns, statuses, rows)

    def _typed(self, plan: Plan, tree: UnitsTree, units: list[str], rows: list[str]) -> dict[str, Given]:
        columns = {
            c.code: c for c in plan.form.columns_for(plan.period.frequency) if c.kind not in DERIVED and c.code not in plan.not_applicable
        }
        found: dict[str, Given] = {}
        placed: dict[tuple[str, int, int], Cell] = {}
        at_unit, at_row = ({code: i for i, code in enumerate(codes)} for codes in (units, rows))
        for cell in self.cells.get(plan.form.id, ()):
            column, unit = columns.get(cell["column_code"]), tree.standing(cell["unit_code"])
            if column is None or cell["row_code"] not in at_row or unit not in at_unit:
                self.unplaced.append(
                    f"{name_of(cell)}: the form has no such cell for {plan.period} now; what was typed for it does not count"
                )
                continue
            at = (column.code, at_unit[unit], at_row[cell["row_code"]])
            told = typed_reason(f"{cell['typed_at']:%Y-%m-%d %H:%M}", cell["evidence"], cell["reason"])
            into = found.setdefault(column.code, Given.none(len(units), len(rows)))
            if at in placed and not adds_up(column, "units"):
                self.unplaced.append(
                    f"{name_of(cell)}: units that were merged both typed it, and the column does not add up; type it for {unit}"
                )
                continue
            _put(into, at[1:], cell["value"], MANUAL, told)
            placed[at] = cell
        return found

    def _published(self, plan: Plan, tree: UnitsTree, units: list[str], rows: list[str]) -> dict[str, Given]:
        found: dict[str, Given] = {}
        at_unit, at_row = ({code: i for i, code in enumerate(codes)} for codes in (units, rows))
        held: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.published.get(plan.form.id, ()):
            held.setdefault((cell["period"], cell["column_code"]), []).append(cell)
        for column in plan.form.columns_for(plan.period.frequency):
            source = published_as(plan, column)
            if column.code not in plan.not_applicable or source is None:
                continue
            period, code = source
            merged: dict[tuple[int, int], list[Cell]] = {}
            for cell in held.get((period.text, code), ()):
                unit = tree.standing(cell["unit_code"])
                if unit in at_unit and cell["row_code"] in at_row:
                    merged.setdefault((at_unit[unit], at_row[cell["row_code"]]), []).append(cell)
            into = Given.none(len(units), len(rows))
            for at, cells in merged.items():
                self._put_published(into, column, at, cells, tree, units[at[0]], period)
            if (into.ranks >= 0).any():
                found[column.code] = into
        return found

    def _put_published(
        self, into: Given, column: FormColumn, at: tuple[int, int], cells: list[Cell], tree: UnitsTree, unit: str, period: ReferencePeriod
    ) -> None:
        """Put what was published for the units that a unit stands for now; nothing where one of several lacks and they do not add up."""
        standing = {
            v.code
            for v in self.versions
            if tree.standing(v.code) == unit and v.valid_from < period.end and (v.valid_to is None or v.valid_to > period.start)
        }
        of = sorted({c["unit_code"] for c in cells})
        lacks = sorted(standing - set(of))
        if (len(of) > 1 or lacks) and not adds_up(column, "units"):
            return
        evidence = ", ".join(sorted({c["evidence"] for c in cells}))
        told = f"legacy: published figure of {period}, evidence {evidence}"
        if of != [unit]:
            told += f"; 可比口径 on the present units: {', '.join(of)}"
        if lacks:
            told += f"; without {', '.join(lacks)}"
        for cell in cells:
            _put(into, at, cell["value"], PARTIAL if lacks else MANUAL, told)


def published_as(plan: Plan, column: FormColumn) -> tuple[ReferencePeriod, str] | None:
    """Return the earlier period that a comparison column shows, and the column of the form that published it then; None when there is none."""
    variant = _PUBLISHED_AS.get(column.variant)
    window = plan.period.window(column.variant)
    if variant is None or window is None or column.indicator is None:
        return None
    earlier = ReferencePeriod.of(plan.period.frequency, window.end - timedelta(days=1))
    counted = _counted(column.indicator)
    for other in plan.form.columns_for(plan.period.frequency):
        if other.indicator is not None and other.variant == variant and _counted(other.indicator) == counted and other.rows == column.rows:
            return earlier, other.code
    return None


def read_cells(engine: DuckDBEngine, catalog: Catalog, name: str, as_of: int, period: str | None = None) -> list[Cell]:
    """Return the cells of one of the two tables as known at the load ``as_of``, in order of their keys; none in a warehouse that has no such table yet."""
    if not engine.has_table("core", f"{name}_version"):
        return []
    known = knowledge.relation(catalog, name, as_of).sql(dialect="duckdb")
    order = ", ".join(CELL_KEY)
    return engine.sql(f"SELECT * FROM ({known}) WHERE ? IS NULL OR period = ? ORDER BY {order}", [period, period]).to_pylist()


def name_of(cell: Cell) -> str:
    """Return the words for a cell."""
    return f"{cell['form_id']} {cell['period']} {cell['unit_code']} [{cell['row_code']}].{cell['column_code']}"


def superseded_rows(typed: Typed, form: Form, units: Sequence[str]) -> Iterable[tuple[Superseded, str, str, str]]:
    """Return the typed cells of a form that records stand in front of, each with its unit, its row and what is told of it."""
    rows = [row.code for row in form.rows]
    for cell in typed.superseded.get(form.id, ()):
        yield cell, units[cell.unit], rows[cell.row], typed.told[form.id][cell.column, cell.unit, cell.row]


def _put(into: Given, at: tuple[int, int], value: Any, rank: int, told: str) -> None:
    into.values[at] += int(value * SCALE)
    into.ranks[at] = rank
    into.told[at] = told if at not in into.told or into.told[at] == told else f"{into.told[at]}; {told}"


def _counted(indicator: Indicator) -> Indicator:
    """Return what an indicator counts, without what it is called."""
    return replace(indicator, id="", label={}, unit="", source="", where="")
