"""No file under var/ holds an identity of the simulated province: no number, name or telephone, neither in raw bytes nor in any compressed value."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from policestats import settings
from policestats.catalog import Catalog, load_catalog
from policestats.simulator import simulate
from policestats.stages import conform, extract, publish, tabulate, validate
from tests.support.late_change import change_late
from tests.support.ledger import ROOT

#: how the simulator writes identities: numbers of a division that does not exist, names and telephones that nobody has
FORMS = {"number": re.compile(r"999999\d{11}[\dX]"), "name": re.compile(r"虚构人\d+"), "telephone": re.compile(r"000\d{8}")}
PERIOD = "2025-01"


def identities(sources: Path) -> dict[str, set[str]]:
    """Return every identity in the source databases, whatever the column, by kind."""
    found: dict[str, set[str]] = {kind: set() for kind in FORMS}
    for path in sources.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    for value in (v for v in row if isinstance(v, str)):
                        for kind, form in FORMS.items():
                            if form.fullmatch(value):
                                found[kind].add(value)
    return found


def revealed(folder: Path, known: set[str]) -> Iterator[str]:
    """Yield the places under ``folder`` where an identity stands: the file, and the table and column of a database."""
    # a telephone is one only where no more digits stand beside it: it is mostly zeros
    texts = [rf"(?<!\d){value}(?!\d)" if FORMS["telephone"].fullmatch(value) else value for value in sorted(known)]
    pattern, in_bytes = re.compile("|".join(texts)), re.compile("|".join(texts).encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        if in_bytes.search(path.read_bytes()):
            yield f"{path}: bytes"
        if path.suffix == ".parquet":
            yield from (f"{path}: {name}" for name in _of_query(f"read_parquet('{path}')", duckdb.connect(), pattern))
        elif path.suffix == ".duckdb":
            yield from _of_database(path, pattern)
        elif zipfile.is_zipfile(path):  # workbooks
            with zipfile.ZipFile(path) as archive:
                yield from (f"{path}: {name}" for name in archive.namelist() if in_bytes.search(archive.read(name)))


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


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT, "cn")


@pytest.mark.slow
def test_no_file_holds_an_identity(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deliveries, the second with late changes, through every stage; the sources and the key lie elsewhere, as they must."""
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    sources, home = tmp_path / "sources", tmp_path / "var"
    simulate(sources, months=1)
    known = identities(sources)
    assert min(map(len, known.values())) > 50
    for step in (lambda: None, lambda: change_late(sources, PERIOD)):
        step()
        for source in catalog.sources:
            extract.run(catalog=catalog, source=source, location=str(sources / f"{source}.sqlite"), home=home)
        conform.run(catalog=catalog, home=home)
    validate.run(catalog=catalog, home=home)
    tabulate.run(catalog=catalog, home=home, period=PERIOD)
    publish.run(catalog=catalog, home=home, period=PERIOD)
    kinds = {path.suffix for path in home.rglob("*") if path.is_file()}
    assert {".parquet", ".duckdb", ".xlsx", ".html", ".json"} <= kinds  # what is looked into is there
    assert list(revealed(home, set().union(*known.values()))) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """One identity in each kind of file, compressed where the kind is: all are found, and nothing else."""
    known = {"999999199001011234", "虚构人00001"}
    clean, dirty = "nothing at all", "born 999999199001011234"
    for name, value in (("clean", clean), ("dirty", dirty)):
        many = f"SELECT range AS n, CASE WHEN range = 70000 THEN '{value}' ELSE 'x' || range % 7 END AS note FROM range(100000)"
        duckdb.connect().execute(f"COPY ({many}) TO '{tmp_path / name}.parquet' (COMPRESSION zstd)")
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute(f"CREATE SCHEMA s; CREATE TABLE s.t AS {many}")
        with zipfile.ZipFile(tmp_path / f"{name}.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sheet.xml", value)
        (tmp_path / f"{name}.json").write_text(value, encoding="utf-8")
    (tmp_path / "dirty.html").write_text("虚构人00001", encoding="utf-8")
    found = {place.removeprefix(str(tmp_path)) for place in revealed(tmp_path, known)} - {"/dirty.duckdb: bytes", "/dirty.parquet: bytes"}
    expected = {"/dirty.duckdb: s.t.note", "/dirty.html: bytes", "/dirty.json: bytes", "/dirty.parquet: note", "/dirty.xlsx: sheet.xml"}
    assert found == expected
