"""legacy import: figures published before the records begin -> one load of the source ``office``."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from policestats.catalog import Catalog
from policestats.catalog.office import CELL_KEY, LEGACY, OFFICE
from policestats.engines.duckdb import open_warehouse
from policestats.errors import PeriodError, StatisticsError, nearest
from policestats.landing.office import land_cells
from policestats.landing.raw import RawStore
from policestats.periods import ReferencePeriod
from policestats.reports.form_columns import FormColumn
from policestats.reports.template import Form, load_forms
from policestats.reports.typed_value import RefusedValue, read_value
from policestats.stages import knowledge, office_load
from policestats.stages.typed_store import read_cells

#: the columns that a list of published figures must have
COLUMNS = (*CELL_KEY, "value", "author", "evidence")
_PUBLISHED = ("current", "ytd")
Key = tuple[str, ...]


@dataclass
class LegacyResult:
    """What an import did: the load (None: nothing was new), cells taken and already known, and each refused line with the reason."""

    load: int | None = None
    accepted: int = 0
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)


def run(*, catalog: Catalog, home: Path, file: Path, progress: Callable[[str], None] | None = None) -> LegacyResult:
    """Land the published figures listed in ``file`` (CSV in UTF-8, or XLSX; a line for each cell) and merge them.

    A cell is named as the form of that time printed it: its period, and the column of the period itself or of the year so far. Imported
    again, a list lands nothing; another figure of a cell is a new version of it.

    Raises: StatisticsError when the file cannot be read or lacks a column; a line that is refused loses nothing else.
    """
    frame = _frame(file)
    now = datetime.now(ZoneInfo(catalog.standard.time_zone)).replace(tzinfo=None, microsecond=0)
    raw, result, forms_of = RawStore(home), LegacyResult(), _FormsOf(catalog)
    with raw.landing(OFFICE) as work:
        office_load.merge(catalog=catalog, home=home, progress=progress)
        with open_warehouse(home, read_only=True) as engine:
            latest = max(knowledge.loads(engine))
            known = {tuple(c[name] for name in CELL_KEY): c for c in read_cells(engine, catalog, LEGACY, latest)}
            units = {v.code for v in knowledge.unit_versions(engine, catalog, latest)}
        found: dict[Key, tuple[int, dict[str, Any]]] = {}
        for number, line in enumerate(frame.to_dict("records"), 2):
            try:
                cell = _cell(catalog, forms_of, units, {str(k): v for k, v in line.items()})
                key = tuple(str(cell[name]) for name in CELL_KEY)
                if key in found and found[key][1] != cell:
                    raise RefusedValue(f"names the cell of line {found[key][0]} again, otherwise; keep one")
            except (RefusedValue, PeriodError) as error:
                result.refused.append(f"{file}, line {number}: {error}")
                continue
            found.setdefault(key, (number, cell))
        new = [cell for key, (_, cell) in found.items() if not _is_known(cell, known.get(key))]
        result.accepted, result.unchanged = len(new), len(found) - len(new)
        if new:
            rows = [{**{k: _text(v) for k, v in cell.items()}, "typed_at": now.isoformat(sep=" ")} for cell in new]
            result.load = land_cells(raw, work, LEGACY, rows, str(file)).load_id
    if result.load is not None:
        office_load.merge(catalog=catalog, home=home, progress=progress)
    return result


def _frame(file: Path) -> pd.DataFrame:
    try:
        if file.suffix.lower() == ".xlsx":
            frame = pd.read_excel(file, dtype=str, keep_default_na=False)
        else:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, zipfile.BadZipFile, KeyError) as error:
        raise StatisticsError(f"{file}: cannot be read as a list of cells ({error}); save it as CSV in UTF-8 or as .xlsx") from None
    lacking = [name for name in COLUMNS if name not in frame.columns]
    if lacking:
        raise StatisticsError(f"{file}: the columns {', '.join(lacking)} are missing; a list of published figures has {', '.join(COLUMNS)}")
    return frame


class _FormsOf(dict[ReferencePeriod, Mapping[str, Form]]):
    """The forms in force in a period, each period's read once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __missing__(self, period: ReferencePeriod) -> Mapping[str, Form]:
        return self.setdefault(period, load_forms(self._catalog, period=period))


def _cell(catalog: Catalog, forms_of: _FormsOf, units: set[str], line: Mapping[str, object]) -> dict[str, Any]:
    """Return the cell of a line. Raises: RefusedValue or PeriodError, saying why it cannot stand and how to cure it."""
    said = {name: str(line[name]).strip() for name in COLUMNS}
    period = ReferencePeriod.parse(said["period"])
    forms = forms_of[period]
    form = forms.get(said["form_id"])
    if form is None:
        raise RefusedValue(f"there is no form {said['form_id']!r}; {nearest(said['form_id'], forms)}")
    if period.frequency not in form.frequencies:
        raise RefusedValue(f"{form.id} is not made for {period} (a {period.frequency}) but by {', '.join(form.frequencies)}")
    begin = catalog.standard.records_begin
    if period.start >= begin:
        raise RefusedValue(f"records begin on {begin}, so {period} is counted from them; leave the line out")
    if said["unit_code"] not in units:
        raise RefusedValue(f"there is no unit {said['unit_code']!r}; {nearest(said['unit_code'], units)}")
    columns = {c.code: c for c in form.columns_for(period.frequency) if c.indicator is not None and c.variant in _PUBLISHED}
    column = columns.get(said["column_code"])
    if column is None:
        raise RefusedValue(
            f"{form.id} has no column {said['column_code']!r} of the period or the year so far; {nearest(said['column_code'], columns)}"
        )
    rows = _rows(form, column)
    if said["row_code"] not in rows:
        raise RefusedValue(f"{form.id} has no row {said['row_code']!r} with a figure of {column.code}; {nearest(said['row_code'], rows)}")
    value = read_value(said["value"], column)
    for name, given in (("value", value), ("author", said["author"]), ("evidence", said["evidence"])):
        if given is None or given == "":
            raise RefusedValue(f"{name} is empty; fill it in, or leave the line out")
    return {**said, "value": value}


def _rows(form: Form, column: FormColumn) -> Sequence[str]:
    fixed = {block.id for block in form.blocks if block.dynamic is None}
    return [row.code for row in form.rows if row.block in fixed and column.applies(row.code)]


def _is_known(cell: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
    return known is not None and all(cell[name] == known[name] for name in ("value", "author", "evidence"))


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
