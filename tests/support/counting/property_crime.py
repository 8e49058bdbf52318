"""Forms X05 and X06: crimes against property, and telecom and network fraud. Amounts are in yuan."""

from __future__ import annotations

from decimal import Decimal

from tests.support.counting import charges
from tests.support.counting.criminal import Case, CriminalCases, RowsOf, count_block, first_of
from tests.support.counting.parties import count_arrivals
from tests.support.counting.sheet import Sheet

#: 入室 机动车 车内 扒窃; all other theft is P35, electric bicycles too
_THEFT = {"0110": "P31", "0120": "P32", "0130": "P33", "0140": "P34"}
#: by telephone P41, over the internet P42, by superstition P43; all other 诈骗罪 is P44
_FRAUD = {
    **dict.fromkeys(("0310", "0313", "0314", "0315"), "P41"),
    **dict.fromkeys(("0311", "0312", "0316", "0317", "0318", "0319"), "P42"),
    "0320": "P43",
}
_OTHERS = {"C220": "P1", "C223": "P2", "C139": "P5", "C167": "P5", "C229": "P6", "C224": "P7", "C230": "P8", "C226": "P9"}
_MEANS = {"0311": "M1", "0312": "M2", "0313": "M3", "0314": "M4", "0315": "M5", "0316": "M6", "0317": "M7", "0318": "M8", "0319": "M9"}
_LARGE = Decimal(1_000_000)


def x05(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X05: block K, losses first reported and assessed, what came back, and cases of a million and above."""

    def rows(case: Case, charge: str | None) -> list[str]:
        today, means = charges.of_today(charge), case.record["mo_code"]
        if today == "C221":
            return ["T", "P3", _THEFT.get(means, "P35")]
        if today == "C222":
            return ["T", "P4", _FRAUD.get(means, "P44")]
        return ["T", _OTHERS[today]] if today in _OTHERS else []

    count_block(sheet, cases, rows)
    for day, _, case in cases.filed:
        loss = case.record["reported_loss_yuan"]
        if sheet.span.holds(day) and loss is not None:
            stands_in = rows(case, case.charge(sheet.span.after))
            sheet.count("LOSS_FIRST", case.record["filing_unit_code"], stands_in, loss)
            if loss >= _LARGE:
                sheet.count("N100W", case.record["filing_unit_code"], stands_in)
    amounts = list(cases.dated(cases.books.rows("criminal_case_amount"), "counted_on"))
    # a second assessment of a case would count its loss again
    for day, row, case in first_of((one for one in amounts if one[1]["kind_code"] == "assessed"), "counted_on"):
        if sheet.span.holds(day):
            sheet.count("LOSS_FINAL", case.holder(day), rows(case, case.charge(sheet.span.after)), row["amount_yuan"])
    count_recovered(sheet, cases, rows)


def count_recovered(sheet: Sheet, cases: CriminalCases, rows: RowsOf) -> None:
    """Count what was got back, on the day it was."""
    for day, row, case in cases.dated(cases.books.rows("criminal_case_amount"), "counted_on"):
        if row["kind_code"] == "recovered" and sheet.span.holds(day):
            sheet.count("RECOVERED", case.holder(day), rows(case, case.charge(sheet.span.after)), row["amount_yuan"])


def x06(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X06: by the means and by the loss first reported; a bound belongs to the band above it (3千以上)."""

    def rows(case: Case, _: str | None) -> list[str]:
        if not case.record["is_telecom_fraud"]:
            return []
        return ["T", _MEANS.get(case.record["mo_code"], "MU"), _band(case.record["reported_loss_yuan"])]

    count_block(sheet, cases, rows)
    for day, _, case in cases.filed:
        if sheet.span.holds(day):
            sheet.count("LOSS", case.record["filing_unit_code"], rows(case, None), case.record["reported_loss_yuan"] or 0)
    for day, row, case in cases.dated(cases.books.rows("payment_event"), "occurred_on"):
        if sheet.span.holds(day):
            sheet.count(row["kind_code"].upper(), case.holder(day), rows(case, None), row["amount_yuan"])
    count_arrivals(sheet, cases, rows, CAUGHT="natural")


def _band(loss: Decimal | None) -> str:
    if loss is None:
        return "B9"
    return "B1" if loss < 3_000 else "B2" if loss < 30_000 else "B3" if loss < 500_000 else "B4"
