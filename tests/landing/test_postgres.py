"""What only a server does: one snapshot over all tables, values as it writes them, and connections that end in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from policestats.errors import ExtractError
from policestats.landing.database import open_database
from policestats.landing.database_reader import PostgresReader
from policestats.landing.plan import TablePlan, plan_source
from policestats.stages import extract
from tests.landing.desk import TABLES, calls, desk, land, landed
from tests.stages.small import files
from tests.support.postgres import PostgresServer
from tests.support.source_database import SourceDatabase, opened


@pytest.fixture
def database(postgres: PostgresServer, tmp_path: Path) -> Iterator[SourceDatabase]:
    """Give an empty database of the server."""
    with opened("postgresql", tmp_path, postgres) as source:
        yield source


def call_plan(tmp_path: Path) -> TablePlan:
    catalog = desk(tmp_path)
    return plan_source(catalog, catalog.source("desk"))[0]


def test_all_tables_are_of_one_moment(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """What is committed between two tables is not seen; both connections, that of SQLAlchemy and that of ADBC, read one snapshot."""
    calls(database, (1, "A1", 1, "2026-01-05 08:00:00"))
    database.run("CREATE TABLE unit (unit_code VARCHAR(12))")
    database.insert("unit", [("A1",)])
    core = {**TABLES, "unit": {"key": ["unit_code"], "columns": {"unit_code": "text"}}}
    catalog = desk(tmp_path, {"call": {"into": "call", "cursor": {"column": "updated_at"}}, "unit": {"into": "unit"}}, core)

    def write_in_between(message: str) -> None:
        if message.startswith("desk.call"):
            database.insert("unit", [("A2",)])

    first = extract.run(catalog=catalog, source="desk", location=database.location, home=home, progress=write_in_between)
    assert first.rows == {"call": 1, "unit": 1}
    assert extract.run(catalog=catalog, source="desk", location=database.location, home=home).rows == {"call": 0, "unit": 2}
    plan = call_plan(tmp_path)
    with open_database("desk", database.location) as reader:
        database.insert("call", [(2, "A1", 1, "2026-01-06 08:00:00")])
        assert sum(batch.num_rows for batch in reader.batches(plan, columns=plan.reads)) == 1
        assert reader._connection.exec_driver_sql("SELECT count(*) FROM call").scalar_one() == 1


def test_values_are_text_as_the_server_writes_them(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """Infinity, a year of five digits, an offset (in UTC), many digits, an empty text and a null: nothing is lost, nothing fails."""
    types = {
        "a": "date",
        "b": "timestamp",
        "c": "timestamptz",
        "d": "numeric",
        "e": "boolean",
        "f": "bytea",
        "g": "varchar(9)",
        "h": "float8",
        "i": "text",
    }
    database.run(f"CREATE TABLE mark (no integer, {', '.join(f'{name} {type_}' for name, type_ in types.items())})")
    database.run(
        r"INSERT INTO mark VALUES (1, 'infinity', '12026-01-05 08:00:00', '2026-01-05 08:00:00.5+08', 12345678901234567890.123456789, true, '\xbeef', '', 0.1, '警\n''\"%%:x')"
    )
    database.run("INSERT INTO mark (no) VALUES (2)")
    core = {"mark": {"key": ["no"], "columns": dict.fromkeys(["no", *types], "text")}}
    load = land(desk(tmp_path, {"mark": {"into": "mark"}}, core), database, home)
    assert load is not None
    assert landed(home, load, "mark") == [
        (
            "1",
            "infinity",
            "12026-01-05 08:00:00",
            "2026-01-05 00:00:00.5+00",
            "12345678901234567890.123456789",
            "true",
            r"\xbeef",
            "",
            "0.1",
            "警\\n'\\\"%:x",
        ),
        ("2", *[None] * len(types)),
    ]


def test_without_a_shared_snapshot_the_same_rows_come(database: SourceDatabase, tmp_path: Path) -> None:
    """A standby shares no snapshot: then the rows come through SQLAlchemy, as the same text."""
    calls(database, (1, "A1", None, "2026-01-05 08:00:00.25"), (2, "甲", 7, None))
    plan = call_plan(tmp_path)
    with open_database("desk", database.location) as reader:
        assert isinstance(reader, PostgresReader)
        assert reader._columns_stream is not None
        keys = next(reader.batches(plan, columns=plan.key)).slice(0, 1)
        wanted = pa.Table.from_batches([keys])

        def rows() -> list[list[dict[str, str | None]]]:
            ways = (
                reader.batches(plan, columns=plan.reads),
                reader.batches(plan, columns=plan.reads, since="2026-01-05 08:00:00"),
                reader.rows_of(plan, columns=plan.reads, keys=wanted),
            )
            return [[row for batch in way for row in batch.to_pylist()] for way in ways]

        by_columns = rows()
        reader._columns_stream.close()
        reader._columns_stream = None
        assert rows() == by_columns
    assert [len(way) for way in by_columns] == [2, 2, 1]
    assert by_columns[0][0] == {"call_no": "1", "unit_code": "A1", "people": None, "updated_at": "2026-01-05 08:00:00.25"}


def test_a_connection_lost_in_the_middle(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """The server ends the connection while rows are coming; nothing is landed, and the next run lands all."""
    database.run("CREATE TABLE call (call_no integer, unit_code text, people integer, updated_at timestamp)")
    database.run(
        "INSERT INTO call SELECT i, repeat('警', 400), i, timestamp '2026-01-01' + i * interval '1 second' FROM generate_series(1, 60000) AS numbers(i)"
    )
    plan = call_plan(tmp_path)
    with open_database("desk", database.location) as reader:
        batches = reader.batches(plan, columns=plan.reads)
        seen = next(batches).num_rows
        assert 0 < seen < 60000
        database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(ExtractError) as error:
            list(batches)
    assert "source 'desk', table 'call': postgresql+psycopg://postgres:***@127.0.0.1" in str(error.value)
    assert "could not be read any further than" in str(error.value)
    assert "警" not in str(error.value)

    ended = threading.Event()

    def end_the_reading() -> None:
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%%' AND state = 'active'"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if database.run(query)[0][0]:
                ended.set()
                return

    killer = threading.Thread(target=end_the_reading)
    killer.start()
    with pytest.raises(ExtractError, match=r"source 'desk', table 'call': .* could not be read"):
        extract.run(catalog=desk(tmp_path), source="desk", location=database.location, home=home)
    killer.join()
    assert ended.is_set()
    assert files(home) == []
    load = land(desk(tmp_path), database, home)
    assert load is not None
    assert load.tables["call"].rows == 60000


def test_a_text_that_is_not_utf8(postgres: PostgresServer, home: Path, tmp_path: Path) -> None:
    """A database without an encoding holds any bytes: the error names the table, and never repeats the text."""
    with postgres.connect() as connection:
        connection.execute("CREATE DATABASE raw_bytes ENCODING 'SQL_ASCII' TEMPLATE template0")
    database = SourceDatabase("postgresql", postgres.url("raw_bytes"), postgres, "raw_bytes")
    with postgres.connect("raw_bytes") as connection:
        connection.execute("CREATE TABLE call (call_no integer, unit_code text, people integer, updated_at timestamp)")
        connection.execute("INSERT INTO call VALUES (1, E'abc\\xbe\\xaf', 1, '2026-01-05')")
    with pytest.raises(ExtractError) as error:
        land(desk(tmp_path), database, home)
    with postgres.connect() as connection:
        connection.execute("DROP DATABASE raw_bytes WITH (FORCE)")
    assert "source 'desk', table 'call'" in str(error.value)
    assert "not UTF-8" in str(error.value)
    assert "abc" not in str(error.value)
    assert files(home) == []


def test_an_account_without_rights(postgres: PostgresServer, database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, (1, "A1", 1, "2026-01-05 08:00:00"))
    database.run("DROP ROLE IF EXISTS reader")
    database.run("CREATE ROLE reader LOGIN PASSWORD 'reads nothing'")
    address = postgres.url(database.name, user="reader", password="reads nothing")
    with pytest.raises(
        ExtractError, match=r"source 'desk', table 'call': .* could not be read \(ProgrammingError, SQLSTATE 42501\).*rights of the account"
    ):
        extract.run(catalog=desk(tmp_path), source="desk", location=address, home=home)
    database.run("DROP ROLE reader")
    assert files(home) == []


def test_a_source_is_never_written(database: SourceDatabase) -> None:
    calls(database, (1, "A1", 1, "2026-01-05 08:00:00"))
    with open_database("desk", database.location) as reader, pytest.raises(Exception, match="read-only"):
        reader._connection.exec_driver_sql("DELETE FROM call")
