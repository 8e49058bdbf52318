"""Forms Z02, Z03, Z04, Z05 and Z09: administrative cases by cause, what was decided and imposed, and mediation."""

from __future__ import annotations

from tests.support.counting import causes
from tests.support.counting.admin import LAW_CHANGED_ON, AdminCases, RowsOf, count_admin_block, left_in
from tests.support.counting.books import Row
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import counts_on

_ITEMS = {"detention": "I_DET", "fine": "I_FINE", "warning": "I_WARN", "revocation": "I_REV", "expulsion": "I_DEP"}
_ITEMS_OF_OTHER_LAWS = {**_ITEMS, "confiscation": "I_CONF", "closure": "I_STOP"}
#: 拘留 > 吊销 > 罚款 > 警告; expulsion counts where there is nothing else
_HEAVIEST = {"detention": "H_DET", "revocation": "H_REV", "fine": "H_FINE", "warning": "H_WARN", "expulsion": "H_DEP"}
_TREATMENTS = {"community_rehab": "COMM_REHAB", "forced_rehab": "FORCED_REHAB"}
#: highest fines on the spot and of a station, by the law applied (rules.md T18, T19)
_LIMITS = {"psapl_2012": (200, 500), "psapl_2025": (500, 1000)}


def z02(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z02: by cause under the law applied; of a cause that the law of 2025 repealed, acts since then are counted apart."""
    count_admin_block(sheet, cases, causes.by_cause)
    for stay in cases.stays:
        record, cause = stay.case.record, stay.case.cause(sheet.span.after)
        if stay.came == "accepted" and sheet.span.holds(stay.since) and cause in causes.REPEALED and record["act_on"] >= LAW_CHANGED_ON:
            sheet.count("OLD_LAW", stay.unit, causes.by_cause(cause, record))


def z03(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z03: cases of other laws, the items of their penalties, and beside them all cases accepted."""
    count_admin_block(sheet, cases, causes.by_law)
    for item, decision, case in cases.items(sheet.span):
        sheet.count(
            _ITEMS_OF_OTHER_LAWS[item["kind_code"]], decision["unit_code"], causes.by_law(case.cause(sheet.span.after), case.record)
        )
    for stay in cases.stays:
        if stay.came == "accepted" and sheet.span.holds(stay.since):
            sheet.count("ALL_ACC", stay.unit, ["T"])


def z04(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z04: outcomes of cases, decisions on persons, and items of penalties."""
    after = sheet.span.after
    for stay in left_in(cases, sheet.span, ("dealt", "terminated", "to_criminal")):
        rows = causes.sections(stay.case.cause(after), stay.case.record)
        if stay.left == "dealt":
            sheet.count("DEALT", stay.unit, rows)
            sheet.count(stay.case.outcome(after) or "", stay.unit, rows)
        else:
            sheet.count("TERM" if stay.left == "terminated" else "TO_CRIM", stay.unit, rows)
    for row, case in cases.decided(sheet.span):
        rows, unit, is_penalty = causes.sections(case.cause(after), case.record), row["unit_code"], row["kind_code"] == "penalty"
        if row["person_kind_code"] != "natural":
            if is_penalty:
                sheet.count("UNIT_PEN", unit, rows)
            continue
        sheet.count("P_ALL", unit, rows)
        if is_penalty:
            sheet.count("P_PEN", unit, rows)
            kinds = {item["kind_code"] for item in cases.books.by("penalty_item", "decision_no").get(row["decision_no"], ())}
            heaviest = next((column for kind, column in _HEAVIEST.items() if kind in kinds), None)
            for column, is_so in ((heaviest, heaviest), ("SPOT", row["is_on_the_spot"]), ("STATION", row["decided_by_code"] == "station")):
                if is_so and column:
                    sheet.count(column, unit, rows)
    for item, decision, case in cases.items(sheet.span):
        rows = causes.sections(case.cause(after), case.record)
        for column in _columns_of(item, decision, cases, case.record):
            sheet.count(column, decision["unit_code"], rows)
        if item["kind_code"] == "fine":
            sheet.count("FINE_AMT", decision["unit_code"], rows, item["fine_yuan"] or 0)
            cap = causes.highest_fine(case.cause(after), case.record)
            if cap is not None and item["fine_yuan"] is not None and item["fine_yuan"] > cap:
                sheet.count("CAP_OVER", decision["unit_code"], rows)
    for row in cases.dated("confiscation", "confiscated_on", "entered_at", sheet.span):
        sheet.count("SEIZED", row["unit_code"], cases.rows_at(row["case_no"], after, causes.sections))


def _columns_of(item: Row, decision: Row, cases: AdminCases, record: Row) -> list[str]:
    """Return the columns of one item: its kind, why a detention is not executed (the heaviest ground alone), and limits exceeded."""
    kind = item["kind_code"]
    found = [_ITEMS[kind]] if kind in _ITEMS else []
    if kind == "detention" and item["is_executed"] is False:
        ground = _ground(cases.persons[decision["case_no"], decision["person_no"]])
        found += [] if ground is None else ["NX", ground]
    if kind == "fine" and item["fine_yuan"] is not None and record["applied_law_code"] in _LIMITS:
        on_the_spot, of_station = _LIMITS[record["applied_law_code"]]
        found += ["SPOT_OVER"] if decision["is_on_the_spot"] and item["fine_yuan"] > on_the_spot else []
        found += ["STATION_OVER"] if decision["decided_by_code"] == "station" and item["fine_yuan"] > of_station else []
    return found


def _ground(person: Row) -> str | None:
    """Return why a detention is not executed (处罚法 2025 §23): 14-15, 16-17 for the first time, 70 and over, pregnant or nursing."""
    age = person["act_age"]
    if age in (14, 15):
        return "NX14"
    if age in (16, 17) and person["is_first_violation"]:
        return "NX16"
    if age is not None and age >= 70:
        return "NX70"
    return "NXPREG" if person["is_pregnant_or_nursing"] else None


def z05(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z05: mediations by the police as a stock of their own, settlements made elsewhere, and the cases that they concluded."""
    span = sheet.span
    ends = {"performed": "PERFORMED", "not_performed": "NOT_PERFORMED", "failed": "FAILED", "withdrawn": "WITHDRAWN"}
    for row in cases.books.rows("mediation"):
        rows, unit = cases.rows_at(row["case_no"], span.after, causes.by_mediability), row["unit_code"]
        began, ended = counts_on(row["applied_on"], row["entered_at"]), counts_on(row["ended_on"], row["end_entered_at"])
        agreed = counts_on(row["agreed_on"], row["agreement_entered_at"])
        if row["route_code"] != "police":
            if row["end_code"] == "performed" and span.holds(ended):
                sheet.count("PEOPLE_MED" if row["route_code"] == "people" else "SELF_SETTLED", unit, rows)
            continue
        if began is None:
            continue
        columns = [
            ("OPEN", began < span.start and (ended is None or ended >= span.start)),
            ("CLOSE", began < span.after and (ended is None or ended >= span.after)),
            ("APPLIED", span.holds(began)),
            ("SPOT", span.holds(began) and row["is_on_the_spot"]),
            ("MINOR", span.holds(began) and row["is_minor_involved"]),
            ("AGREED", span.holds(agreed)),
            (ends.get(row["end_code"], ""), span.holds(ended)),
        ]
        for column, is_counted in columns:
            if is_counted:
                sheet.count(column, unit, rows)
    for stay in left_in(cases, span, ("dealt",)):
        if stay.case.outcome(span.after) == "MED":
            sheet.count("PERFORMED_CASES", stay.unit, causes.by_mediability(stay.case.cause(span.after), stay.case.record))


def z09(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z09: vice by cause, gambling money, grams of drugs, and persons under treatment, each once (人)."""
    rows_of: RowsOf = causes.by_vice
    count_admin_block(sheet, cases, rows_of)
    for row in cases.dated("confiscation", "confiscated_on", "entered_at", sheet.span):
        if row["is_gambling_money"]:
            sheet.count("GAMBLE_AMT", row["unit_code"], cases.rows_at(row["case_no"], sheet.span.after, rows_of), row["amount_yuan"] or 0)
    for row in cases.dated("admin_drug_weight", "weighed_on", "entered_at", sheet.span):
        sheet.count("DRUG_g", row["unit_code"], cases.rows_at(row["case_no"], sheet.span.after, rows_of), row["weight_g"])
    for row, case in cases.decided(sheet.span):
        if row["measure_code"] in _TREATMENTS and row["kind_code"] == "measure" and row["person_kind_code"] == "natural":
            person = cases.persons[row["case_no"], row["person_no"]]
            for stands_in in rows_of(case.cause(sheet.span.after), case.record):
                # without an identity nobody is known to be the same person
                sheet.count_once(_TREATMENTS[row["measure_code"]], row["unit_code"], stands_in, person["id_number"] or row["decision_no"])
