"""The same records as text of a CSV, as cells of a workbook and as typed columns of Parquet are the same core tables."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policestats import settings
from policestats.catalog import Catalog
from policestats.stages import conform, extract
from tests.stages.small import query, standard

# every type a core table has, twice, and a row of nulls; the columns are those of the table report
TYPES = {
    "report_no": pa.string(),
    "unit_code": pa.string(),
    "made_on": pa.date32(),
    "entered_at": pa.timestamp("us"),
    "people": pa.int32(),
    "loss_yuan": pa.decimal128(12, 2),
    "is_urgent": pa.bool_(),
    "remark": pa.string(),
}
ROWS: list[tuple[Any, ...]] = [
    ("警1", "A1", date(2026, 1, 5), datetime(2026, 1, 5, 8, 0), 2, Decimal("1.50"), True, '一，"二"'),
    ("警2", "A1", date(2024, 2, 29), datetime(2026, 1, 5, 23, 59, 59), 0, Decimal("1000000.00"), False, None),
    ("警3", None, None, None, None, None, None, None),
]


def as_csv(path: Path) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TYPES)
        writer.writerows(["" if value is None else value for value in row] for row in ROWS)


def as_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(TYPES))
    for row in ROWS:
        book.active.append(list(row))
    book.save(path)


def as_parquet(path: Path) -> None:
    columns = {name: pa.array([row[i] for row in ROWS], type_) for i, (name, type_) in enumerate(TYPES.items())}
    pq.write_table(pa.table(columns), path)


def content(catalog: Catalog, location: Path, home: Path) -> list[tuple[Any, ...]]:
    extract.run(catalog=catalog, source="desk", location=str(location), home=home)
    assert conform.run(catalog=catalog, home=home).issues == 0
    return query(home, "SELECT * FROM core.report ORDER BY report_no")


def test_every_kind_of_file_makes_the_same_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    plain, chinese = (
        standard(tmp_path / name, {"desk": {"kind": "files", "tables": {"report": {"into": "report", **options}}}})
        for name, options in (("plain", {}), ("chinese", {"encoding": "gb18030"}))
    )
    as_csv(tmp_path / "report.csv")
    as_xlsx(tmp_path / "report.xlsx")
    as_parquet(tmp_path / "report.parquet")
    # core: decimals with six places; a null boolean has its default, false
    expected = [(*row[:5], None if row[5] is None else Decimal(f"{row[5]}0000"), bool(row[6]), row[7]) for row in ROWS]
    assert content(chinese, tmp_path / "report.csv", tmp_path / "a") == expected
    assert content(plain, tmp_path / "report.xlsx", tmp_path / "b") == expected
    assert content(plain, tmp_path / "report.parquet", tmp_path / "c") == expected
