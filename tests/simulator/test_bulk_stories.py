"""What follows a case in a bulk world: every table of every system has records, and they fit together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from policestats.errors import SettingsError
from policestats.simulator.bulk import simulate_bulk
from policestats.simulator.bulk.write import parquet_file
from policestats.simulator.databases import DATABASES


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bulk")
    simulate_bulk(folder, size="city", scale=0.15, months=12, start=date(2025, 1, 1), object_scale=0.01, with_tally=False)
    return folder


def read(world: Path, database: str, table: str) -> str:
    return f"read_parquet('{parquet_file(world, database, table)}')"


def rows(query: str) -> list[tuple]:
    return duckdb.execute(query).fetchall()


def test_no_table_is_empty(world: Path) -> None:
    counts = {f"{d}.{t}": rows(f"SELECT count(*) FROM {read(world, d, t)}")[0][0] for d, tables in DATABASES.items() for t in tables}
    assert [name for name, count in counts.items() if count == 0] == []


def test_every_penalty_has_items_and_only_penalties_have(world: Path) -> None:
    decision, item = read(world, "case_system", "admin_decision"), read(world, "case_system", "penalty_item")
    without = f"SELECT decision_no FROM {decision} AS d ANTI JOIN {item} AS i ON i.decision_no = d.decision_no WHERE kind_code = 'penalty'"
    assert rows(without) == []
    assert (
        rows(f"SELECT item_no FROM {item} AS i JOIN {decision} AS d ON d.decision_no = i.decision_no WHERE d.kind_code <> 'penalty'") == []
    )
    # a fine stands on the decision and on its item
    wrong = f"SELECT 1 FROM {decision} AS d LEFT JOIN {item} AS i ON i.decision_no = d.decision_no AND i.kind_code = 'fine' WHERE d.fine_yuan IS DISTINCT FROM i.fine_yuan"
    assert rows(wrong) == []
    kinds = {kind for (kind,) in rows(f"SELECT DISTINCT kind_code FROM {item}")}
    assert {"fine", "detention", "warning", "revocation", "expulsion"} <= kinds
    assert rows(f"SELECT count(*) > 0 FROM {item} WHERE kind_code = 'detention' AND NOT is_executed") == [(True,)]


def test_withdrawals_have_more_than_one_ground(world: Path) -> None:
    event = read(world, "case_system", "criminal_case_event")
    grounds = {reason for (reason,) in rows(f"SELECT DISTINCT reason_code FROM {event} WHERE kind_code = 'withdrawn'")}
    assert grounds == {"W1", "W2", "W3", "W4", "W5", "W6", None}
    assert rows(f"SELECT 1 FROM {event} WHERE reason_code IS NOT NULL AND kind_code NOT IN ('withdrawn', 'to_admin')") == []


#: (database, table, its column, database and table it names a record of, the key there); a null names nothing
REFERENCES = [
    ("case_system", "criminal_person_measure", "replaces_measure_no", "case_system", "criminal_person_measure", "measure_no"),
    ("case_system", "criminal_arrest_request", "measure_no", "case_system", "criminal_person_measure", "measure_no"),
    ("case_system", "criminal_measure_transfer", "measure_no", "case_system", "criminal_person_measure", "measure_no"),
    ("case_system", "criminal_report", "screening_no", "case_system", "criminal_screening", "screening_no"),
    ("case_system", "criminal_screening", "report_no", "case_system", "criminal_report", "report_no"),
    ("case_system", "criminal_screening", "case_no", "case_system", "criminal_case", "case_no"),
    ("case_system", "criminal_screening_review", "screening_no", "case_system", "criminal_screening", "screening_no"),
    ("case_system", "criminal_supervision", "screening_no", "case_system", "criminal_screening", "screening_no"),
    ("case_system", "violence_warning", "incident_no", "incident_desk", "incident", "incident_no"),
    ("case_system", "mediation", "case_no", "case_system", "admin_case", "case_no"),
    ("case_system", "case_pause", "case_no", "case_system", "admin_case", "case_no"),
    ("property", "seized_property_event", "item_no", "property", "seized_property", "item_no"),
    ("review", "criminal_organisation_case", "organisation_no", "review", "criminal_organisation", "organisation_no"),
    ("forensic", "drug_weight", "case_no", "case_system", "criminal_case", "case_no"),
    ("scene", "scene_examination", "case_no", "case_system", "criminal_case", "case_no"),
    ("payment_stop", "payment_event", "case_no", "case_system", "criminal_case", "case_no"),
]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: f"{r[1]}.{r[2]}")
def test_what_is_named_is_there(world: Path, reference: tuple[str, str, str, str, str, str]) -> None:
    database, table, column, other, named, key = reference
    assert (
        rows(
            f"SELECT t.{column} FROM {read(world, database, table)} AS t ANTI JOIN {read(world, other, named)} AS n ON n.{key} = t.{column} WHERE t.{column} IS NOT NULL"
        )
        == []
    )


def test_a_detention_that_is_changed_ends_on_the_day_the_next_measure_begins(world: Path) -> None:
    measure = read(world, "case_system", "criminal_person_measure")
    pairs = f"FROM {measure} AS later JOIN {measure} AS earlier ON earlier.measure_no = later.replaces_measure_no"
    assert rows(f"SELECT count(*) > 20 {pairs}") == [(True,)]
    assert (
        rows(
            f"SELECT 1 {pairs} WHERE earlier.end_code <> 'changed' OR earlier.ended_on <> later.started_on OR earlier.measure_code <> 'A4'"
        )
        == []
    )
    assert (
        rows(
            f"SELECT 1 FROM {measure} WHERE ended_on < started_on OR end_entered_at < entered_at OR (end_code IS NULL) <> (ended_on IS NULL)"
        )
        == []
    )


def test_orders_are_acknowledged_by_device_and_by_hand(world: Path) -> None:
    order = read(world, "incident_desk", "dispatch_order")
    assert rows(f"SELECT 1 FROM {order} WHERE arrived_at < dispatched_at OR (arrived_at IS NULL) <> (arrived_source_code IS NULL)") == []
    assert {code for (code,) in rows(f"SELECT DISTINCT arrived_source_code FROM {order}")} == {"device", "typed", None}


def test_objects_have_a_scale_of_their_own_and_a_tally_may_be_left_out(world: Path, tmp_path: Path) -> None:
    # 420,000 residents of a city, times 0.15, times 0.01
    assert rows(f"SELECT count(*) FROM {read(world, 'field_collection', 'resident')}") == [(630,)]
    assert not (world / "tally.parquet").exists()
    with pytest.raises(SettingsError, match="object_scale"):
        simulate_bulk(tmp_path, object_scale=0)
