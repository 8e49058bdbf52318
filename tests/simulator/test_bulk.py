"""A bulk world: its shape, what occurs in it, that it can be made again, and what a touch changes."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from policestats.errors import SettingsError
from policestats.simulator.bulk import SIZES, admin, codes, criminal, draws, load, load_changes, people, places, simulate_bulk, touch
from policestats.simulator.bulk.write import changes_file, parquet_file
from policestats.simulator.databases import DATABASES, KEYS, UPDATED_AT
from policestats.simulator.uploads import ANSWERS_FOR

KINDS = {
    "text": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "decimal": "DECIMAL(18,6)",
}
NOW = datetime(2026, 2, 2, 6)  # the cut-off of January 2026
TABLES = [(database, table) for database, tables in DATABASES.items() for table in tables]


def make(folder: Path, seed: int = 1) -> Path:
    simulate_bulk(folder, size="city", scale=0.003, months=2, seed=seed, start=date(2025, 12, 1))
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("bulk"))


def read(world: Path, database: str, table: str) -> str:
    return f"read_parquet('{parquet_file(world, database, table)}')"


def rows(query: str) -> list[tuple]:
    return duckdb.execute(query).fetchall()


def content(world: Path) -> dict[str, list[tuple]]:
    """An order-free picture of every table: number of rows and sum of their hashes."""
    files = {f"{d}.{t}": read(world, d, t) for d, t in TABLES} | {"tally": f"read_parquet('{world / 'tally.parquet'}')"}
    return {name: rows(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {file} AS t") for name, file in files.items()}


@pytest.mark.parametrize(("database", "table"), TABLES)
def test_tables_have_the_columns_of_the_source(world: Path, database: str, table: str) -> None:
    described = rows(f"DESCRIBE SELECT * FROM {read(world, database, table)}")
    assert [(name, kind) for name, kind, *_ in described] == [(name, KINDS[kind]) for name, kind in DATABASES[database][table].items()]


@pytest.mark.parametrize(("database", "table"), TABLES)
def test_keys_are_unique_and_nothing_comes_after_the_end(world: Path, database: str, table: str) -> None:
    key, columns = ", ".join(KEYS[table]), DATABASES[database][table]
    file = read(world, database, table)
    assert rows(f"SELECT {key} FROM {file} GROUP BY ALL HAVING count(*) > 1") == []
    for moment in (name for name, kind in columns.items() if kind == "timestamp"):
        assert rows(f"SELECT {moment} FROM {file} WHERE {moment} >= TIMESTAMP '{NOW}'") == []
    if UPDATED_AT in columns and "entered_at" in columns:
        assert rows(f"SELECT entered_at FROM {file} WHERE {UPDATED_AT} < entered_at OR {UPDATED_AT} IS NULL") == []


def test_each_event_has_its_case_and_follows_it(world: Path) -> None:
    case, event = read(world, "case_system", "criminal_case"), read(world, "case_system", "criminal_case_event")
    late = f"SELECT event_no FROM {event} AS e LEFT JOIN {case} AS c USING (case_no) WHERE c.case_no IS NULL OR e.occurred_on < c.filed_on OR e.entered_at <= c.entered_at"
    assert rows(late) == []
    case, made = read(world, "case_system", "admin_case"), read(world, "case_system", "admin_decision")
    assert (
        rows(
            f"SELECT decision_no FROM {made} AS e LEFT JOIN {case} AS c USING (case_no) WHERE c.case_no IS NULL OR e.decided_on < c.registered_on"
        )
        == []
    )
    moved = read(world, "field_collection", "object_event")
    objects = " UNION ALL ".join(
        f"SELECT object_id, registered_on FROM {read(world, 'field_collection', kind)}"
        for kind in ("address", "resident", "house", "organisation", "security_element")
    )
    assert (
        rows(
            f"SELECT event_no FROM {moved} AS e LEFT JOIN ({objects}) AS o USING (object_id) WHERE o.object_id IS NULL OR e.occurred_on < o.registered_on"
        )
        == []
    )


def test_uploads_count_the_records_of_each_station_and_month(world: Path) -> None:
    uploads = rows(f"SELECT unit_code, period, record_count FROM {read(world, 'dispute_desk', 'unit_upload')}")
    assert len(uploads) == 100 * 2  # stations, months
    station, period, told = max(uploads, key=lambda row: row[2])
    found = sum(
        rows(
            f"SELECT count(*) FROM {read(world, 'dispute_desk', table)} WHERE {unit} = '{station}' AND strftime({on}, '%Y-%m') = '{period}'"
        )[0][0]
        for table, (unit, on) in ANSWERS_FOR.items()
        if table in DATABASES["dispute_desk"]
    )
    assert told == found > 0


def check_digit(first_17: str) -> str:
    """ISO 7064 MOD 11-2 by its definition: the weights are powers of 2 modulo 11, and number and check digit together are 1 modulo 11."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first_17))
    return "0123456789X"[(1 - total) % 11]


@pytest.mark.parametrize(("database", "table"), [("field_collection", "resident"), ("case_system", "admin_person")])
def test_identity_numbers_cannot_exist_and_are_right_in_form(world: Path, database: str, table: str) -> None:
    people = rows(f"SELECT id_number, sex_code FROM {read(world, database, table)} WHERE id_number IS NOT NULL")
    assert check_digit("11010519491231002") == "X"  # the example of GB 11643
    assert {number[:6] for number, _ in people} == {"999999"}
    assert all(date(1940, 1, 1) <= datetime.strptime(number[6:14], "%Y%m%d").date() < date(2010, 1, 1) for number, _ in people)
    wrong_digit = sum(check_digit(number[:17]) != number[17] for number, _ in people)
    wrong_sex = sum((int(number[16]) % 2 == 1) != (sex == "1") for number, sex in people)
    # half a percent has a wrong digit; three in a thousand residents the other sex; the suspects are few here
    if table == "resident":
        assert 0 < wrong_digit / len(people) < 0.02
        assert 0 < wrong_sex / len(people) < 0.02
    else:
        assert wrong_digit < 5
        assert wrong_sex == 0


def test_every_charge_and_every_cause_in_force_occurs() -> None:
    connection = duckdb.connect()
    draws.define(connection, seed=3, first=date(2025, 12, 1), after=date(2026, 2, 1))
    codes.define(connection)
    places.define(connection, SIZES["city"])
    people.define(connection)
    criminal.make(connection, SIZES["city"], 0.1)
    admin.make(connection, SIZES["city"], 0.1)

    def found(column: str, table: str) -> set[str]:
        return {code for (code,) in connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()}

    assert found("charge", "criminal") == {f"C{n:03d}" for n in range(1, 484)} | {"C999"}
    assert found("cause", "admin") == {f"Z{n:03d}" for n in range(1, 201)} | {"Z999", "Q004"}
    # Z090 is new in the law of 2025, Z157 is not in it any more
    in_2012 = {
        code
        for (code,) in connection.execute(
            "SELECT DISTINCT cause FROM admin WHERE act_on < DATE '2026-01-01' AND cause LIKE 'Z%'"
        ).fetchall()
    }
    in_2025 = {
        code
        for (code,) in connection.execute(
            "SELECT DISTINCT cause FROM admin WHERE act_on >= DATE '2026-01-01' AND cause LIKE 'Z%'"
        ).fetchall()
    }
    assert ("Z090" in in_2012, "Z157" in in_2012) == (False, True)
    assert ("Z090" in in_2025, "Z157" in in_2025) == (True, False)


@pytest.mark.parametrize(("size", "cities", "counties", "stations"), [("city", 1, 8, 100), ("province", 14, 120, 1653)])
def test_the_tree_has_the_units_of_its_size(size: str, cities: int, counties: int, stations: int) -> None:
    connection = duckdb.connect()
    draws.define(connection, seed=1, first=date(2025, 1, 1), after=date(2025, 2, 1))
    places.define(connection, SIZES[size])
    assert dict(connection.execute("SELECT level_code, count(*) FROM unit GROUP BY ALL").fetchall()) == {
        "province": 1,
        "city": cities,
        "county": counties,
        "station": stations,
    }
    assert connection.execute("SELECT unit_code FROM unit WHERE NOT regexp_full_match(unit_code, '99[0-9]{10}')").fetchall() == []
    # the parent of a unit is its code cut short by two (a county), four (a city) or six digits (a station)
    wrong = """SELECT unit_code FROM unit WHERE parent_unit_code <> rpad(CASE level_code WHEN 'station' THEN left(unit_code, 6) WHEN 'county' THEN left(unit_code, 4)
                                                                                      ELSE left(unit_code, 2) END, 12, '0')"""
    assert connection.execute(wrong).fetchall() == []
    assert (
        sum(vars(SIZES[size])[name] for name in ("addresses", "residents", "houses", "organisations", "security_elements"))
        == {"city": 1_000_000, "province": 55_000_000}[size]
    )


def test_stocks_and_flows_balance_in_the_tally(world: Path) -> None:
    ledgers = {
        "Z01": (["OPEN", "ACC_M", "IN_M"], ["DEALT_M", "TERM_M", "TO_CRIM_M", "OUT_M", "CLOSE"]),
        "Z13": (["OPEN", "FOUND", "REOPEN", "IN"], ["RESOLVED", "HANDED", "TO_CASE", "OUT", "CLOSE"]),
        "Z14": (["OPEN", "NEW", "RESTORE", "MOVE_IN"], ["MOVE_OUT", "CANCEL", "MERGED", "CLOSE"]),
    }
    for form, (enters, leaves) in ledgers.items():
        query = f"""SELECT period, unit_code, row_code, sum(CASE WHEN list_contains({enters}, column_code) THEN value ELSE -value END) AS difference
                    FROM read_parquet('{world / "tally.parquet"}') WHERE form_id = '{form}' AND list_contains({enters + leaves}, column_code) GROUP BY ALL"""
        assert rows(f"SELECT count(*) > 50 FROM ({query})") == [(True,)]
        assert rows(f"FROM ({query}) WHERE difference <> 0") == []


@pytest.mark.slow
def test_the_same_seed_gives_the_same_world(world: Path, tmp_path: Path) -> None:
    assert content(make(tmp_path / "again")) == content(world)
    other = content(make(tmp_path / "other", seed=2))
    same = {name for name, picture in content(world).items() if other[name] == picture and picture[0][0] > 0}
    # laboratory and payment stop: so small a world gives them nothing, so each station says that it has no records
    empty = {f"{system}.unit_upload" for system in ("forensic", "payment_stop")}
    assert same == {"case_system.unit", "field_collection.community", *empty}


@pytest.mark.parametrize("where", ["recent", "even"])
def test_touch_changes_a_share_of_the_records(world: Path, tmp_path: Path, where: str) -> None:
    folder = tmp_path / "second"
    shutil.copytree(world, folder)
    found = touch(folder, share=0.05, where=where, seed=4)
    assert found.updated > found.inserted > 0 < found.deleted
    total = sum(rows(f"SELECT count(*) FROM {read(world, d, t)}")[0][0] for d, t in TABLES if t in ANSWERS_FOR)
    assert 0.03 * total < found.updated + found.inserted + found.deleted < 0.07 * total
    old, new = read(world, "case_system", "admin_case"), read(folder, "case_system", "admin_case")
    fresh = f"read_parquet('{changes_file(folder, 'case_system', 'admin_case')}')"
    away = f"read_parquet('{changes_file(folder, 'case_system', 'admin_case', deleted=True)}')"
    # what was not drawn is as it was; what was drawn and stays is in the second delivery; the rest is gone
    assert (
        rows(
            f"(SELECT * FROM {old} WHERE case_no NOT IN (SELECT case_no FROM {away}) UNION ALL SELECT * FROM {fresh}) EXCEPT ALL SELECT * FROM {new}"
        )
        == []
    )
    assert (
        rows(f"SELECT count(*) FROM {new}")[0][0]
        == rows(f"SELECT (SELECT count(*) FROM {old}) - (SELECT count(*) FROM {away}) + (SELECT count(*) FROM {fresh})")[0][0]
    )
    assert rows(f"SELECT min({UPDATED_AT}) > (SELECT max({UPDATED_AT}) FROM {old}) FROM {fresh}") == [(True,)]
    drawn_from = rows(f"SELECT min(registered_on) FROM {old} WHERE case_no IN (SELECT case_no FROM {away})")[0][0]
    last = rows(f"SELECT max(registered_on) FROM {old}")[0][0]
    assert ((last - drawn_from).days <= 30) == (where == "recent")


def test_sqlite_files_hold_the_parquet_files_before_and_after_a_touch(world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    shutil.copytree(world, folder)
    located = load(folder, f"sqlite:///{tmp_path / 'files'}")
    assert located["dispute_desk"] == str(tmp_path / "files" / "dispute_desk.sqlite")
    touch(folder, share=0.1, where="even")
    load_changes(folder, f"sqlite:///{tmp_path / 'files'}")
    for database, table in (("dispute_desk", "dispute"), ("field_collection", "house"), ("case_system", "admin_decision")):
        columns = DATABASES[database][table]
        text = ", ".join(
            f"CASE {name} WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE {name} END" if kind == "boolean" else name
            for name, kind in columns.items()
        )
        as_text = ", ".join(f"{name}::VARCHAR AS {name}" for name in columns)
        expected = sorted(rows(f"SELECT {text} FROM (SELECT {as_text} FROM {read(folder, database, table)})"), key=repr)
        with sqlite3.connect(located[database]) as connection:
            cast = ", ".join(
                f"printf('%.6f', {name})" if kind == "decimal" and name == "fine_yuan" else f"CAST({name} AS TEXT)"
                for name, kind in columns.items()
            )
            held = connection.execute(f"SELECT {cast} FROM {table}").fetchall()
        held = [tuple(None if value == "0.000000" else value for value in row) for row in held]
        assert sorted(held, key=repr) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"size": "citty"}, "city"),
        ({"scale": 0}, "above 0"),
        ({"months": 0}, "at least 1"),
        ({"to": "mysql://somebody@somewhere/db", "scale": 0.001}, "postgresql"),
    ],
)
def test_wrong_wishes_are_refused_with_a_cure(tmp_path: Path, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        simulate_bulk(tmp_path, **arguments)


def test_a_wrong_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="above 0"):
        touch(tmp_path, share=2)
    with pytest.raises(SettingsError, match="even"):
        touch(tmp_path, where="odd")
