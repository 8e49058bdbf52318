"""The tree of units of a bulk world: one province in the unused division 99xxxx, the same at all times."""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.draws import fix_count
from policestats.simulator.bulk.sizes import Size
from policestats.simulator.province import ROOT, UNKNOWN_UNIT

_UNITS = """
CREATE TABLE unit AS
WITH county AS (
    SELECT n, n * cities() // counties() + 1 AS city FROM range(counties()) AS all_counties (n)
), numbered AS (
    SELECT '99' || lpad(city::VARCHAR, 2, '0') AS city_code,
           '99' || lpad(city::VARCHAR, 2, '0') || lpad(row_number() OVER (PARTITION BY city ORDER BY n)::VARCHAR, 2, '0') AS county_code,
           n, city
    FROM county
), station AS (
    SELECT county_code, row_number() OVER (PARTITION BY county_code ORDER BY s) AS number
    FROM range(stations()) AS all_stations (s) JOIN numbered ON numbered.n = s * counties() // stations()
)
SELECT root_code() AS unit_code, NULL AS parent_unit_code, 'province' AS level_code,
       '虚构省公安厅' AS name_zh, 'Police of the Made-up Province' AS name_en
UNION ALL
SELECT DISTINCT city_code || '00000000', root_code(), 'city', '第' || city || '市公安局', 'City ' || city || ' Police' FROM numbered
UNION ALL
SELECT county_code || '000000', city_code || '00000000', 'county', '第' || (n + 1) || '县公安局', 'County ' || (n + 1) || ' Police' FROM numbered
UNION ALL
SELECT county_code || '5' || lpad(number::VARCHAR, 2, '0') || '000', county_code || '000000', 'station',
       county_code || '第' || number || '派出所', 'Station ' || county_code || '-' || number
FROM station;

-- each unit and all above it, itself included; an unknown unit stands below the root
CREATE TABLE above AS
WITH RECURSIVE up AS (
    SELECT unit_code, unit_code AS ancestor, parent_unit_code AS next FROM unit
    UNION ALL
    SELECT up.unit_code, unit.unit_code, unit.parent_unit_code FROM up JOIN unit ON unit.unit_code = up.next
)
SELECT unit_code, ancestor FROM up
UNION ALL SELECT unknown_code(), unknown_code()
UNION ALL SELECT unknown_code(), root_code();

CREATE TABLE station AS
SELECT row_number() OVER (ORDER BY unit_code) - 1 AS n, unit_code FROM unit WHERE level_code = 'station';
-- stations differ in size by a factor of four
CREATE TABLE station_pick AS
SELECT row_number() OVER (ORDER BY unit_code, copy) - 1 AS k, unit_code
FROM (SELECT unit_code, unnest(range(4 + pick('station.size', n, 13))) AS copy FROM station);
CREATE TABLE community AS
SELECT left(unit_code, 9) || lpad(number::VARCHAR, 3, '0') AS community_code, unit_code,
       '第' || number || '社区' AS name_zh, 'Community ' || number AS name_en
FROM station, range(1, communities() + 1) AS all_communities (number);
CREATE MACRO community_of(unit_code, number) AS left(unit_code, 9) || lpad((number + 1)::VARCHAR, 3, '0');
-- the unit a record counts at: null and a code nobody knows are the unknown unit
CREATE MACRO counted_at(written) AS
    CASE WHEN written IS NULL OR written = '999999999999' THEN unknown_code() ELSE written END;
-- what is written for a station: now and then nothing, or a code that nobody knows
CREATE MACRO written(draw, i, unit_code) AS
    CASE WHEN u(draw || '.unit_defect', i) < 0.0005 THEN NULL WHEN u(draw || '.unit_defect', i) < 0.001 THEN '999999999999' ELSE unit_code END;
"""

#: What the case system holds of a unit.
UNIT_ROWS = """
SELECT unit_code, DATE '2020-01-01' AS valid_from, NULL::DATE AS valid_to, parent_unit_code, NULL::VARCHAR AS successor_unit_code,
       level_code, name_zh, name_en, TIMESTAMP '2020-01-01 08:00:00' AS updated_at
FROM unit ORDER BY unit_code
"""


def define(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Write the tables ``unit``, ``above``, ``station`` and ``community``, and the table to draw stations from."""
    connection.execute(f"""
        CREATE MACRO root_code() AS '{ROOT}';
        CREATE MACRO unknown_code() AS '{UNKNOWN_UNIT}';
        CREATE MACRO cities() AS {size.cities};
        CREATE MACRO counties() AS {size.counties};
        CREATE MACRO stations() AS {size.stations};
        CREATE MACRO communities() AS {size.communities_per_station};
    """)
    connection.execute(_UNITS)
    fix_count(connection, "station_picks", "station_pick")
