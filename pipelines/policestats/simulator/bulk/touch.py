"""A second delivery: some of the records of a bulk world are changed, added and deleted, as a day of late work would leave them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from policestats.errors import SettingsError
from policestats.simulator.bulk.write import Progress, changes_file, parquet_file, write_parquet
from policestats.simulator.databases import DATABASES, DATE, KEYS, UPDATED_AT, Columns
from policestats.simulator.uploads import ANSWERS_FOR

RECENT, EVEN = "recent", "even"
RECENT_DAYS = 30
#: The column besides unit and day that an update may change; the new value is one that another record of the table has.
_CODES = {
    "incident": "final_type_code",
    "criminal_case": "charge_code",
    "criminal_case_event": "manner_code",
    "admin_case": "cause_code",
    "admin_decision": "kind_code",
    "resident": "residence_kind_code",
    "house": "owner_kind_code",
    "organisation": "organisation_kind_code",
    "security_element": "element_kind_code",
    "object_maintenance": "kind_code",
    "dispute": "dispute_type_code",
    "callback": "result_code",
    "hazard": "hazard_kind_code",
}


@dataclass(frozen=True)
class Touched:
    """How many records of all tables were changed, added and deleted."""

    updated: int
    inserted: int
    deleted: int


def touch(folder: Path, *, share: float = 0.001, where: str = RECENT, seed: int = 1, progress: Progress | None = None) -> Touched:
    """Change ``share`` of the records of every table that a unit answers for, in place.

    Of the records drawn 70 % are updated (a third each: unit, day one earlier, code), 15 % copied under a new key,
        15 % deleted. ``updated_at`` of what was updated or
    added is later than any before; an added record keeps the entry time of its model, as one committed late does. What changed is also left in
    ``<folder>/changes/<system>/<table>.parquet`` (the new rows) and ``<table>.deleted.parquet`` (the keys of the rows that
    are replaced or gone); see ``load_changes``.
    The tally of the folder no longer holds afterwards.

    Args:
        folder: Written by ``simulate_bulk``.
        share: Above 0 and at most 1.
        where: ``recent``: drawn from the last 30 days of each table (all of them where they are fewer); ``even``: from all records.
        seed: The same seed draws the same records.
        progress: Called with a line of text after each table.
    Raises: SettingsError for another ``share`` or ``where``.
    """
    if not 0 < share <= 1:
        raise SettingsError(f"share is {share}; give a number above 0 and at most 1")
    if where not in (RECENT, EVEN):
        raise SettingsError(f"where is {where!r}; give {RECENT!r} or {EVEN!r}")
    tell = progress or (lambda message: None)
    counts = [0, 0, 0]
    connection = duckdb.connect()
    try:
        connection.execute(f"CREATE MACRO draw(name, key) AS (hash(name || '#{seed:d}' || key) >> 11)::DOUBLE / 9007199254740992.0")
        _later_than_all(connection, folder)
        for database, tables in DATABASES.items():
            uploads = _text(parquet_file(folder, database, "unit_upload"))
            connection.execute(f"CREATE OR REPLACE TEMP TABLE station AS SELECT DISTINCT unit_code FROM read_parquet('{uploads}')")
            for table, columns in tables.items():
                if table in ANSWERS_FOR:
                    found = _touch_table(connection, folder, database, table, columns, share=share, recent=where == RECENT)
                    counts = [a + b for a, b in zip(counts, found, strict=True)]
                    tell(f"{database}.{table}: {found[0]} updated, {found[1]} inserted, {found[2]} deleted")
    finally:
        connection.close()
    return Touched(*counts)


def _later_than_all(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    files = [
        _text(parquet_file(folder, database, table))
        for database, tables in DATABASES.items()
        for table, columns in tables.items()
        if UPDATED_AT in columns
    ]
    latest = " UNION ALL ".join(f"SELECT max({UPDATED_AT}) AS latest FROM read_parquet('{file}')" for file in files)
    row = connection.execute(f"SELECT max(latest) FROM ({latest})").fetchone()
    assert row is not None
    connection.execute(f"CREATE MACRO touched_at(key) AS TIMESTAMP '{row[0]}' + to_seconds(1 + (draw('second', key) * 36000)::BIGINT)")


def _touch_table(
    connection: duckdb.DuckDBPyConnection, folder: Path, database: str, table: str, columns: Columns, *, share: float, recent: bool
) -> tuple[int, int, int]:
    path = parquet_file(folder, database, table)
    unit, on = ANSWERS_FOR[table]
    keys = KEYS[table]
    key = " || '|' || ".join(f"{name}::VARCHAR" for name in keys)
    day_before = f"{on} - 1" if columns[on] == DATE else f"{on} - INTERVAL 1 DAY"
    code = _CODES.get(table, unit)
    chosen = f"{on} >= (SELECT max({on}) FROM source) - INTERVAL {RECENT_DAYS} DAY" if recent else "true"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW source AS SELECT * FROM read_parquet('{_text(path)}')")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE drawn AS
        SELECT *, {key} AS touch_key, draw('kind', {key}) AS kind, draw('what', {key}) AS what
        FROM source WHERE {chosen} AND draw('chosen', {key}) < {share} * (SELECT count(*) FROM source) / (SELECT count(*) FROM source WHERE {chosen})
    """)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE code AS SELECT DISTINCT {code} AS code FROM source WHERE {code} IS NOT NULL")

    def other(values: str, column: str, draw: str) -> str:
        return f"(SELECT list({column} ORDER BY {column}) FROM {values})[1 + floor(draw('{draw}', touch_key) * (SELECT count(*) FROM {values}))::INTEGER]"

    changed = {
        unit: f"CASE WHEN kind < 0.7 AND what < 0.33 THEN {other('station', 'unit_code', 'unit')} ELSE {unit} END",
        on: f"CASE WHEN kind < 0.7 AND what BETWEEN 0.33 AND 0.66 THEN {day_before} ELSE {on} END",
        keys[0]: f"CASE WHEN kind >= 0.7 THEN {keys[0]} || 'N' ELSE {keys[0]} END",
        UPDATED_AT: "touched_at(touch_key)",
    }
    if code != unit:
        changed[code] = f"CASE WHEN kind < 0.7 AND what > 0.66 THEN {other('code', 'code', 'code')} ELSE {code} END"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT {', '.join(f'{changed.get(c, c)} AS {c}' for c in columns)} FROM drawn WHERE kind < 0.85"
    )
    # An update takes the old row away and brings a new one; a deletion takes it away; a copy leaves it.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE away AS SELECT {', '.join(keys)} FROM drawn WHERE kind < 0.7 OR kind >= 0.85")
    same = " AND ".join(f"away.{name} = source.{name}" for name in keys)
    write_parquet(connection, "SELECT * FROM fresh", changes_file(folder, database, table), columns)
    write_parquet(
        connection, "SELECT * FROM away", changes_file(folder, database, table, deleted=True), {name: columns[name] for name in keys}
    )
    write_parquet(connection, f"SELECT * FROM source ANTI JOIN away ON {same} UNION ALL SELECT * FROM fresh", path, columns)
    row = connection.execute(
        "SELECT count(*) FILTER (kind < 0.7), count(*) FILTER (kind >= 0.7 AND kind < 0.85), count(*) FILTER (kind >= 0.85) FROM drawn"
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
