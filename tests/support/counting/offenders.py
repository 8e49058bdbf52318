"""Forms Z07, Z08 and Z10: who is punished, minors, and domestic violence."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.counting import causes
from tests.support.counting.admin import AdminCases
from tests.support.counting.books import Row
from tests.support.counting.persons import age_band, background
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import counts_on

_CORRECTIONS = {*(f"CORR{number}" for number in range(1, 10)), "SPEC"}
_RELATIONS = {"spouse": "R1", "parent_child": "R2", "relative": "R3", "former_partner": "R4", "household": "R5"}
_SEXES = {"1": "S1", "2": "S2"}


def z07(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z07: natural persons punished, 人次, by what the record of the person says."""
    for row, case in cases.decided(sheet.span):
        if row["kind_code"] == "penalty" and row["person_kind_code"] == "natural":
            person = cases.persons[row["case_no"], row["person_no"]]
            rows = causes.by_group(case.cause(sheet.span.after), case.record)
            again = {True: "REPEAT1", False: "REPEAT2"}.get(person["is_repeat_within_year"], "REPEAT9")
            for column in ("ALL", *background(person), again):
                sheet.count(column, row["unit_code"], rows)


def z08(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z08: persons under 18 at the act."""
    after = sheet.span.after
    for row, case in cases.decided(sheet.span):
        if row["person_kind_code"] != "natural" or not causes.is_public_order(case.cause(after), case.record):
            continue
        rows = _of_minor(cases, row["case_no"], row["person_no"])
        if row["kind_code"] == "penalty":
            sheet.count("PEN", row["unit_code"], rows)
        elif row["kind_code"] == "no_penalty" and "LT14" in rows:
            sheet.count("NOPEN_DISC", row["unit_code"], rows)
    for item, decision, case in cases.items(sheet.span):
        if item["kind_code"] == "detention" and causes.is_public_order(case.cause(after), case.record):
            column = "DET_EXEC" if item["is_executed"] else "DET_NOEXEC"
            sheet.count(column, decision["unit_code"], _of_minor(cases, decision["case_no"], decision["person_no"]))
    for row in cases.dated("corrective_measure", "decided_on", "entered_at", sheet.span):
        column = row["kind_code"] if row["kind_code"] in _CORRECTIONS else "CORR_UNK"
        sheet.count(column, row["unit_code"], _of_minor(cases, row["case_no"], row["person_no"]))


def _of_minor(cases: AdminCases, case_no: str, person_no: int) -> list[str]:
    band = {"1": "LT14", "2": "A14_15", "3": "A16_17"}.get(age_band(cases.persons[case_no, person_no]["act_age"]))
    if band is None:
        return []
    return ["T", band, "BULLY"] if cases.cases[case_no].record["is_student_bullying"] else ["T", band]


def z10(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z10: by relation and by the victim's sex; a call on its day, whenever it was entered, as Z11 does."""
    span, books = sheet.span, cases.books
    calls = {row["incident_no"]: row for row in books.rows("domestic_violence_call")}
    for row in books.rows("incident"):
        if row["is_domestic_violence"] and row["merged_into_incident_no"] is None and span.holds(row["received_at"].date()):
            sheet.count("CALLS", row["unit_code"], _of_parties(calls.get(row["incident_no"])))
    for row in cases.dated("violence_warning", "issued_on", "entered_at", span):
        sheet.count("WARN", row["unit_code"], _of_parties(row))
    for row in cases.dated("violence_warning", "breached_on", "breach_entered_at", span):
        sheet.count("BREACH", row["unit_code"], _of_parties(row))
    for row in cases.dated("protection_order", "assisted_on", "entered_at", span):
        sheet.count("ORDER", row["unit_code"], _of_parties(row))
    violent = {row["case_no"]: row for row in books.rows("domestic_violence_case")}
    for row, case in cases.decided(span):
        is_counted = row["kind_code"] == "penalty" and row["person_kind_code"] == "natural" and row["case_no"] in violent
        if is_counted and causes.is_public_order(case.cause(span.after), case.record):
            sheet.count("PEN", row["unit_code"], _of_parties(violent[row["case_no"]]))
    for row in _crimes(cases, violent):
        if span.holds(counts_on(row["filed_on"], row["entered_at"])):
            sheet.count("CRIM", row["filing_unit_code"], _of_parties(violent[row["case_no"]]))
    sheet.rate("LINK_RATE", {"WARN": 1, "PEN": 1, "CRIM": 1}, {"CALLS": 1}, decimals=1)


def _crimes(cases: AdminCases, violent: dict[str, Row]) -> Iterator[Row]:
    return (row for row in cases.books.rows("criminal_case") if row["case_no"] in violent and not row["is_received_from_outside"])


def _of_parties(told: Row | None) -> list[str]:
    relation, sex = (None, None) if told is None else (told["relation_code"], told["victim_sex_code"])
    return ["T", _RELATIONS.get(relation, "R9"), _SEXES.get(sex, "S9")]
