"""The whole made-up province: the same for a seed, nobody real, everything in order, and a tally that balances."""

import csv
import re
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
import yaml

from policestats.errors import SettingsError
from policestats.simulator import simulate
from policestats.simulator.codes import CAUSES, CHARGES, INCIDENT_TYPES, UNKNOWN_CAUSES, UNKNOWN_CHARGES, UNKNOWN_TYPE
from policestats.simulator.databases import DATABASES
from policestats.simulator.identity import check_digit
from policestats.simulator.object_quality import PLACEHOLDERS
from tests.simulator.simulated import Simulated

SCHEMAS = Path(__file__).parents[2] / "schemas" / "cn"
TEMPLATES = Path(__file__).parents[2] / "report_templates" / "cn"
SILENT, SILENT_MONTH = "990102520000", "2026-02"

#: Tables so small that the silent station need not stand in them, or about counties; and systems that hold few records.
FEW = (
    "forensic.homicide_recognition", "forensic.drug_weight", "property.seized_weapon", "review.case_valuation", "review.criminal_organisation",
    "review.resident_population",
)  # fmt: skip
SMALL = ("forensic", "property", "review", "payment_stop")


def test_the_same_seed_gives_the_same_and_another_does_not(tmp_path):
    first, again, other = (Simulated(tmp_path / name, months=1, seed=seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert first.tables == again.tables
    assert first.tally == again.tally
    assert first.tables != other.tables
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(
        [f"{name}.sqlite" for name in DATABASES] + ["defects.csv", "tally.csv"]
    )


def test_the_tables_are_those_of_the_sources(province):
    for source in DATABASES:
        description = yaml.safe_load((SCHEMAS / "sources" / f"{source}.yaml").read_text(encoding="utf-8"))
        expected = {}
        for table, entry in description["tables"].items():
            columns = set(yaml.safe_load((SCHEMAS / "tables" / f"{entry['into']}.yaml").read_text(encoding="utf-8"))["columns"])
            identity = entry.get("identity", {})
            columns -= {identity.get(made) for made in ("pseudonym", "is_valid", "birth_year", "birth_month", "sex_agrees")}
            columns -= set(entry.get("presence", {}))
            columns |= set(entry.get("drop", ())) | ({identity["column"]} if identity else set()) | set(entry.get("presence", {}).values())
            expected[f"{source}.{table}"] = columns | ({entry["cursor"]["column"]} if "cursor" in entry else set())
        expected[f"{source}.unit_upload"] = {"unit_code", "period", "uploaded_at", "record_count", "updated_at"}
        made = {name: set(rows[0]) for name, rows in province.tables.items() if name.startswith(f"{source}.")}
        assert made == expected


def test_values_are_stored_as_the_sources_store_them(province):
    moments = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
    for name, rows in province.tables.items():
        for row in rows:
            for column, value in row.items():
                if value is None:
                    continue
                if column.endswith("_at"):
                    assert moments.match(value), (name, column, value)
                elif column.endswith(("_on", "_from", "_until", "_to")):
                    date.fromisoformat(value)
                elif column.startswith("is_"):
                    assert value in (0, 1), (name, column, value)


def test_nobody_is_real(province):
    numbers = [row["id_number"] for row in province["admin_person"] if row["id_number"] is not None]
    assert len(numbers) > 1000
    assert all(number.startswith("999999") and number[17] == check_digit(number[:17]) for number in numbers)
    assert all(row["name"].startswith("虚构人") for row in province["admin_person"])
    assert all(re.match("^99[0-9]{10}$", row["unit_code"]) for row in province["unit"])
    assert all((row["id_number"] is None) == (row["person_kind_code"] == "unit") for row in province["admin_person"])
    residents = province["resident"]
    assert len([row for row in residents if row["id_number"]]) > 1000
    assert all(row["id_number"] is None or row["id_number"].startswith("999999") for row in residents)
    assert all(not row["name"] or row["name"].startswith("虚构人") or row["name"] in PLACEHOLDERS for row in residents)
    for table in ("criminal_person", "criminal_victim"):
        numbers = [row["id_number"] for row in province[table] if row["id_number"] is not None]
        assert len(numbers) > 1000
        assert all(number.startswith("999999") and number[17] == check_digit(number[:17]) for number in numbers)
        assert all(row["name"].startswith("虚构人") for row in province[table])
    phones = [(t, c) for t, cs in ((t, cs) for db in DATABASES.values() for t, cs in db.items()) for c in cs if c.endswith("phone")]
    assert len(phones) == 6
    for table, column in phones:
        assert all(not row[column] or row[column].startswith("000") or row[column] in PLACEHOLDERS for row in province[table])


_DATED = {
    "criminal_case_event": "occurred_on",
    "criminal_case_transfer": "transferred_on",
    "criminal_case_charge_change": "changed_on",
    "admin_case_event": "occurred_on",
    "admin_case_cause_change": "changed_on",
}


def _histories(province) -> dict[str, list[tuple[str, str, str]]]:
    """Per case, (day, entry, what) of all that happened to it, in the order of entry."""
    found = defaultdict(list)
    for table, on in _DATED.items():
        for row in province[table]:
            found[row["case_no"]].append((row[on], row["entered_at"], row.get("kind_code") or table))
    for row in province["admin_decision"]:
        if row["kind_code"] != "mediation":
            found[row["case_no"]].append((row["decided_on"], row["entered_at"], "dealt"))
        else:
            found[row["case_no"]].append((row["decided_on"], row["entered_at"], "agreed"))
            if row["performed_on"]:
                found[row["case_no"]].append((row["performed_on"], row["performance_entered_at"], "dealt"))
    for row in province["criminal_case"]:
        if not row["is_received_from_outside"]:  # such a case is written down when it arrives
            found[row["case_no"]].append((row["filed_on"], row["entered_at"], "filed"))
    for row in province["admin_case"]:
        accepted_on = row["registered_on"] if row["registered_on"] < "2026-01-01" else row["filed_on"]
        if not row["is_received_from_outside"]:
            found[row["case_no"]].append((accepted_on, row["entered_at"], "filed" if accepted_on else "unfiled"))
    return {case: sorted(events, key=lambda event: event[1]) for case, events in found.items()}


def test_the_events_of_a_case_are_in_order(province):
    histories = _histories(province)
    assert len(histories) > 4000
    for case, events in histories.items():
        kinds = [kind for _, _, kind in events]
        assert "unfiled" not in kinds or kinds == ["unfiled"], case
        if "unfiled" in kinds:
            continue
        assert "filed" not in kinds[1:], (case, events)
        assert all(on <= entered[:10] for on, entered, _ in events), (case, events)
        assert [on for on, _, _ in events] == sorted(on for on, _, _ in events), (case, events)
        assert len({entered for _, entered, _ in events}) == len(events), (case, events)
        for end in ("terminated", "to_criminal"):
            assert end not in kinds[:-1], (case, events)
        if "dealt" in kinds:
            assert set(kinds[kinds.index("dealt") :]) <= {"dealt", "agreed"}, (case, events)


def test_nothing_follows_a_case_that_left_the_province(province):
    left = {
        row["case_no"]: row["entered_at"]
        for table in ("criminal_case_transfer", "admin_case_event")
        for row in province[table]
        if row["is_to_outside"]
    }
    histories = _histories(province)
    assert len(left) > 20
    assert all(histories[case][-1][1] == entered for case, entered in left.items())


def test_the_silent_station_is_silent(province):
    assert (province.result.silent_unit, province.result.silent_month) == (SILENT, SILENT_MONTH)
    for name, rows in province.tables.items():
        if name.endswith(".unit") or not any(column.endswith("unit_code") for column in rows[0]):
            continue
        of_it = [row for row in rows if SILENT in row.values()]
        assert of_it or name in FEW
        said = ("_at", "_on", "period")
        # a deadline is no act; and others may change what the station once registered
        by_others = ("deadline_on", "updated_at", "left_on") if name.startswith("field_collection.") else ("deadline_on",)
        moments = [value for row in of_it for column, value in row.items() if value and column.endswith(said) and column not in by_others]
        if name.endswith("unit_upload"):
            moments = [row["period"] for row in of_it]
        assert not [moment for moment in moments if moment.startswith(SILENT_MONTH)], name
    flows = (
        "FILED_M",
        "SOLVED_M",
        "WITHDRAWN_M",
        "IN_M",
        "OUT_M",
        "ACC_M",
        "DEALT_M",
        "TERM_M",
        "TO_CRIM_M",
        "PERS_M",
        "UNITS_M",
        "CUR",
        "DISP",
        "DIVERT",
    )
    assert not [key for key in province.tally if key[1:3] == (SILENT_MONTH, SILENT) and key[4] in flows]
    assert [key for key in province.tally if key[1:3] == ("2026-01", SILENT) and key[4] == "CUR"]


def test_every_other_station_uploads_every_month(province):
    for source in DATABASES:
        uploads = province.tables[f"{source}.unit_upload"]
        # 12 stations for 6 months, then 11 (two became one) for 8; one silent once: 72 + 88 - 1
        assert len(uploads) == 159
        assert len({(row["unit_code"], row["period"]) for row in uploads}) == 159
        assert sum(row["record_count"] for row in uploads) > (1000 if source not in SMALL else 20)


def test_every_kind_of_act_occurs(province):
    def some(table, **values):
        return [row for row in province[table] if all(row[column] == value for column, value in values.items())]

    assert {row["kind_code"] for row in province["criminal_case_event"]} == {
        "solved", "withdrawn", "reopened", "concluded", "to_admin", "merged", "handed",
    }  # fmt: skip
    assert {row["kind_code"] for row in province["admin_case_event"]} == {"transferred", "terminated", "to_criminal"}
    assert {row["kind_code"] for row in province["admin_decision"]} == {"penalty", "measure", "mediation", "no_penalty", "no_fact"}
    assert some("criminal_case_event", manner_code="linked")
    inside = [row for row in province["criminal_case_transfer"] if row["from_unit_code"] and row["to_unit_code"]]
    assert [row for row in inside if row["from_unit_code"][:6] == row["to_unit_code"][:6]]
    assert [row for row in inside if row["from_unit_code"][:4] != row["to_unit_code"][:4]]
    assert some("criminal_case_transfer", is_from_outside=1)
    assert some("criminal_case_transfer", is_to_outside=1)
    assert some("admin_case", is_received_from_outside=1)
    assert some("admin_case_event", is_to_outside=1)
    assert some("admin_case", is_lighter_law=1)
    assert some("admin_case", source_code="criminal_withdrawn")
    assert [row for row in province["admin_case"] if row["registered_on"] < "2026-01-01" < (row["filed_on"] or "")]
    assert [row for row in province["admin_case"] if row["registered_on"] >= "2026-01-01" and row["filed_on"] is None]
    assert [row for row in province["admin_case"] if row["offender_absent_until"]]
    assert some("criminal_case", charge_code="C999")
    assert some("criminal_case", filing_unit_code="990999510000")
    assert some("criminal_case", filing_unit_code=None, is_received_from_outside=0)
    assert some("admin_case", cause_code="Z999")
    assert some("incident", intake_type_code=UNKNOWN_TYPE)
    assert [row for row in province["incident"] if row["merged_into_incident_no"]]
    entries = {
        row["entered_at"] for table in ("criminal_case", "criminal_case_event", "admin_case", "admin_decision") for row in province[table]
    }
    assert [moment for moment in entries if moment.endswith("-02 05:59:59")]
    assert [moment for moment in entries if moment.endswith("-02 06:00:00")]
    orders = [row["incident_no"] for row in province["dispatch_order"]]
    assert len(orders) > len(set(orders))


def test_codes_stand_where_the_code_lists_put_them():
    def members(name):
        with (SCHEMAS / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return {row["code"]: row for row in csv.DictReader(file)}

    charges, causes, types = members("charge"), members("admin_cause"), members("incident_type")
    for code, charge in CHARGES.items():
        row = charges[code]
        assert charge.place == (row["section_code"] or row["chapter_code"]), code
        assert (charge.group, charge.is_eight_major, charge.is_drug) == (
            row["nbs_group_code"], row["is_eight_major_mps2022"] == "true", row["section_code"] == "CH06S7",
        ), code  # fmt: skip
    for code, cause in CAUSES.items():
        row = causes[code]
        assert (cause.section_2012 or "", cause.section_2025 or "", cause.group, cause.is_mediable) == (
            row["section_2012_code"], row["section_2025_code"], row["yearbook_group_code"], row["is_mediable"] == "true",
        ), code  # fmt: skip
    for code, incident_class in INCIDENT_TYPES.items():
        is_non_police = types[code]["is_non_police_candidate"] == "true"
        assert incident_class == ("V62" if is_non_police else types[code]["class_code"]), code
    assert not {*UNKNOWN_CHARGES} & charges.keys()
    assert not {*UNKNOWN_CAUSES} & causes.keys()
    assert UNKNOWN_TYPE not in types


def test_callbacks_and_inspections_hang_together(province):
    sent = {row["incident_no"]: row["received_at"] for row in province["incident"]}
    ordered = {row["incident_no"] for row in province["dispatch_order"]}
    results = defaultdict(int)
    for row in province["callback"]:
        assert row["incident_no"] in ordered
        assert row["due_on"] > sent[row["incident_no"]][:10]
        assert (row["called_at"] is None) == (row["result_code"] is None)
        assert row["rectified_on"] is None or (row["result_code"] == "unsatisfied" and row["rectified_on"] > row["due_on"])
        results[row["result_code"]] += 1
    assert results.keys() == {"satisfied", "fairly_satisfied", "unsatisfied", "no_answer", None}
    premises = {row["premises_no"]: row for row in province["premises"]}
    inspections = {row["inspection_no"]: row for row in province["inspection"]}
    cases = {row["case_no"] for row in province["admin_case"]}
    assert {row["case_no"] for row in inspections.values()} - cases == {None}
    assert all(row["inspected_on"] >= premises[row["premises_no"]]["opened_on"] for row in inspections.values())
    states = defaultdict(int)
    for row in province["hazard"]:
        assert row["found_on"] == inspections[row["inspection_no"]]["inspected_on"] < row["deadline_on"]
        assert row["fixed_on"] is None or row["fixed_on"] >= row["found_on"]
        assert row["fixed_on"] is None or row["voided_on"] is None
        assert not row["is_on_the_spot"] or row["fixed_on"] == row["found_on"]
        open_ = row["fixed_on"] is None and row["voided_on"] is None
        states["open" if open_ else "void" if row["voided_on"] else "late" if row["fixed_on"] > row["deadline_on"] else "in time"] += 1
    assert states.keys() == {"open", "void", "late", "in time"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"months": 0}, "at least 1"),
        ({"months": 2, "silent": ("990102520000", "2025-03")}, "2025-01, 2025-02"),
        ({"months": 2, "silent": ("123", "2025-01")}, "990101510000"),
        ({"months": 8, "silent": ("990201520000", "2025-08")}, "does not stand in 2025-08"),
    ],
)
def test_what_cannot_be_simulated_is_refused(tmp_path, options, says):
    with pytest.raises(SettingsError, match=says):
        simulate(tmp_path, **options)
    assert not list(tmp_path.iterdir())
