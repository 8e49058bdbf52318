"""Status of columns: who delivered, who was due, what is blocked and what cannot be filled at all."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.deliveries import Coverage, Deliveries, Readings
from policestats.reports.template import Form, read_form
from policestats.reports.units import UnitVersion, tree_at
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1, STATIONS, UNKNOWN

_COLUMNS = """
- {code: FILED, indicator: filed}
- {code: YTD, indicator: filed, variant: ytd}
- {code: BEFORE, indicator: filed, variant: prior_year}
- {code: PENDING, indicator: pending_at_end}
- {code: SHARE, share_of: {column: FILED, row: T}, decimals: 2}
- {code: CHANGE, change: {of: FILED, from: BEFORE}, decimals: 1}
"""
CUTOFF = timedelta(days=1, hours=6)  # day 2 of the next month, 06:00
YEARS = [f"{y}-{m:02d}" for y in (2025, 2026) for m in range(1, 13)]
Told = tuple[str, int, int, str | None]


@pytest.fixture(scope="module")
def form(catalog: Catalog) -> Form:
    return tiny.form(catalog, _COLUMNS)


def statuses(engine: DuckDBEngine, period: str = "2026-10") -> dict[tuple[str, str], Told]:
    rows = engine.sql("SELECT unit_code, column_code, status, delivered, due, reason FROM report.status WHERE period = ?", [period])
    return {(r["unit_code"], r["column_code"]): (r["status"], r["delivered"], r["due"], r["reason"]) for r in rows.to_pylist()}


def all_but(*silent: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    every = [(t, u, m) for t in ("theft", "move") for u in STATIONS for m in YEARS]
    return [row for row in every if row not in silent]


def test_as_many_stations_are_not_the_same_stations(catalog: Catalog, form: Form) -> None:
    """Two tables and two months each lack one station, and never the same: the sets are as large, so only their members tell them apart."""
    lacking = [("theft", NORTH_1, "2026-10"), ("move", NORTH_2, "2026-10"), ("theft", SOUTH_1, "2026-09")]
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", NORTH_2)]) as engine:
        tiny.deliveries(engine, *all_but(*lacking))
        tiny.filled(engine, catalog, "2026-10", form)
        found = statuses(engine)
    assert {unit: found[unit, "FILED"][0] for unit in STATIONS} == {NORTH_1: "missing", NORTH_2: "auto", SOUTH_1: "auto"}
    assert {unit: found[unit, "YTD"][1] for unit in STATIONS} == {NORTH_1: 9, NORTH_2: 10, SOUTH_1: 9}  # of the ten months of theft
    # a stock reads both tables in each of the 22 months since records began; a month counts where both came
    assert {unit: found[unit, "PENDING"][1] for unit in STATIONS} == {NORTH_1: 21, NORTH_2: 21, SOUTH_1: 21}


def test_a_silent_station_is_missing_and_its_parents_partial(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", NORTH_1)]) as engine:
        tiny.deliveries(engine, *all_but(("theft", NORTH_2, "2026-10")))
        _, cells = tiny.filled(engine, catalog, "2026-10", form)
        found = statuses(engine)
    silent = f"nothing from {NORTH_2} in 2026-10 (theft)"
    assert found[NORTH_1, "FILED"] == ("auto", 1, 1, None)
    assert found[NORTH_2, "FILED"] == ("missing", 0, 1, silent)
    assert found[NORTH, "FILED"] == ("partial", 1, 2, silent)
    assert found[SOUTH, "FILED"] == ("auto", 1, 1, None)
    assert found[PROVINCE, "FILED"] == ("partial", 2, 3, silent)
    assert found[NORTH_2, "YTD"] == ("partial", 9, 10, silent)  # January to September came
    assert found[PROVINCE, "YTD"] == ("partial", 29, 30, silent)
    assert found[NORTH_2, "BEFORE"] == ("auto", 1, 1, None)  # October 2025 came
    # a stock reads both its tables since records began, 22 months ago; one of them is silent in one table
    assert found[NORTH_2, "PENDING"] == ("partial", 21, 22, silent)
    assert found[NORTH_2, "SHARE"] == found[NORTH_2, "CHANGE"] == found[NORTH_2, "FILED"]  # the worst of the operands
    assert cells[PROVINCE, "T", "FILED"] == 1  # partial: the sum of what came
    assert not [key for key in cells if key[0] == NORTH_2 and key[2] in ("FILED", "SHARE", "CHANGE")]


def test_a_delivery_of_zero_rows_is_a_delivery(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, []) as engine:
        tiny.deliveries(engine, *all_but())
        _, cells = tiny.filled(engine, catalog, "2026-10", form)
        found = statuses(engine)
    assert cells == {}
    assert {found[u, c][0] for u in (PROVINCE, NORTH, NORTH_1) for c in ("FILED", "YTD", "BEFORE", "PENDING", "SHARE")} == {"auto"}


def test_a_table_that_never_landed_is_missing_everywhere(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, []) as engine:
        tiny.deliveries(engine)
        tiny.filled(engine, catalog, "2026-10", form)
        found = statuses(engine)
    assert {found[u, "FILED"][0] for u in (PROVINCE, NORTH, SOUTH, *STATIONS)} == {"missing"}
    assert found[PROVINCE, "FILED"][1:3] == (0, 3)
    # five of the 30 silent unit-months are named, in order
    assert found[PROVINCE, "YTD"][3] == "nothing from " + " or ".join(f"{NORTH_1} in 2026-{m:02d} (theft)" for m in range(1, 6))


def test_a_source_that_delivers_for_all_units_at_once(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, []) as engine:  # rows of core.delivery without unit and month
        tiny.filled(engine, catalog, "2026-10", form)
        assert {status[:3] for (_, column), status in statuses(engine).items() if column == "FILED"} == {("auto", 0, 0)}


def test_an_incomplete_delivery_is_none(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, []) as engine:
        tiny.deliveries(engine, *all_but())
        engine.execute("UPDATE core.delivery SET is_complete = false WHERE unit_code = ? AND period = '2026-10'", [SOUTH_1])
        tiny.filled(engine, catalog, "2026-10", form)
        assert statuses(engine)[SOUTH, "FILED"] == ("missing", 0, 1, f"nothing from {SOUTH_1} in 2026-10 (theft)")


def test_a_failed_error_rule_blocks_what_reads_its_table(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", NORTH_1)]) as engine:
        tiny.deliveries(engine, *all_but(("theft", NORTH_2, "2026-10")))
        engine.execute("CREATE SCHEMA quality")
        engine.execute(
            "CREATE TABLE quality.rule_result (as_of BIGINT, table_name VARCHAR, rule_id VARCHAR, severity VARCHAR, verdict VARCHAR)"
        )
        engine.execute(
            "INSERT INTO quality.rule_result VALUES (1, 'move', 'r2', 'error', 'failed'), (1, 'move', 'r1', 'error', 'failed'), "
            "(1, 'theft', 'r3', 'warning', 'failed'), (1, 'theft', 'r4', 'error', 'passed'), (0, 'theft', 'r5', 'error', 'failed'), "
            "(1, 'theft', 'r6', 'error', 'not_evaluated')"
        )
        _, cells = tiny.filled(engine, catalog, "2026-10", form)
        found = statuses(engine)
    assert found[NORTH_1, "PENDING"] == ("blocked", 22, 22, "failed: move.r1, move.r2")  # it reads the transfers
    assert found[NORTH_1, "FILED"][0] == "auto"  # it does not; a warning, a pass, a verdict of another load block nothing
    assert found[NORTH_2, "PENDING"][0] == "blocked"  # worse than a missing month
    assert not [key for key in cells if key[2] == "PENDING"]


def test_before_records_begin_there_is_nothing_to_compare_with(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, [tiny.theft("1", "2024-10-05", NORTH_1), tiny.theft("2", "2025-10-05", NORTH_1)]) as engine:
        tiny.deliveries(engine, *all_but())
        _, cells = tiny.filled(engine, catalog, "2025-10", form)
        found = statuses(engine, "2025-10")
    assert found[NORTH_1, "BEFORE"] == ("not_applicable", 0, 0, "records begin on 2025-01-01")
    assert found[NORTH_1, "CHANGE"] == found[NORTH_1, "BEFORE"]
    assert (NORTH_1, "T", "BEFORE") not in cells
    assert cells[NORTH_1, "T", "FILED"] == 1


def test_a_week_that_the_year_before_did_not_have(catalog: Catalog) -> None:
    columns = "- {code: FILED, indicator: filed}\n- {code: BEFORE, indicator: filed, variant: prior_year}\n- {code: CHANGE, change: {of: FILED, from: BEFORE, per_day: true}, decimals: 1}"
    weekly = tiny.form(catalog, columns, frequency="week")
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-12-30", NORTH_1)]) as engine:
        tiny.deliveries(engine, *all_but(), *(("theft", u, "2027-01") for u in STATIONS))
        tiny.filled(engine, catalog, "2026-W53", weekly)
        found = statuses(engine, "2026-W53")
    assert found[NORTH_1, "FILED"] == ("auto", 2, 2, None)  # the week touches December and January
    assert found[NORTH_1, "BEFORE"] == found[NORTH_1, "CHANGE"] == ("not_applicable", 0, 0, "no such period a year earlier")


def test_the_unknown_unit_appears_when_it_holds_a_record(catalog: Catalog, form: Form) -> None:
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", NORTH_1)]) as engine:
        tiny.filled(engine, catalog, "2026-10", form)
        assert not [u for u, _ in statuses(engine) if u == UNKNOWN]
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", "991111111111"), tiny.theft("2", "2026-10-05", None)]) as engine:
        _, cells = tiny.filled(engine, catalog, "2026-10", form)
        assert statuses(engine)[UNKNOWN, "FILED"] == ("auto", 0, 0, None)  # nobody owes it a delivery
    assert cells[UNKNOWN, "T", "FILED"] == cells[PROVINCE, "T", "FILED"] == 2


def test_a_merged_unit_owed_its_own_deliveries(catalog: Catalog, form: Form) -> None:
    """North 2 merged into North 1 on 2026-07-01: October is due from one station, October 2025 from both."""
    ended = {
        "unit_code": NORTH_2,
        "valid_from": "2020-01-01",
        "valid_to": "2026-07-01",
        "parent_unit_code": NORTH,
        "successor_unit_code": NORTH_1,
    }
    units = [ended if u["unit_code"] == NORTH_2 else u for u in tiny.UNITS]
    thefts = [tiny.theft("1", "2025-10-05", NORTH_1), tiny.theft("2", "2025-10-06", NORTH_2), tiny.theft("3", "2026-10-05", NORTH_1)]
    with tiny.warehouse(catalog, thefts, units=units) as engine:
        tiny.deliveries(engine, *all_but(("theft", NORTH_2, "2025-10")))
        _, cells = tiny.filled(engine, catalog, "2026-10", form)
        found = statuses(engine)
    assert found[NORTH_1, "FILED"] == ("auto", 1, 1, None)
    assert found[NORTH_1, "BEFORE"] == ("partial", 1, 2, f"nothing from {NORTH_2} in 2025-10 (theft)")
    assert found[NORTH_1, "YTD"] == ("auto", 16, 16, None)  # 10 months of North 1, 6 of North 2
    assert not [u for u, _ in found if u == NORTH_2]
    assert cells[NORTH_1, "T", "BEFORE"] == 2  # both stations of then, 可比口径


def test_due_are_the_leaves_of_the_month() -> None:
    """A county without stations owes by itself until it gets one; the station opened on 10-15 owes October, not September."""
    versions = [
        UnitVersion("P", date(2020, 1, 1), None, None, None, "", "P", "P"),
        UnitVersion("A", date(2020, 1, 1), None, "P", None, "", "A", "A"),
        UnitVersion("A1", date(2026, 10, 15), None, "A", None, "", "A1", "A1"),
    ]
    tree = tree_at(versions, date(2026, 11, 1), "?", {"zh": "?", "en": "?"})
    rows = [("t", frozenset({"A"}), "2026-09"), ("t", frozenset({"A1"}), "2026-10"), ("whole", None, None)]
    came = Deliveries.of(rows, versions, tree, Readings(dict.fromkeys(("t", "whole"), datetime(2027, 1, 1))), CUTOFF)
    both = came.coverage(["t"], date(2026, 9, 1), date(2026, 11, 1), is_restated=False)
    assert both["A1"] == Coverage(1, 1)
    assert both["A"] == both["P"] == Coverage(2, 2)  # September by itself, October by its station
    every_month = came.coverage(["t"], date(2026, 8, 31), date(2026, 9, 2), is_restated=False)
    assert every_month["P"] == Coverage(1, 2, ("A in 2026-08 (t)",))  # every month it touches
    assert came.coverage(["t", "whole"], date(2026, 9, 1), date(2026, 10, 1), is_restated=False)["P"] == Coverage(1, 1)
    assert came.coverage(["t"], date(2026, 9, 1), date(2026, 9, 1), is_restated=False)["P"] == Coverage(0, 0)  # no day, nothing due


@pytest.mark.parametrize(
    ("start", "end", "read_at", "is_restated", "listed", "whole"),
    [
        # a month that counts what is entered up to its cut-off (2 November, 06:00) must be read after that; the units' list is due then
        ("2026-10-01", "2026-11-01", "2026-11-02 05:59", False, "t, last read 2026-11-02 05:59", "w, last read 2026-11-02 05:59"),
        ("2026-10-01", "2026-11-01", "2026-11-02 06:00", False, "t", None),
        # one that does not must be read after its last day; until the cut-off no list is due
        ("2026-10-01", "2026-11-01", "2026-10-31 23:59", True, "t, last read 2026-10-31 23:59", "w, last read 2026-10-31 23:59"),
        ("2026-10-01", "2026-11-01", "2026-11-01 00:00", True, None, None),
        ("2026-10-01", "2026-11-01", "2026-11-02 06:00", True, "t", None),
        # a day of a running month: read on the next morning, or not
        ("2026-10-03", "2026-10-04", "2026-10-04 05:00", True, None, None),
        ("2026-10-03", "2026-10-04", "2026-10-03 23:59", True, "t, last read 2026-10-03 23:59", "w, last read 2026-10-03 23:59"),
        # the last day of a month on the morning after: the list of the month comes later
        ("2026-10-31", "2026-11-01", "2026-11-01 05:00", True, None, None),
        ("2026-10-03", "2026-10-04", None, True, "t, never read", "w, never read"),
    ],
)
def test_a_table_is_delivered_up_to_the_moment_it_was_read(
    start: str, end: str, read_at: str | None, is_restated: bool, listed: str | None, whole: str | None
) -> None:
    """Station A has listed nothing for October; table t is listed by units, w is not. What lacks is named, with when it was read."""
    versions = [UnitVersion("A", date(2020, 1, 1), None, None, None, "", "A", "A")]
    tree = tree_at(versions, date(2026, 11, 1), "?", {"zh": "?", "en": "?"})
    at = datetime.fromisoformat(read_at) if read_at else None
    came = Deliveries.of([("w", None, None)], versions, tree, Readings({"t": at, "w": at}), CUTOFF)
    for table, lacking in (("t", listed), ("w", whole)):
        found = came.coverage([table], date.fromisoformat(start), date.fromisoformat(end), is_restated=is_restated)["A"]
        if lacking is None:
            assert found.delivered == found.due, table
        else:
            assert found == Coverage(0, 1, (f"A in 2026-10 ({lacking})",)), table


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (None, "needs 字 word from 字 word (desk): not connected"),  # nothing of the desk was ever read, or tried
        (
            "('desk', 'theft', 1, TIMESTAMP '2026-12-01', NULL)",
            f"nothing from {NORTH_1} in 2026-10 (move, never read)",
        ),  # another table was
        (
            "('desk', 'move', 1, TIMESTAMP '2026-12-01', 'refused')",
            f"nothing from {NORTH_1} in 2026-10 (move, never read, not readable 2026-12-01 00:00)",
        ),
    ],
)
def test_a_source_that_was_never_connected_is_told_from_one_that_is_silent(catalog: Catalog, reading: str | None, reason: str) -> None:
    moves = tiny.form(catalog, "- {code: MOVES, indicator: received}\n- {code: FILED, indicator: filed}")
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", NORTH_1), tiny.theft("2", "2026-10-05", None)]) as engine:
        for table in ("reading", "delivery"):
            engine.execute(f"DELETE FROM core.{table} WHERE table_name = 'move'")
        if reading:
            engine.execute(f"INSERT INTO core.reading VALUES {reading}")
        tiny.filled(engine, catalog, "2026-10", moves)
        found = statuses(engine)
    assert found[NORTH_1, "MOVES"] == ("missing", 0, 1, reason)
    assert found[NORTH_1, "FILED"] == ("auto", 0, 0, None)
    # the unknown unit owes nothing, but of a source that is not there it has no figures either
    assert found[UNKNOWN, "MOVES"] == (("missing", 0, 0, reason) if reading is None else ("auto", 0, 0, None))


def test_a_failure_after_the_last_reading_is_told() -> None:
    readings = Readings({"w": datetime(2026, 10, 3, 5)}, {"w": datetime(2026, 10, 4, 5, 7)})
    assert readings.told("w") == "w, last read 2026-10-03 05:00, not readable 2026-10-04 05:07"
    assert Readings({"w": datetime(2026, 10, 5)}, {"w": datetime(2026, 10, 4)}).told("w") == "w, last read 2026-10-05 00:00"


@pytest.mark.parametrize(("lateness", "status"), [("restated", "auto"), ("post_current", "missing")])
def test_a_form_that_counts_what_is_entered_late_must_be_read_after_the_cutoff(catalog: Catalog, lateness: str, status: str) -> None:
    """Read on 1 November, 05:00: October is over, but its cut-off (2 November, 06:00) is not."""
    counting = read_form({**tiny.form_data("- {code: FILED, indicator: filed}"), "lateness": lateness}, catalog)
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-05", NORTH_1)]) as engine:
        engine.execute("UPDATE core.reading SET read_at = TIMESTAMP '2026-11-01 05:00:00'")
        tiny.filled(engine, catalog, "2026-10", counting)
        assert statuses(engine)[NORTH_1, "FILED"][0] == status


def test_a_unit_that_listed_its_month_before_the_closing_has_delivered_it() -> None:
    """The table was last read on 31 October; station A had listed October by then, station B had not."""
    versions = [UnitVersion(code, date(2020, 1, 1), None, None, None, "", code, code) for code in ("A", "B")]
    tree = tree_at(versions, date(2026, 11, 1), "?", {"zh": "?", "en": "?"})
    came = Deliveries.of([("t", frozenset({"A"}), "2026-10")], versions, tree, Readings({"t": datetime(2026, 10, 31)}), CUTOFF)
    found = came.coverage(["t"], date(2026, 10, 1), date(2026, 11, 1), is_restated=False)
    assert found["A"] == Coverage(1, 1)
    assert found["B"] == Coverage(0, 1, ("B in 2026-10 (t, last read 2026-10-31 00:00)",))
