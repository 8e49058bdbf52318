"""The city's incident database, which grows batch by batch: each batch holds the records that last changed in it."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import duckdb

from tests.support.ledger import SHARED

DATA = SHARED / "data" / "chicago_crimes_dev"
SCHEMA = Path(__file__).parent / "source.sql"
#: twelve batches by "Updated On", each up to (not with) its date. Quiet months and the two days on which the city touched
#: tens and hundreds of thousands of old records (2016-02-04, 2018-02-10) stand alone or at an edge.
BATCH_ENDS = (
    "2015-09-01", "2016-01-01", "2016-02-04", "2016-03-01", "2016-07-01", "2017-01-01",
    "2017-07-01", "2018-01-01", "2018-02-10", "2018-02-11", "2018-07-01", "2018-12-01",
)  # fmt: skip
COLUMNS = ("ID", "Case Number", "Date", "Block", "IUCR", "FBI Code", "Arrest", "Domestic", "Beat", "District", "Updated On")
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)


def crimes() -> str:
    """Return the SQL of all 807,942 records."""
    return f"FROM read_parquet('{DATA}/chi_*.parquet')"


def open_city(path: Path) -> None:
    """Make an empty city at ``path`` (SQLite): its tables, its view and its list of stations."""
    with (DATA / "police-district-stations.csv").open(encoding="utf-8-sig", newline="") as file:
        stations = [(row["DISTRICT"], row["DISTRICT NAME"].strip()) for row in csv.DictReader(file)]
    database = sqlite3.connect(path)
    with database:
        database.executescript(SCHEMA.read_text(encoding="utf-8"))
        database.executemany("INSERT INTO stations VALUES (?, ?)", stations)
    database.close()


def deliver(path: Path, after: str, before: str) -> int:
    """Write the records whose last change lies in [after, before) into the city and return how many they are."""
    found = duckdb.sql(
        f'SELECT {_NAMES} FROM (SELECT * REPLACE (strftime("Date", \'%Y-%m-%d %H:%M:%S\') AS "Date", '
        f'strftime("Updated On", \'%Y-%m-%d %H:%M:%S\') AS "Updated On") {crimes()} '
        f"WHERE \"Updated On\" >= '{after}' AND \"Updated On\" < '{before}')"
    )
    database = sqlite3.connect(path)
    with database:
        count = database.executemany(f"INSERT INTO crimes VALUES ({', '.join('?' * len(COLUMNS))})", found.fetchall()).rowcount
    database.close()
    return count
