"""Where the simulated province's identities are, and whether a folder holds any of them."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
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


def revealed(known: Mapping[Path, set[str]]) -> Iterator[str]:
    """Yield the places where an identity stands that must not: the file, and the table and column of a database.

    Looked into are the bytes of every file, and what Parquet, DuckDB, zipped files (workbooks) and PDFs hold compressed.

    Args:
        known: by folder, what must stand nowhere below it. One folder may lie in another: each file is opened once.
    """
    searches = {folder: _Search(values) for folder, values in known.items()}
    files = {p for folder in known for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}
    for path in sorted(files):
        wanted = [search for folder, search in searches.items() if folder in path.parents]
        for place, texts in _contents(path):
            if any(search.finds(texts) for search in wanted):
                yield f"{path}: {place}"


class _Search:
    """Any of many values. Polars looks for all of them at once; where one stands, an expression says whether it is that value and no longer one."""

    def __init__(self, known: set[str]) -> None:
        self._values = sorted(known)
        self._pattern = re.compile("|".join(self._exact(value) for value in self._values))

    def finds(self, texts: Sequence[str]) -> bool:
        is_near = pl.Series(texts, dtype=pl.String).str.contains_any(self._values)
        return any(self._pattern.search(text) for text, near in zip(texts, is_near, strict=True) if near)

    def _exact(self, value: str) -> str:
        # a telephone is one only where no more digits stand beside it: it is mostly zeros
        return f"(?<![0-9]){re.escape(value)}(?![0-9])" if FORMS["telephone"].fullmatch(value) else re.escape(value)


def _contents(path: Path) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the places within a file and the texts that stand there."""
    yield "bytes", [_text(path.read_bytes())]
    if path.suffix == ".parquet":
        yield from _columns(f"read_parquet('{path}')", duckdb.connect())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall():
                for name, values in _columns(f'"{schema}"."{table}"', connection):
                    yield f"{schema}.{table}.{name}", values
    elif path.suffix == ".pdf":
        for i, page in enumerate(PdfReader(path).pages, 1):
            yield f"page {i}", ["".join(page.extract_text().split())]  # a line may end within a number
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, [_text(archive.read(name))]


def _text(data: bytes) -> str:
    """Bytes as text, whatever they are: what is UTF-8 in them reads as such, every other byte as a mark."""
    return data.decode(errors="replace")


def _columns(relation: str, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Sequence[str]]]:
    for name in connection.execute(f"SELECT * FROM {relation} LIMIT 0").to_arrow_table().column_names:
        values = connection.execute(f'SELECT DISTINCT CAST("{name}" AS VARCHAR) FROM {relation}').fetchall()
        yield name, [value for (value,) in values if value]
