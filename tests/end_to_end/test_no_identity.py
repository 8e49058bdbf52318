"""No file under var/ holds an identity of the simulated province: no number, name or telephone, neither in raw bytes nor in any compressed value."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest
import typst

from policestats.catalog import Catalog
from policestats.simulator import simulate
from policestats.stages import conform, extract, publish, tabulate, validate
from tests.support.identities import COLUMNS, identities, revealed
from tests.support.late_change import change_late

PERIOD = "2025-01"


@pytest.mark.slow
def test_no_file_holds_an_identity(catalog: Catalog, tmp_path: Path) -> None:
    """Two deliveries, the second with late changes, through every stage; the sources and the key lie elsewhere, as they must."""
    sources, home = tmp_path / "sources", tmp_path / "var"
    simulate(sources, months=1)
    known = identities(sources)
    assert set(known) == COLUMNS  # of every source that knows people, and nowhere else
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
    assert {".parquet", ".duckdb", ".xlsx", ".pdf", ".html", ".json"} <= kinds  # what is looked into is there
    pseudonyms = _pseudonyms(home, catalog)
    assert len(pseudonyms) > 100
    # pseudonyms stay in the private warehouse
    assert list(revealed({home: set().union(*known.values()), home / "releases": pseudonyms})) == []


def _pseudonyms(home: Path, catalog: Catalog) -> set[str]:
    """Every pseudonym that was landed, of whatever table."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = {
            value
            for source in catalog.sources.values()
            for table in source.tables.values()
            if table.identity
            for (value,) in connection.execute(f"SELECT DISTINCT {table.identity['pseudonym']} FROM core.{table.into}_version").fetchall()
        }
    return {value for value in found if value}


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
        page = f"#set page(width: 30mm); {value}".encode()  # narrower than the number is long
        (tmp_path / f"{name}.pdf").write_bytes(typst.compile(page, format="pdf"))
        (tmp_path / f"{name}.json").write_text(value, encoding="utf-8")
    (tmp_path / "dirty.html").write_text("虚构人00001", encoding="utf-8")
    found = {place.removeprefix(str(tmp_path)) for place in revealed({tmp_path: known})} - {"/dirty.duckdb: bytes", "/dirty.parquet: bytes"}
    expected = {
        "/dirty.duckdb: s.t.note",
        "/dirty.html: bytes",
        "/dirty.json: bytes",
        "/dirty.parquet: note",
        "/dirty.pdf: page 1",
        "/dirty.xlsx: sheet.xml",
    }
    assert found == expected
