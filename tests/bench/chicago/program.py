"""The bare program: what an analyst would write with DuckDB alone, for the same counts.

It reads the Parquet file into a table file, one row per case number (the first in the file), counts every cell of the form for every
beat, district and the city, and writes them out. It keeps no versions, judges nothing, traces nothing and prints no form.
"""

from __future__ import annotations

from pathlib import Path

import duckdb


def deliver(data: str, delivered: str) -> None:
    """Make the folder that is extracted: the records as they are, and the units that their beats belong to."""
    folder = Path(delivered)
    folder.mkdir(parents=True)
    records = Path(data) / "incidents_narrow.parquet"
    (folder / records.name).symlink_to(records)
    duckdb.execute(
        f"""COPY (
        WITH beat AS (SELECT DISTINCT "Beat" AS code FROM read_parquet('{records}') WHERE "Beat" IS NOT NULL),
        standing AS (
          SELECT '00' AS code, NULL AS parent, 'city' AS level
          UNION ALL SELECT DISTINCT left(code, 2), '00', 'district' FROM beat
          UNION ALL SELECT code, left(code, 2), 'beat' FROM beat)
        SELECT code AS unit_code, DATE '1900-01-01' AS valid_from, NULL::DATE AS valid_to, parent::VARCHAR AS parent_unit_code,
          NULL::VARCHAR AS successor_unit_code, level AS level_code, code AS name_zh, code AS name_en FROM standing
        ) TO '{folder / "units.parquet"}'"""
    )


def bare(delivered: str, work: str, period: str) -> int:
    """Make the counts of ``period`` (a year) from the delivered folder under ``work``; return how many cells are not 0."""
    folder = Path(work)
    folder.mkdir(parents=True)
    year = int(period)
    with duckdb.connect(str(folder / "table.duckdb")) as connection:
        connection.execute(
            f"""CREATE TABLE incident AS SELECT "Case Number" AS case_no, "Date" AS occurred_at, "Beat" AS beat, "FBI Code" AS offense,
            "IUCR" AS crime_code, "Arrest" AS is_arrest, "Domestic" AS is_domestic
            FROM read_parquet('{delivered}/incidents_narrow.parquet', file_row_number = true) WHERE "Case Number" IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY "Case Number" ORDER BY file_row_number) = 1"""
        )
        connection.execute(
            f"""CREATE TABLE cell AS
            WITH counted AS (
              SELECT coalesce(beat, '9999') AS beat, offense,
                count(*) FILTER (year(occurred_at) = {year}) AS offense_count,
                count(*) FILTER (year(occurred_at) = {year} AND is_arrest) AS arrest_count,
                count(*) FILTER (year(occurred_at) = {year} AND is_domestic) AS domestic_count,
                count(*) FILTER (year(occurred_at) = {year - 1}) AS prior_year_count
              FROM incident WHERE year(occurred_at) IN ({year - 1}, {year}) GROUP BY ALL),
            long AS (UNPIVOT counted ON offense_count, arrest_count, domestic_count, prior_year_count INTO NAME column_code VALUE n),
            above AS (
              SELECT DISTINCT beat, unnest(CASE beat WHEN '9999' THEN ['9999', '00'] ELSE [beat, left(beat, 2), '00'] END) AS unit_code FROM counted)
            SELECT unit_code, CASE grouping(offense) WHEN 1 THEN 'T' ELSE offense END AS row_code, column_code, sum(n) AS value
            FROM long JOIN above USING (beat) GROUP BY GROUPING SETS ((unit_code, offense, column_code), (unit_code, column_code))
            HAVING sum(n) <> 0"""
        )
        connection.execute(f"COPY cell TO '{folder / 'cell.parquet'}'")
        counted = connection.execute("SELECT count(*) FROM cell").fetchone()
    assert counted is not None
    return int(counted[0])


def differing(work: str, home: str) -> int:
    """Return in how many cells the release under ``home`` and the bare program's counts differ."""
    release = Path(home) / "releases" / "current" / "statistics.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{release.resolve()}' AS release (READ_ONLY)")
        both = [
            f"SELECT unit_code, row_code, column_code, CAST(value AS BIGINT) AS value FROM {table} WHERE value <> 0"
            for table in ("release.report.cell", f"read_parquet('{work}/cell.parquet')")
        ]
        row = connection.execute(
            f"SELECT count(*) FROM ((({both[0]}) EXCEPT ({both[1]})) UNION ALL (({both[1]}) EXCEPT ({both[0]})))"
        ).fetchone()
    assert row is not None
    return int(row[0])
