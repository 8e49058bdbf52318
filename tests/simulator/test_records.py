"""Rows that change, go and come back, read at any moment."""

from datetime import datetime, timedelta

import pytest

from policestats.simulator.records import Records

NOON = datetime(2025, 3, 1, 12)


def community(records: Records, at: datetime = NOON):
    return records.add("community", at=at, community_code="c", unit_code="u", name_zh="社", name_en="C")


def at(records: Records, hours: float) -> list[tuple[str, datetime]]:
    return [(row["unit_code"], row["updated_at"]) for row in records.rows_at("community", NOON + timedelta(hours=hours))]


def test_a_row_is_read_as_it_stood():
    records = Records("field_collection")
    row = community(records)
    records.change(row, NOON + timedelta(hours=2), unit_code="v")
    assert at(records, -1) == []
    assert at(records, 0) == at(records, 1.9) == [("u", NOON)]
    assert at(records, 2) == at(records, 99) == [("v", NOON + timedelta(hours=2))]


def test_a_change_comes_after_the_one_before():
    records = Records("field_collection")
    row = community(records)
    records.change(row, NOON - timedelta(days=1), unit_code="v")
    assert row["updated_at"] == NOON + timedelta(seconds=1)


def test_deleted_and_restored_with_and_without_a_new_time():
    records = Records("field_collection")
    row = community(records)
    records.remove(row, NOON + timedelta(hours=1))
    assert records.counts()["community"] == 0
    records.restore(row, NOON + timedelta(hours=3), touch=False)
    assert [len(at(records, hours)) for hours in (0.5, 1, 2.9, 3)] == [1, 0, 0, 1]
    assert row["updated_at"] == NOON
    records.remove(row, NOON + timedelta(hours=4))
    records.restore(row, NOON + timedelta(hours=5), touch=True)
    assert at(records, 3.5) == [("u", NOON)]
    assert at(records, 5) == [("u", NOON + timedelta(hours=5))]


def test_a_late_commit_shows_with_the_older_time():
    records = Records("field_collection")
    row = community(records)
    records.delay(row, NOON + timedelta(hours=4))
    assert at(records, 3) == []
    assert at(records, 4) == [("u", NOON)]
    records.change(row, NOON + timedelta(hours=1), unit_code="v")  # nobody can change what is not there yet
    assert row["updated_at"] > NOON + timedelta(hours=4)
    with pytest.raises(ValueError, match="has changed already"):
        records.delay(row, NOON)


def test_a_record_has_exactly_the_columns_of_its_table():
    with pytest.raises(KeyError, match="name_en"):
        Records("field_collection").add("community", at=NOON, community_code="c", unit_code="u", name_zh="社")
