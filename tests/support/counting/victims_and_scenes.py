"""Forms X15, X17, X18 and X19: suspects, victims, scenes, and seized property."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from policestats.simulator.codes import CHARGES
from policestats.simulator.province import OUTSIDE
from tests.support.counting.books import Books, Row
from tests.support.counting.criminal import CriminalCases
from tests.support.counting.persons import background, sex_and_age
from tests.support.counting.sheet import Sheet
from tests.support.counting.stays import Step, came_in, count_stock, left_in, stays
from tests.support.counting.window import counts_on

_INJURIES = {"dead": "DEAD", "serious": "SERIOUS", "light": "LIGHT", "slight": "SLIGHT", "none": "NONE"}
_LONGEST = timedelta(hours=8)
_KINDS = ("G1", "G2", "G3", "G4", "G5")
_WAYS_OUT = {"returned": "RETURN", "transferred": "TRANSFER", "remitted": "REMIT"}


def _groups(charge: str | None) -> list[str]:
    return ["T", CHARGES[charge].group] if charge in CHARGES else ["T", "R10", "R10U"]


def x15(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X15: suspects on the day they come, by what their record says; units apart."""
    prior = {True: "PRIOR1", False: "PRIOR2"}
    for day, row, case in cases.dated(cases.books.rows("criminal_person"), "arrived_on"):
        if sheet.span.holds(day):
            is_natural = row["person_kind_code"] == "natural"
            columns = ("ALL", *background(row), prior.get(row["has_prior_record"], "PRIOR9")) if is_natural else ("UNITS",)
            for column in columns:
                sheet.count(column, case.holder(day), _groups(case.charge(sheet.span.after)))


def x17(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X17: victims with the filing of their case, late when their record was; injuries by the last opinion known at the end."""
    for row in cases.books.rows("criminal_victim"):
        case = cases.cases[row["case_no"]]
        day = counts_on(case.record["filed_on"], max(case.record["entered_at"], row["entered_at"]))
        if case.record["is_received_from_outside"] or not sheet.span.holds(day):
            continue
        known = [
            grade
            for grade in cases.books.by("injury_grade", "case_no").get(row["case_no"], ())
            if grade["victim_no"] == row["victim_no"]
            and (counts_on(grade["graded_on"], grade["entered_at"]) or date.max) < sheet.span.after
        ]
        last = _last(known, "graded_on")
        injury = "INJ9" if last is None else _INJURIES.get(last["injury_code"], "INJ9")
        columns = ("VICT", *sex_and_age(row), injury) if row["victim_kind_code"] == "natural" else ("UNIT_VICT",)
        for column in columns:
            sheet.count(column, case.record["filing_unit_code"], _groups(case.charge(sheet.span.after)))


def x18(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X18: filings and solvings by the last examination of the scene known at the end."""
    filed = [(day, case.record["case_no"], case.record["filing_unit_code"]) for day, _, case in cases.filed]
    solved = [(day, case.record["case_no"], case.holder(day)) for day, _, case in cases.solved]
    for column, found in (("FILED", filed), ("SOLVED", solved)):
        for day, number, unit in found:
            if sheet.span.holds(day):
                sheet.count(column, unit, _scene(cases.books, number, sheet.span.after))


def _scene(books: Books, number: str, after: date) -> list[str]:
    known = [
        row
        for row in books.by("scene_examination", "case_no").get(number, ())
        if (counts_on(row["examined_on"], row["entered_at"]) or date.max) < after
    ]
    row = _last(known, "examined_on")
    if row is None:
        return ["T", "H99", "W9", "PL99", "MO99"]
    hour, weekday = "H99", "W9"
    if row["earliest_at"] is not None:
        until = row["latest_at"] or row["earliest_at"]
        if timedelta() <= until - row["earliest_at"] <= _LONGEST:  # a longer interval is 不明 (corrections.md 13)
            middle = row["earliest_at"] + (until - row["earliest_at"]) / 2
            hour, weekday = f"H{middle.hour // 3 * 3:02d}", f"W{middle.isoweekday()}"
    places, means = {f"PL{number:02d}" for number in range(1, 15)}, {f"MO{number:02d}" for number in range(1, 13)}
    return ["T", hour, weekday, _member(row["place_code"], places, "PL99"), _member(row["means_code"], means, "MO99")]


def _member(code: str | None, known: Iterable[str], unknown: str) -> str:
    return code if code is not None and code in known else unknown


def _last(rows: list[Row], on: str) -> Row | None:
    return max(rows, key=lambda row: (row[on], row["entered_at"]), default=None)


def x19(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X19: items of property held in criminal cases, and what they were worth when seized; a move nets out above both units."""
    events = cases.books.by("seized_property_event", "item_no")
    for item in cases.books.rows("seized_property"):
        if item["case_kind_code"] == "admin":
            continue
        kind, value = item["property_kind_code"], item["value_yuan"] or 0
        rows = ["T", kind] if kind in _KINDS else ["T", "G5", "G5U"]
        steps = [
            (
                counts_on(item["seized_on"], item["entered_at"]),
                item["seized_on"],
                False,
                item["entered_at"],
                False,
                "seized",
                item["unit_code"],
            )
        ]
        for row in events.get(item["item_no"], ()):
            unit = OUTSIDE if row["is_to_outside"] else row["to_unit_code"]
            is_end = row["kind_code"] != "moved"
            steps.append(
                (
                    counts_on(row["occurred_on"], row["entered_at"]),
                    row["occurred_on"],
                    True,
                    row["entered_at"],
                    is_end,
                    row["kind_code"],
                    None if is_end else unit,
                )
            )
        dated = sorted((step for step in steps if step[0] is not None), key=lambda step: step[:5])
        for stay in stays(Step(day, what, unit, not is_end, is_end) for day, _, _, _, is_end, what, unit in dated if day is not None):
            for suffix, number in (("", 1), ("_AMT", value)):
                count_stock(sheet, stay, rows, number, opening=f"OPEN{suffix}", closing=f"CLOSE{suffix}")
                if came_in(stay, sheet.span):
                    sheet.count_beyond(f"IN{suffix}", stay.unit, stay.came_from, rows, number)
                if left_in(stay, sheet.span):
                    way = _WAYS_OUT.get(stay.left or "")
                    if way is not None:
                        sheet.count(f"{way}{suffix}", stay.unit, rows, number)
                    else:
                        sheet.count_beyond(f"OTHER{suffix}", stay.unit, stay.left_to, rows, number)
