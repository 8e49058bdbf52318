"""Forms X07 to X12: cases by charges of the form's own, each with what the form asks beside block K."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tests.support.counting import charges
from tests.support.counting.books import Row
from tests.support.counting.criminal import Case, CriminalCases, RowsOf, count_block, first_of
from tests.support.counting.parties import count_arrivals
from tests.support.counting.property_crime import count_recovered
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import counts_on

_KILOGRAM = 1000
_ARMED = ("C043", "C044", "C045", "C046", "C047", "C048", "C049", "C050", "C051", "C271", "C272", "C273")
_ECONOMIC = ("CH03S1", "CH03S3", "CH03S4", "CH03S5", "CH03S6", "CH03S7", "CH03S8")
#: article 237 is 猥亵 C184 and C185, 358 is C368 to C370, 359 is C371 and C372
_OF_ARTICLE = {"C184": "A237", "C185": "A237", **dict.fromkeys(("C368", "C369", "C370"), "A358"), **dict.fromkeys(("C371", "C372"), "A359")}
_WOMEN_CHILDREN = (*_OF_ARTICLE, "C182", "C183", "C188", "C189", "C190", "C214", "C215", "C216", "C217", "C218", "C219", "C283")
_CYBER = ("C207", "C251", "C252", "C253", "C254", "C255", "C256", "C257")
_OF_AGENCIES = ("CH03S1", "CH03S7", "CH06S6")
_WEAPONS = {"gun": "GUNS", "ammunition": "AMMO", "explosive": "EXPL"}


def _by_section(sections: Iterable[str], *others: str) -> RowsOf:
    wanted = set(sections)

    def rows(_: Case, charge: str | None) -> list[str]:
        today = charges.of_today(charge)
        if today is None:
            return []
        if today in others:
            return ["T", today]
        section = charges.place(today)
        return ["T", section, today] if section in wanted else []

    return rows


def x07(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X07: the charges of chapter 6 section 7, suspects, cases above 1 kg of one drug, and grams of each kind that never add up."""

    def rows(_: Case, charge: str | None) -> list[str]:
        today = charges.of_today(charge)
        return ["T", today] if today is not None and charges.place(today) == "CH06S7" else []

    count_block(sheet, cases, rows)
    count_arrivals(sheet, cases, rows, CAUGHT="natural")
    weighed = list(cases.dated(cases.books.rows("drug_weight"), "weighed_on"))
    for day, row, case in weighed:
        if sheet.span.holds(day) and rows(case, case.charge(sheet.span.after)):
            kind = row["drug_kind_code"] if row["drug_kind_code"] in {f"D{number}" for number in range(1, 9)} else "D9"
            sheet.count("SEIZED_g", case.holder(day), [kind], row["weight_g"])
    for day, _, case in first_of((one for one in weighed if one[1]["weight_g"] > _KILOGRAM), "weighed_on"):
        if sheet.span.holds(day):
            sheet.count("W1KG", case.holder(day), rows(case, case.charge(sheet.span.after)))


def x08(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X08: chapter 3 without smuggling, and 职务侵占, 挪用资金."""
    rows = _by_section(_ECONOMIC, "C226", "C227")
    count_block(sheet, cases, rows)
    count_recovered(sheet, cases, rows)
    count_arrivals(sheet, cases, rows, UNITS="unit")
    _count_filings(sheet, cases, rows, AMOUNT="involved_yuan", REF_ADMIN="is_agency_referral")


def x09(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X09: armed and mafia-style crime, weapons seized, and organisations recognised with their people."""

    def rows(_: Case, charge: str | None) -> list[str]:
        today = charges.of_today(charge)
        return ["T", today] if today in _ARMED else []

    count_block(sheet, cases, rows)
    for day, row, case in cases.dated(cases.books.rows("seized_weapon"), "seized_on"):
        if sheet.span.holds(day):
            sheet.count(_WEAPONS[row["weapon_kind_code"]], case.holder(day), rows(case, case.charge(sheet.span.after)), row["quantity"])
    organisations = {row["organisation_no"]: row for row in cases.books.rows("criminal_organisation")}
    for row in organisations.values():
        if sheet.span.holds(counts_on(row["recognised_on"], row["entered_at"])):
            sheet.count("ORG_NEW", row["unit_code"], _kinds(row))
    links = {row["case_no"]: row for row in cases.books.rows("criminal_organisation_case")}
    for arrived, row, case in cases.dated(cases.books.rows("criminal_person"), "arrived_on"):
        link = links.get(row["case_no"])
        if link is None or row["person_kind_code"] != "natural":
            continue
        organisation = organisations[link["organisation_no"]]
        # recognition is retroactive, and closed quarters stay: who came before it counts with it
        recognised = counts_on(organisation["recognised_on"], max(link["entered_at"], organisation["entered_at"]))
        day = max(arrived, recognised or arrived)
        if sheet.span.holds(day):
            sheet.count("CAUGHT", case.holder(day), _kinds(organisation))


def x10(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X10: the charges of its fifteen articles; victims count with the filing of their case, the rescued on the day."""

    def rows(_: Case, charge: str | None) -> list[str]:
        today = charges.of_today(charge)
        if today not in _WOMEN_CHILDREN:
            return []
        return ["T", _OF_ARTICLE[today], today] if today in _OF_ARTICLE else ["T", today]

    count_block(sheet, cases, rows)
    for victim in cases.books.rows("criminal_victim"):
        case = cases.cases[victim["case_no"]]
        if victim["victim_kind_code"] != "natural":
            continue
        stands_in, age = rows(case, case.charge(sheet.span.after)), victim["act_age"]
        day = counts_on(case.record["filed_on"], _later(case.record["entered_at"], victim["entered_at"]))
        if sheet.span.holds(day) and not case.record["is_received_from_outside"]:
            is_under_14, is_minor = age is not None and age < 14, age is not None and age < 18
            for column, is_counted in (
                ("VICT", True),
                ("VICT_F", victim["sex_code"] == "2"),
                ("VICT_LT14", is_under_14),
                ("VICT_14_17", is_minor and not is_under_14),
            ):
                if is_counted:
                    sheet.count(column, case.record["filing_unit_code"], stands_in)
        rescued = counts_on(victim["rescued_on"], victim["entered_at"])
        if rescued is not None and sheet.span.holds(rescued):
            sheet.count("RESCUED", case.holder(rescued), stands_in)


def x11(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X11: crimes over networks, and 掩饰隐瞒 where the crime it served was one."""

    def rows(case: Case, charge: str | None) -> list[str]:
        today = charges.of_today(charge)
        is_shown = today in _CYBER or (today == "C300" and case.record["is_cyber_upstream"])
        return ["T", today] if today is not None and is_shown else []

    count_block(sheet, cases, rows)
    count_arrivals(sheet, cases, rows, CAUGHT="natural")
    _count_filings(sheet, cases, rows, AMOUNT="involved_yuan", RECORDS="personal_record_count")


def x12(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X12: products, intellectual property and environment; referrals by agencies under the charge that they suspect."""
    rows = _by_section(_OF_AGENCIES)
    count_block(sheet, cases, rows)
    for day, row, case in cases.dated(cases.books.rows("case_valuation"), "valued_on"):
        if sheet.span.holds(day):
            sheet.count("VALUE", case.holder(day), rows(case, case.charge(sheet.span.after)), row["value_yuan"])
    for row in cases.books.rows("agency_referral"):
        stands_in = rows(_NO_CASE, row["charge_code"])
        if sheet.span.holds(counts_on(row["received_on"], row["entered_at"])):
            sheet.count("REF_ADMIN", row["unit_code"], stands_in)
        if row["outcome_code"] == "not_filed" and sheet.span.holds(counts_on(row["decided_on"], row["decision_entered_at"])):
            sheet.count("NOTFILED", row["unit_code"], stands_in)


def _count_filings(sheet: Sheet, cases: CriminalCases, rows: RowsOf, **columns: str) -> None:
    """Add what the record of each case says when it is filed; true counts one, what is not stated nothing."""
    for day, _, case in cases.filed:
        if sheet.span.holds(day):
            stands_in = list(rows(case, case.charge(sheet.span.after)))
            for column, stated in columns.items():
                sheet.count(column, case.record["filing_unit_code"], stands_in, case.record[stated] or 0)


def _kinds(organisation: Row) -> list[str]:
    return ["O", organisation["organisation_kind_code"] or "OU"]


def _later(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


_NO_CASE = Case({}, [], [])
