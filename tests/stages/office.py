"""A home of the tiny standard whose station NORTH_2 was silent in October 2026, and workbooks filled as people fill them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from openpyxl import load_workbook

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.reports.filling.book import EVIDENCE, EVIDENCE_HEAD, FIELD_COLUMN, FIELD_ROW, FIELDS, META
from policestats.stages import conform, extract, fill_export, tabulate
from tests.reports import tiny
from tests.reports.test_typed_cells import CHECKS, COLUMNS
from tests.reports.tiny import NORTH_1, NORTH_2, SOUTH_1, STATIONS
from tests.stages.small import make_sqlite

PERIOD = "2026-10"
MONTHS = [f"{y}-{m:02d}" for y in (2025, 2026) for m in range(1, 13)][:22]  # to October 2026
THEFTS = [
    ("1", "2026-10-05", "2026-10-05 12:00:00", NORTH_1, "K1", None, None, None, 0),
    ("2", "2026-10-06", "2026-10-06 12:00:00", SOUTH_1, "K2", None, "A", None, 0),
    ("3", "2026-10-06", "2026-10-06 12:00:00", SOUTH_1, "K2", None, "B", None, 0),
]
#: what the silent station turns out to have had
LATE = [("4", "2026-10-09", "2026-10-09 12:00:00", NORTH_2, "K1", None, None, None, 0)]


def definitions(folder: Path) -> Catalog:
    """Write the tiny standard with the form F of the tests of typed cells."""
    catalog = tiny.standard(folder)
    catalog.templates.mkdir(parents=True)
    path = catalog.templates / "F.yaml"
    path.write_text(yaml.safe_dump(tiny.form_data(COLUMNS, CHECKS), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return catalog


def desk(path: Path, thefts: list[tuple[Any, ...]] = THEFTS, silent: tuple[str, ...] = (NORTH_2,)) -> str:
    """Write the desk's database, in which the stations ``silent`` sent nothing of October 2026."""
    units = [
        tuple(
            u.get(c) for c in ("unit_code", "valid_from", "valid_to", "parent_unit_code", "successor_unit_code", "level_code", "zh", "en")
        )
        for u in tiny.UNITS
    ]
    uploads = [(unit, month) for unit in STATIONS for month in MONTHS if not (unit in silent and month == PERIOD)]
    return make_sqlite(
        path,
        {
            "unit": ("unit_code, valid_from, valid_to, parent_unit_code, successor_unit_code, level_code, name_zh, name_en", units),
            "theft": ("theft_no, filed_on, entered_at, unit_code, kind_code, loss_yuan, suspect, solved_on, is_night", thefts),
            "move": ("move_no, theft_no, moved_on, entered_at, from_unit, to_unit", []),
            "upload": ("unit_code, period", uploads),
        },
    )


def home(folder: Path, catalog: Catalog) -> Path:
    """Land the desk, merge it and tabulate October 2026."""
    land(catalog, folder / "home", desk(folder / "desk.sqlite"))
    return folder / "home"


def land(catalog: Catalog, place: Path, location: str) -> None:
    """Land the desk as it stands, merge it and tabulate."""
    extract.run(catalog=catalog, source="desk", location=location, home=place)
    conform.run(catalog=catalog, home=place)
    tabulate.run(catalog=catalog, home=place, period=PERIOD)


def exported(catalog: Catalog, place: Path, folder: Path, unit: str = NORTH_2) -> Path:
    """Export the workbook of one unit."""
    (book,) = fill_export.run(catalog=catalog, home=place, period=PERIOD, folder=folder, units=[unit])
    return book.path


def addresses(path: Path) -> dict[tuple[str, str], str]:
    """Return the address of every open cell of the form F, by (row, column)."""
    lines = [[str(v) if v is not None else "" for v in line] for line in load_workbook(path)[META].iter_rows(values_only=True)]
    return {(line[2], line[3]): line[4] for line in lines if line[0] == "cell" and line[1] == "F"}


def typed(
    path: Path,
    values: Mapping[tuple[str, str], Any],
    *,
    named: list[tuple[str, ...]] | None = None,
    formats: Mapping[tuple[str, str], str] | None = None,
    **fields: Any,
) -> Path:
    """Type ``values`` by (row, column) and the fields at the head of the sheet into a workbook; ``named`` are lines of the sheet of evidence."""
    at = addresses(path)
    book = load_workbook(path)
    page = book["F"]
    for name, value in fields.items():
        page.cell(FIELD_ROW + FIELDS.index(name), FIELD_COLUMN).value = value
    for place, value in values.items():
        page[at[place]].value = value
    for place, shown in (formats or {}).items():
        page[at[place]].number_format = shown
    for line, texts in enumerate(named or [], EVIDENCE_HEAD + 1):
        for i, text in enumerate(texts, 1):
            book[EVIDENCE].cell(line, i).value = text
    book.save(path)
    return path


def rows(place: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of ``sql`` over the warehouse."""
    with open_warehouse(place, read_only=True) as engine:
        return engine.connection.execute(sql).fetchall()


def cell(place: Path, unit: str, row: str, column: str) -> tuple[Any, str] | None:
    """Return (value, status) of a cell of October 2026 as tabulated."""
    found = rows(
        place,
        f"SELECT c.value, s.status FROM report.status AS s JOIN report.form_row AS r USING (form_id, period, block_id) "
        "LEFT JOIN report.cell AS c ON c.form_id = s.form_id AND c.period = s.period AND c.unit_code = s.unit_code AND c.row_code = r.row_code "
        f"AND c.column_code = s.column_code WHERE s.period = '{PERIOD}' AND s.unit_code = '{unit}' AND r.row_code = '{row}' "
        f"AND s.column_code = '{column}' AND (s.row_code IS NULL OR s.row_code = r.row_code) ORDER BY s.row_code NULLS LAST LIMIT 1",
    )
    return found[0] if found else None
