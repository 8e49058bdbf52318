"""Where the simulated province's identities are, and whether a folder holds any of them."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
from pypdf import PdfReader

#: how the simulator writes identities: numbers of a division that does not exist, names and telephones that nobody has
FORMS = {"number": re.compile(r"999999\d{11}[\dX]"), "name": re.compile(r"虚构人\d+"), "telephone": re.compile(r"000\d{8}")}
#: the columns that hold them: source, table, column
COLUMNS = {
    ("callback_desk", "callback", "phone"),
    ("case_system", "admin_person", "id_number"),
    ("case_system", "admin_person", "name"),
    ("case_system", "admin_person", "phone"),
    ("case_system", "criminal_person", "id_number"),
    ("case_system", "criminal_person", "name"),
    ("case_system", "criminal_person", "phone"),
    ("case_system", "criminal_victim", "id_number"),
    ("case_system", "criminal_victim", "name"),
    ("case_system", "criminal_victim", "phone"),
    ("field_collection", "resident", "id_number"),
    ("field_collection", "resident", "name"),
    ("field_collection", "resident", "phone"),
    ("inspection_desk", "premises", "contact_name"),
    ("inspection_desk", "premises", "contact_phone"),
}
#: shorter values are placeholders (无, 0000) that stand in many places
_LEAST = 5


def identities(sources: Path) -> dict[tuple[str, str, str], set[str]]:
    """Return by column every identity in the source databases: what looks like one, whatever the column, and all that the columns above hold,
    also what is no valid number."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for path in sources.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                rows = database.execute(f'SELECT * FROM "{table}"')
                places = [(path.stem, table, column[0]) for column in rows.description]
                for row in rows:
                    for place, value in zip(places, row, strict=True):
                        if isinstance(value, str) and (
                            (place in COLUMNS and len(value) >= _LEAST) or any(form.fullmatch(value) for form in FORMS.values())
                        ):
                            found.setdefault(place, set()).add(value)
    return found


def revealed(folder: Path, known: set[str]) -> Iterator[str]:
    """Yield the places under ``folder`` where one of ``known`` stands: the file, and the table and column of a database.

    Looked into are the bytes of every file, and what Parquet, DuckDB, zipped files (workbooks) and PDFs hold compressed.
    """
    text = _pattern(known)
    pattern, in_bytes = re.compile(text), re.compile(text.encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        if in_bytes.search(path.read_bytes()):
            yield f"{path}: bytes"
        if path.suffix == ".parquet":
            yield from (f"{path}: {name}" for name in _of_query(f"read_parquet('{path}')", duckdb.connect(), pattern))
        elif path.suffix == ".duckdb":
            yield from _of_database(path, pattern)
        elif path.suffix == ".pdf":
            pages = ["".join(page.extract_text().split()) for page in PdfReader(path).pages]  # a line may end within a number
            yield from (f"{path}: page {i}" for i, page in enumerate(pages, 1) if pattern.search(page))
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from (f"{path}: {name}" for name in archive.namelist() if in_bytes.search(archive.read(name)))


def _pattern(known: set[str]) -> str:
    """Return the expression that finds any of ``known``. They are grouped by how they begin: at most places nothing more is tried than that."""
    groups: dict[str, list[str]] = {}
    for value in sorted(known):
        # a telephone is one only where no more digits stand beside it: it is mostly zeros
        is_telephone = FORMS["telephone"].fullmatch(value) is not None
        groups.setdefault(("(?<![0-9])" if is_telephone else "") + re.escape(value[:4]), []).append(
            re.escape(value[4:]) + ("(?![0-9])" if is_telephone else "")
        )
    return "|".join(f"{begin}(?:{'|'.join(rest)})" for begin, rest in groups.items())


def _of_database(path: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        for schema, table in tables:
            yield from (f"{path}: {schema}.{table}.{name}" for name in _of_query(f'"{schema}"."{table}"', connection, pattern))


def _of_query(relation: str, connection: duckdb.DuckDBPyConnection, pattern: re.Pattern[str]) -> Iterator[str]:
    for name in connection.execute(f"SELECT * FROM {relation} LIMIT 0").to_arrow_table().column_names:
        values = connection.execute(f'SELECT DISTINCT CAST("{name}" AS VARCHAR) FROM {relation}').fetchall()
        if any(value and pattern.search(value) for (value,) in values):
            yield name
