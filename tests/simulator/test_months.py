"""The databases month by month: what an extraction after every month sees, and that the end is the same."""

import csv
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from policestats.errors import SettingsError
from policestats.simulator import simulate
from policestats.simulator.databases import DATABASES, KEYS, TIMESTAMP
from policestats.simulator.drift import parse_drift

MONTHS = 4
#: Tables that need not have a new row in every month.
SLOW = {"case_system.unit", "field_collection.community", "review.resident_population", "review.case_valuation"}


def contents(folder: Path) -> dict[str, dict[tuple, dict]]:
    """The rows of every table by key; of a repeated key the first."""
    found = {}
    for database, tables in DATABASES.items():
        connection = sqlite3.connect(folder / f"{database}.sqlite")
        connection.row_factory = sqlite3.Row
        for table in tables:
            rows: dict[tuple, dict] = {}
            for row in map(dict, connection.execute(f"SELECT * FROM {table}")):
                rows.setdefault(tuple(row[column] for column in KEYS[table]), row)
            found[f"{database}.{table}"] = rows
        connection.close()
    return found


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """(the contents after each month, the folder of the month-by-month run, the folder of a run that wrote only the end)."""
    folder, once = tmp_path_factory.mktemp("months"), tmp_path_factory.mktemp("once")
    states: dict[str, dict] = {}
    simulate(folder, months=MONTHS, seed=5, on_month=lambda month: states.update({month: contents(folder)}))
    simulate(once, months=MONTHS, seed=5)
    return states, folder, once


def test_the_end_does_not_depend_on_the_months_written(lived):
    states, folder, once = lived
    assert list(states) == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert contents(folder) == contents(once) == states["2025-04"]
    for name in ("tally.csv", "defects.csv"):
        assert (folder / name).read_bytes() == (once / name).read_bytes()


def test_nothing_is_known_before_it_was_written(lived):
    """Every time in the databases lies before the close of the month they were written for: day 2 of the next one, 06:00."""
    states, _, _ = lived
    closes = {"2025-01": "2025-02-02 06:00:00", "2025-02": "2025-03-02 06:00:00", "2025-03": "2025-04-02 06:00:00"}
    for month, close in closes.items():
        for database, tables in DATABASES.items():
            for table, columns in tables.items():
                clocks = [c for c, kind in columns.items() if kind == TIMESTAMP and c not in ("received_at", "dispatched_at", "called_at")]
                for row in states[month][f"{database}.{table}"].values():
                    assert all(row[c] is None or row[c] < close for c in clocks), (month, table, row)


def test_every_kind_of_change_happens(lived):
    states, _, _ = lived
    january, february, march, april = states.values()
    tables = list(january)

    def keys(test) -> set[str]:
        return {table for table in tables for key in february[table].keys() | january[table].keys() if test(table, key)}

    assert keys(lambda t, k: k not in january[t]) >= set(tables) - SLOW  # inserts
    changed = keys(lambda t, k: k in january[t] and k in february[t] and january[t][k] != february[t][k])
    assert changed >= {"incident_desk.incident", "case_system.criminal_case", "case_system.admin_decision", "field_collection.resident",
                       "dispute_desk.dispute_event", "inspection_desk.hazard"}  # fmt: skip
    assert len(keys(lambda t, k: k in january[t] and k not in february[t])) >= 5  # deletions
    back = [(t, k) for t in tables for k in january[t] if k not in february[t] and (k in march[t] or k in april[t])]
    assert len(back) >= 3  # undeletions
    new = [row.get("updated_at", "9") for t in tables for k, row in february[t].items() if k not in january[t]]
    assert sum(at < "2025-02-02 06:00:00" for at in new) >= 3  # committed after January closed, with a time before
    older = [at for at in new if "2025-01-28 06:00:00" <= at < "2025-01-31 06:00:00"]
    assert len(older) >= 3  # longer before than the lag that sources declare: only a comparison of keys finds them


def test_a_change_is_told_by_the_cursor(lived):
    """A row that is there in two months running and differs has a later updated_at: what a reader with a cursor relies on."""
    states, _, _ = lived
    compared = 0
    for before, after in zip(list(states.values())[:-1], list(states.values())[1:], strict=True):
        for table in before:
            if table == "case_system.unit":
                continue
            for key in before[table].keys() & after[table].keys():
                if before[table][key] != after[table][key]:
                    assert before[table][key]["updated_at"] < after[table][key]["updated_at"], (table, key)
                    compared += 1
    assert compared > 300


def test_defects_are_where_the_list_says(tmp_path):
    made = simulate(tmp_path, months=2, seed=3, defects=0.01)
    with (tmp_path / "defects.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == len(made.defects) > 50
    kinds = {row["kind"] for row in listed}
    assert kinds == {
        "unknown_charge", "unknown_unit", "unknown_type", "null_date", "future_date", "duplicate_key", "invalid_id", "wrong_sex", "placeholder",
        "unlinked_address", "impossible_order", "unparseable_date",
    }  # fmt: skip
    state = contents(tmp_path)
    for row in listed:
        found = state[f"{row['source']}.{row['table']}"][tuple(row["key"].split("/"))] if row["table"] != "admin_person" else None
        if row["kind"] in ("null_date", "unlinked_address") and row["value"] == "null":
            assert found[row["column"]] is None
        elif row["kind"] == "future_date":
            assert found[row["column"]][:4] >= "2030"
        elif row["kind"] in ("unknown_charge", "unknown_unit", "unknown_type"):
            assert found[row["column"]] == row["value"]
        elif row["kind"] == "unparseable_date":
            assert found[row["column"]] in ("2025-02-30", "尽快")
    repeated = [row for row in listed if row["kind"] == "duplicate_key"]
    connection = sqlite3.connect(tmp_path / "callback_desk.sqlite")
    total, distinct = connection.execute("SELECT count(*), count(DISTINCT callback_no) FROM callback").fetchone()
    connection.close()
    assert total - distinct == len(repeated) > 0
    assert "999999" not in (tmp_path / "defects.csv").read_text(encoding="utf-8").replace("990999510000", "").replace("CJ999999", "")


def test_a_record_is_spoilt_once_however_many_are(tmp_path):
    """A record added without its date is no candidate for a date that lies years ahead."""
    made = simulate(tmp_path, months=1, defects=0.2)
    told_by_stories = ("unknown_charge", "unknown_unit", "unknown_type")
    spoilt = [(d.table, d.key) for d in made.defects if d.kind not in told_by_stories and d.kind != "duplicate_key"]
    assert len(spoilt) == len(set(spoilt)) > 300


@pytest.mark.slow
def test_drift_changes_the_shape_from_its_month_on(tmp_path):
    shapes = {}

    def look(month: str) -> None:
        connection = sqlite3.connect(tmp_path / "incident_desk.sqlite")
        shapes[month] = {name: kind for _, name, kind, *_ in connection.execute("PRAGMA table_info(incident)")}
        connection.close()

    simulate(tmp_path, months=2, drift="rename:incident.final_type_code", on_month=look)
    assert "final_type_code" in shapes["2025-01"]
    assert "final_type_code" not in shapes["2025-02"]
    assert shapes["2025-02"]["final_type_code_v2"] == "TEXT"


def test_each_kind_of_drift():
    january, february = date(2025, 1, 1), date(2025, 2, 1)
    columns = DATABASES["callback_desk"]["callback"]
    row = dict.fromkeys(columns) | {"due_on": date(1970, 1, 11)}

    def drifted(text: str):
        drift = parse_drift(text, [january, february])
        assert drift is not None
        _, shape, rows = drift.apply(("callback", columns, [row]))
        return drift.since, shape, {name: rows[0][name] for name in shape}

    assert drifted("drop:callback.result_code@2025-01")[0] == january
    assert "result_code" not in drifted("drop:callback.result_code")[1]
    assert drifted("add:callback.mood")[1]["mood"] == "text"
    _, shape, changed = drifted("retype:callback.due_on")
    assert (shape["due_on"], changed["due_on"]) == ("integer", 10)  # days since 1970


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bend:callback.due_on", "rename|drop|retype|add"),
        ("drop:calls.due_on", "callback"),
        ("drop:callback.due", "is not there"),
        ("add:callback.due_on", "is there already"),
        ("retype:callback.result_code", "is text"),
        ("drop:callback.due_on@2026-01", "2025-01 to 2025-02"),
    ],
)
def test_a_drift_that_cannot_be_is_refused(text, says):
    with pytest.raises(SettingsError) as error:
        parse_drift(text, [date(2025, 1, 1), date(2025, 2, 1)])
    assert says in str(error.value)
