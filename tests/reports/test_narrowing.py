"""What nobody reads of a fact is left out of its query, and its rows stay the same."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from policestats.reports.narrowing import narrowed

#: calls with the call before, the station, and the district that only the station names
FACT = """
SELECT e.call, e.before, e.station_name, e.district_name
FROM (
  SELECT
    b.call AS call,
    LAG(b.call) OVER (ORDER BY b.call) AS before,
    s.name AS station_name,
    d.name AS district_name
  FROM call AS b
  LEFT JOIN station AS s ON s.station = b.station
  LEFT JOIN district AS d ON d.district = s.district
) AS e
WHERE e.call > 1
"""
ROWS = [  # call, the call before, the station's name, the district's name
    (2, 1, "north", "upper"),
    (3, 2, None, None),
    (4, 3, "south", None),
]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE call AS FROM (VALUES (1, 'S'), (2, 'N'), (3, 'W'), (4, 'S')) AS t (call, station)")
    connection.execute("CREATE TABLE station AS FROM (VALUES ('N', 'north', 'U'), ('S', 'south', 'L')) AS t (station, name, district)")
    connection.execute("CREATE TABLE district AS FROM (VALUES ('U', 'upper')) AS t (district, name)")
    return connection


@pytest.mark.parametrize(
    ("names", "joined", "windows"),
    [
        (["call"], set(), 0),
        (["call", "before"], set(), 1),
        (["call", "station_name"], {"station"}, 0),
        (["call", "district_name"], {"station", "district"}, 0),  # the district is joined through the station
        (["call", "before", "station_name", "district_name"], {"station", "district"}, 1),
    ],
)
def test_only_what_is_read_is_made(connection: duckdb.DuckDBPyConnection, names: list[str], joined: set[str], windows: int) -> None:
    found = narrowed(sqlglot.parse_one(FACT, read="duckdb"), names)
    assert {t.name for t in found.find_all(exp.Table)} == {"call"} | joined
    assert len(list(found.find_all(exp.Window))) == windows
    at = [["call", "before", "station_name", "district_name"].index(name) for name in names]
    assert sorted(connection.execute(found.sql("duckdb")).fetchall()) == [tuple(row[i] for i in at) for row in ROWS]


@pytest.mark.parametrize(
    ("fact", "rows"),
    [
        # an inner join picks rows, though nobody reads it
        ("SELECT b.call AS call, s.name AS name FROM call AS b JOIN station AS s ON s.station = b.station", [1, 2, 4]),
        # a condition reads what no column does
        ("SELECT e.call, e.name FROM (SELECT b.call AS call, s.name AS name FROM call AS b "
         "LEFT JOIN station AS s ON s.station = b.station) AS e WHERE e.name = 'south'", [1, 4]),
        # rows that are told apart by a column nobody reads are two rows
        ("SELECT e.station, e.call FROM (SELECT DISTINCT b.station AS station, b.call AS call FROM call AS b) AS e", ["N", "S", "S", "W"]),
        # the columns of a union go by position
        ("SELECT e.call, e.station FROM (SELECT b.call AS call, b.station AS station FROM call AS b "
         "UNION ALL SELECT 9 AS other, 'X' AS another) AS e", [1, 2, 3, 4, 9]),
    ],
)  # fmt: skip
def test_rows_stay_the_same(connection: duckdb.DuckDBPyConnection, fact: str, rows: list[int | str]) -> None:
    query = sqlglot.parse_one(fact, read="duckdb")
    first = query.expressions[0].alias_or_name
    found = connection.execute(narrowed(query, [first]).sql("duckdb")).fetchall()
    assert sorted(found) == [(row,) for row in rows]
    assert query.sql("duckdb") == sqlglot.parse_one(fact, read="duckdb").sql("duckdb")  # and the fact itself as it was
