"""The whole made-up province: the same for a seed, nobody real, everything in order, and a tally that balances."""

import csv
import re
import sqlite3
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from policestats.errors import SettingsError
from policestats.simulator import simulate
from policestats.simulator.codes import CAUSES, CHARGES, INCIDENT_TYPES, UNKNOWN_CAUSES, UNKNOWN_CHARGES, UNKNOWN_TYPE
from policestats.simulator.databases import DATABASES
from policestats.simulator.identity import check_digit
from policestats.simulator.object_quality import PLACEHOLDERS

SCHEMAS = Path(__file__).parents[2] / "schemas" / "cn"
TEMPLATES = Path(__file__).parents[2] / "report_templates" / "cn"
SILENT, SILENT_MONTH = "990102520000", "2026-02"
ROOT = "990000000000"


class Simulated:
    """The databases as lists of dicts, and the tally."""

    def __init__(self, folder: Path, **options) -> None:
        self.folder = folder
        self.result = simulate(folder, **options)
        self.tables: dict[str, list[dict]] = {}
        for database in DATABASES:
            connection = sqlite3.connect(folder / f"{database}.sqlite")
            connection.row_factory = sqlite3.Row
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self.tables[f"{database}.{name}"] = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            connection.close()
        with (folder / "tally.csv").open(encoding="utf-8", newline="") as file:
            self.tally = {
                (r["form_id"], r["period"], r["unit_code"], r["row_code"], r["column_code"]): Decimal(r["value"])
                for r in csv.DictReader(file)
            }

    @property
    def stations(self) -> set[str]:
        return {row["unit_code"] for row in self["unit"] if row["level_code"] == "station"}

    def __getitem__(self, table: str) -> list[dict]:
        return next(rows for name, rows in self.tables.items() if name.endswith(f".{table}"))


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Simulated:
    """Without defects on purpose: what the stories do by themselves."""
    return Simulated(tmp_path_factory.mktemp("province"), defects=0)


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
    phones = [(t, c) for t, cs in ((t, cs) for db in DATABASES.values() for t, cs in db.items()) for c in cs if c.endswith("phone")]
    assert len(phones) == 4
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
        assert of_it
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
        assert sum(row["record_count"] for row in uploads) > 1000


def test_every_kind_of_act_occurs(province):
    def some(table, **values):
        return [row for row in province[table] if all(row[column] == value for column, value in values.items())]

    assert {row["kind_code"] for row in province["criminal_case_event"]} == {"solved", "withdrawn", "reopened"}
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


def test_the_tally_speaks_of_the_forms_rows_and_columns(province):
    lists = {}
    for name in ("nbs_group", "public_order_section", "public_order_group", "incident_class", "incident_channel"):
        with (SCHEMAS / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            lists[name] = {row["code"] for row in csv.DictReader(file)}
    for form in ("X01", "Z01", "Z11"):  # the forms whose every row occurs
        template = yaml.safe_load((TEMPLATES / f"{form}.yaml").read_text(encoding="utf-8"))
        rows = set()
        for block in template["blocks"]:
            spec = block["rows"]
            rows |= {one["code"] for one in spec.get("sets", ())} | lists[spec["classification"]["codelist"]]
            rows |= {spec["total"]["code"]} if "total" in spec else set()
        assert {key[3] for key in province.tally if key[0] == form} == rows
        assert {key[4] for key in province.tally if key[0] == form} == {column["code"] for column in template["columns"]}


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


#: The merged station begins with what two others had counted; a station takes what it had counted to its new county.
_TREE_CHANGED = {("2025-07", "990201610000"), ("2025-10", "990201000000"), ("2025-10", "990202000000")}


def test_the_tally_of_criminal_cases_balances(province):
    """Checks X01-01 to X01-05, 07, 08, 09 of the standard: no correct count can break them."""
    at = _reader(province, "X01")
    compared = 0
    for period, unit in _places(province, "X01"):
        for column in ("FILED_M", "FILED_YTD", "FILED_PY", "SOLVED_M", "SOLVED_YTD", "WITHDRAWN_YTD", "IN_M", "OUT_M", "RECLASS_IN_M"):
            assert at(period, unit, "T", column) == sum(at(period, unit, f"R{n:02d}", column) for n in range(1, 11))
            assert at(period, unit, "M04", column) == sum(at(period, unit, row, column) for row in ("R03", "M05", "R06"))
        assert at(period, unit, "T", "RECLASS_IN_M") == at(period, unit, "T", "RECLASS_OUT_M")
        for row in ("T", "R02", "R06", "R07", "R10", "R10U", "M01", "M02", "M04", "M06", "M07"):
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_X01}
            assert c["FILED_M"] == c["FILED_NEW_M"] + c["FILED_LATE_M"]
            assert c["SOLVED_M"] == c["SOLVED_CUR_M"] + c["SOLVED_OLD_M"]
            assert c["SOLVED_LINK_M"] <= c["SOLVED_M"]
            assert c["SOLVED_CUR_YTD"] <= c["FILED_YTD"] + c["IN_YTD"]
            before = _before(period)
            if before and (period, unit) not in _TREE_CHANGED:
                assert c["FILED_YTD"] == at(before, unit, row, "FILED_YTD") + c["FILED_M"] + c["RECLASS_IN_M"] - c["RECLASS_OUT_M"]
                compared += 1
    assert compared > 1000
    for period in province.result.months:
        units = {key[2] for key in province.tally if key[1] == period}
        stations = {unit for unit in units if not unit.endswith("000000")} | {"000000000000"}
        received = sum(at(period, unit, "T", "IN_M") - at(period, unit, "T", "IN_EXT_M") for unit in stations)
        sent = sum(at(period, unit, "T", "OUT_M") - at(period, unit, "T", "OUT_EXT_M") for unit in stations)
        assert received == sent
        assert at(period, "990000000000", "T", "FILED_M") == sum(at(period, unit, "T", "FILED_M") for unit in stations)


def test_the_tally_of_administrative_cases_balances(province):
    """Checks Z01-01 to Z01-04 of the standard."""
    at = _reader(province, "Z01")
    for period, unit in _places(province, "Z01"):
        for column in ("OPEN", "ACC_M", "DEALT_M", "CLOSE", "ACC_YTD", "DEALT_PY", "PERS_M"):
            assert at(period, unit, "T", column) == sum(at(period, unit, row, column) for row in ("P1", "P2", "P3", "P4", "P9"))
            assert at(period, unit, "T", column) == sum(at(period, unit, f"G{n:02d}", column) for n in range(1, 20))
        for row in ("T", "P1", "P3", "P4", "P9", "M01", "G07", "G19"):
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_Z01}
            assert c["OPEN"] + c["ACC_M"] + c["IN_M"] == c["DEALT_M"] + c["TERM_M"] + c["TO_CRIM_M"] + c["OUT_M"] + c["CLOSE"]
            assert c["CLOSE_UNK"] <= c["CLOSE"]
            assert c["FROM_CRIM_M"] <= c["ACC_M"]
            assert c["ACC_LATE_M"] <= c["ACC_M"]
    months = province.result.months
    for before, period in pairwise(months):
        assert at(period, "990000000000", "T", "OPEN") == at(before, "990000000000", "T", "CLOSE") > 0
    wrong = [key for key in province.tally if key[0] == "Z01" and key[4] == "LAW_WRONG_M" and key[3] == "T" and key[2] == "990000000000"]
    assert len(wrong) == 1  # one clerk, once


def test_the_tally_of_calls_balances(province):
    """Checks Z11-01 to Z11-04 of the standard."""
    at = _reader(province, "Z11")
    for period, unit in _places(province, "Z11"):
        for column in ("CUR", "PREV", "YTD", "PY"):
            c = {row: at(period, unit, row, column) for row in _ROWS_OF_Z11}
            assert c["T"] == c["V"] + c["D"] + c["N"]
            assert c["V"] == sum(c[row] for row in ("V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V99"))
            assert c["V6"] == c["V61"] + c["V62"]
            assert c["M1"] == c["V1"] + c["V2"]
            assert c["N"] == sum(c[row] for row in ("N1", "N2", "N3", "N4", "N9"))
            assert c["T"] == sum(c[row] for row in ("K1", "K2", "K3", "K4", "K5", "K9"))
        turned = at(period, unit, "V", "TURNED_VALID") - at(period, unit, "V", "TURNED_INVALID")
        assert at(period, unit, "V", "CUR") == at(period, unit, "V", "CUR_INIT") + turned
        assert at(period, unit, "T", "CUR") == at(period, unit, "T", "CUR_INIT")
        assert at(period, unit, "V", "DISP") <= at(period, unit, "V", "CUR")
    assert (
        sum(at(period, "990000000000", "T", "CUR") for period in province.result.months)
        == province.result.records["incident_desk.incident"]
    )


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


def test_the_tally_of_charges_is_that_of_the_groups(province):
    """Checks X02-01 and X01-11 of the standard, on the tally."""
    at01, at = _reader(province, "X01"), _reader(province, "X02")
    chapters = [f"CH{number:02d}" for number in range(1, 11)]
    rows = {key[3] for key in province.tally if key[0] == "X02"}
    for period, unit in _places(province, "X02"):
        for column in ("FILED_M", "FILED_YTD", "FILED_PY", "SOLVED_M", "WITHDRAWN_YTD", "REFER_CASES", "REFER_PERS"):
            assert at(period, unit, "T", column) == sum(at(period, unit, row, column) for row in [*chapters, "U"])
            sections = [row for row in rows if row.startswith("CH06S")]
            assert at(period, unit, "CH06", column) == sum(at(period, unit, row, column) for row in sections)
        assert at(period, unit, "T", "REFER_CASES") <= at(period, unit, "T", "REFER_PERS")
        for column in ("FILED_M", "FILED_YTD", "SOLVED_M", "SOLVED_CUR_YTD", "WITHDRAWN_M"):
            assert at(period, unit, "T", column) == at01(period, unit, "T", column)
            assert at(period, unit, "C221", column) == at01(period, unit, "R06", column)
            assert at(period, unit, "CH06S7", column) == at01(period, unit, "M03", column)
    assert sum(at(period, ROOT, "T", "REFER_PERS") for period in province.result.months) > 200


def test_the_tally_of_disputes_balances(province):
    """Checks Z13-01 to Z13-05 of the standard."""
    at = _reader(province, "Z13")
    blocks = [[f"K{n:02d}" for n in range(1, 11)] + ["K99"], ["L1", "L2", "L3", "L4", "L9"], ["S1", "S2", "S3", "S4", "S9"]]
    for period, unit in _places(province, "Z13"):
        for column in ("OPEN", "FOUND", "RESOLVED", "CLOSE", "OVERDUE", "FOUND_YTD", "RES_COH", "C2C_YTD", "CIV2ADM"):
            for rows in blocks:
                assert at(period, unit, "T", column) == sum(at(period, unit, row, column) for row in rows), (period, unit, column)
        for row in ("T", *blocks[0], *blocks[1], *blocks[2]):
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_Z13}
            assert c["OPEN"] + c["FOUND"] + c["REOPEN"] + c["IN"] == c["RESOLVED"] + c["HANDED"] + c["TO_CASE"] + c["OUT"] + c["CLOSE"]
            assert c["OVERDUE"] <= c["CLOSE"]
            assert c["SPOT"] <= c["RESOLVED"]
            assert c["CIV2DEATH"] <= c["CIV2CRIM"]
            assert c["RES_COH"] <= c["FOUND_YTD"]
        assert at(period, unit, "T", "CIV2CRIM") == _reader(province, "X01")(period, unit, "M07", "FILED_M")
        assert at(period, unit, "T", "CIV2ADM") == _reader(province, "Z01")(period, unit, "M01", "ACC_M")
    for before, period in pairwise(province.result.months):
        assert at(period, ROOT, "T", "OPEN") == at(before, ROOT, "T", "CLOSE") > 0
    assert all(sum(at(period, unit, "T", column) for period, unit in _places(province, "Z13")) > 0 for column in _COLUMNS_OF_Z13)


def test_the_tally_of_objects_balances(province):
    """Checks Z14-01 to Z14-05 of the standard, in every row and community."""
    at = _reader(province, "Z14")
    rows = sorted({key[3] for key in province.tally if key[0] == "Z14"})
    for period, unit in _places(province, "Z14"):
        for column in ("OPEN", "NEW", "MOVE_IN", "CANCEL", "CLOSE", "UPDATED", "FIELDS", "FILLED", "DUE", "FRESH"):
            c = {row: at(period, unit, row, column) for row in ("T", "O1", "O2", "O21", "O22", "O23", "O24", "O3", "O31", "O4")}
            assert c["T"] == c["O1"] + c["O2"] + c["O3"] + c["O4"]
            assert c["O2"] == c["O21"] + c["O22"] + c["O23"]
            assert c["O31"] <= c["O3"]
            assert c["O24"] <= c["O21"]
        is_station = unit in province.stations
        for column in ("OPEN", "NEW", "CANCEL", "CLOSE", "FIELDS") if is_station else ():
            communities = sum(at(period, unit, row, column) for row in rows if row.startswith("O1/"))
            assert at(period, unit, "O1", column) == communities
        for row in rows:
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_Z14}
            assert c["OPEN"] + c["NEW"] + c["RESTORE"] + c["MOVE_IN"] == c["MOVE_OUT"] + c["CANCEL"] + c["MERGED"] + c["CLOSE"], row
            assert c["FILLED"] <= c["FIELDS"]
            assert max(c["REC_FULL"], c["RULE_OK"], c["LINKED"], c["DUE"]) <= c["CLOSE"]
            assert c["FRESH"] <= c["DUE"]
            assert c["LEAVE30"] <= c["LEAVE"]
    assert {row.split("/")[1] for row in rows if "/" in row} >= {"-", "990101510000001"}
    assert all(sum(at(period, unit, "O2", column) for period, unit in _places(province, "Z14")) > 0 for column in _COLUMNS_OF_Z14)


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


_COLUMNS_OF_Z13 = (
    "OPEN", "FOUND", "REOPEN", "IN", "RESOLVED", "SPOT", "HANDED", "TO_CASE", "OUT", "CLOSE", "OVERDUE", "CIV2CRIM", "CIV2DEATH", "RES_COH",
    "FOUND_YTD",
)  # fmt: skip
_COLUMNS_OF_Z14 = (
    "OPEN", "NEW", "RESTORE", "MOVE_IN", "MOVE_OUT", "CANCEL", "MERGED", "CLOSE", "FIELDS", "FILLED", "REC_FULL", "RULE_OK", "LINKED", "DUE",
    "FRESH", "LEAVE", "LEAVE30",
)  # fmt: skip
_COLUMNS_OF_X01 = (
    "FILED_M", "FILED_NEW_M", "FILED_LATE_M", "FILED_YTD", "SOLVED_M", "SOLVED_CUR_M", "SOLVED_OLD_M", "SOLVED_LINK_M", "SOLVED_CUR_YTD",
    "IN_YTD",
    "RECLASS_IN_M", "RECLASS_OUT_M",
)  # fmt: skip
_COLUMNS_OF_Z01 = (
    "OPEN", "ACC_M", "ACC_LATE_M", "FROM_CRIM_M", "IN_M", "DEALT_M", "TERM_M", "TO_CRIM_M", "OUT_M", "CLOSE", "CLOSE_UNK",
)  # fmt: skip
_ROWS_OF_Z11 = (
    "T", "V", "V1", "V2", "V3", "V4", "V5", "V6", "V61", "V62", "V7", "V8", "V9", "V10", "V99", "D", "N", "N1", "N2", "N3", "N4", "N9",
    "M1", "K1", "K2", "K3", "K4", "K5", "K9",
)  # fmt: skip


def _reader(province, form):
    return lambda period, unit, row, column: province.tally.get((form, period, unit, row, column), Decimal(0))


def _places(province, form) -> list[tuple[str, str]]:
    return sorted({(key[1], key[2]) for key in province.tally if key[0] == form})


def _before(period: str) -> str | None:
    """The month before within the year; None for January, when cumulative columns begin anew."""
    year, month = int(period[:4]), int(period[5:])
    return None if month == 1 else f"{year}-{month - 1:02d}"
