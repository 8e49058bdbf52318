"""Forms X03 and X04: the eight major crimes, and homicides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.support.counting import charges
from tests.support.counting.books import Row
from tests.support.counting.criminal import Case, CriminalCases, count_block, first_of
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import Window, counts_on

#: 公安部 2022: 杀人 伤害 强奸 抢劫 放火 爆炸 绑架 劫持; of the last but one and the last only the first and no charge occurs here
_EIGHT = {"C177": "E1", "C179": "E2", "C182": "E3", "C220": "E4", "C013": "E5", "C187": "E7"}


def x03(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X03: block K, the dead, and those whose injury is serious at the end (corrections.md, row X03)."""

    def rows(_: Case, charge: str | None) -> list[str]:
        row = _EIGHT.get(charges.of_today(charge) or "")
        return [] if row is None else ["T", row]

    count_block(sheet, cases, rows)
    for column, grade, day, row, case in _injuries(cases):
        if sheet.span.holds(day) and (grade == "dead" or _last_grade(cases, row, sheet.span.after) == "serious"):
            sheet.count(column, case.holder(day), rows(case, case.charge(sheet.span.after)))


def x04(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X04: homicides as recognised at the end of each window (认定日), and per 100,000 residents of the year (corrections.md 13)."""
    first = first_of(
        (one for one in cases.dated(cases.books.rows("homicide_recognition"), "recognised_on") if one[1]["is_recognised"]), "recognised_on"
    )
    for name, part in (("M", sheet.span), ("YTD", sheet.span.to_date), ("PY", sheet.span.year_before)):
        if part is None:
            continue
        for day, _, case in first:
            if part.holds(day):
                sheet.count(f"FOUND_{name}", case.holder(day), _kind(cases, case, part))
        if name == "PY":
            continue
        for day, _, case in cases.filed:
            if part.holds(day):
                sheet.count(f"FILED_{name}", case.record["filing_unit_code"], _kind(cases, case, part))
        for day, _, case in cases.solved:
            if part.holds(day):
                rows, unit = _kind(cases, case, part), case.holder(day)
                sheet.count(f"SOLVED_{name}", unit, rows)
                if case.filed_on.year == day.year:
                    sheet.count(f"SOLVED_CUR_{name}", unit, rows)
                elif name == "M":
                    sheet.count("SOLVED_OLD_M", unit, rows)
    for column, grade, day, _, case in _injuries(cases):
        if grade == "dead" and sheet.span.holds(day):
            sheet.count(column, case.holder(day), _kind(cases, case, sheet.span))
    for row in cases.books.rows("resident_population"):
        if sheet.span.to_date.holds(row["year_begins_on"]):
            sheet.count("POP", row["unit_code"], ["T"], row["mean_population"])
    sheet.change("FOUND_YOY", "FOUND_YTD", "FOUND_PY")
    sheet.rate("RATE_YTD", {"SOLVED_YTD": 1}, {"FILED_YTD": 1})
    sheet.rate_over_row("PER100K", "FOUND_YTD", ("T", *(f"H{number}" for number in range(1, 9)), "HU"), over="POP", row="T", per=100_000)


def _injuries(cases: CriminalCases) -> Iterator[tuple[str, str, date, Row, Case]]:
    """Yield each grade of each victim once, on the day on which the first opinion that says so counts."""
    seen = set()
    found = cases.dated(cases.books.rows("injury_grade"), "graded_on")
    for day, row, case in sorted(found, key=lambda one: (one[0], one[1]["graded_on"], one[1]["entered_at"])):
        key = (row["case_no"], row["victim_no"], row["injury_code"])
        if row["injury_code"] in ("dead", "serious") and key not in seen:
            seen.add(key)
            yield row["injury_code"].upper(), row["injury_code"], day, row, case


def _last_grade(cases: CriminalCases, of: Row, after: date) -> str | None:
    found = [
        row
        for row in cases.books.by("injury_grade", "case_no")[of["case_no"]]
        if row["victim_no"] == of["victim_no"] and (counts_on(row["graded_on"], row["entered_at"]) or after) < after
    ]
    return max(found, key=lambda row: (row["graded_on"], row["entered_at"]))["injury_code"] if found else None


def _kind(cases: CriminalCases, case: Case, part: Window) -> list[str]:
    """Return the rows of a case that is a homicide at the end of ``part``: by the last recognition, which may take the first one back."""
    known = [
        row
        for row in cases.books.by("homicide_recognition", "case_no").get(case.record["case_no"], ())
        if (counts_on(row["recognised_on"], row["entered_at"]) or part.after) < part.after
    ]
    if not known:
        return []
    last = max(known, key=lambda row: (row["recognised_on"], row["entered_at"]))
    return ["T", last["homicide_kind_code"] or "HU"] if last["is_recognised"] else []
