"""Form Z11 of days, weeks, months and years: calls by class and channel, on the day of the call, however late it was entered."""

from __future__ import annotations

from policestats.simulator.codes import CHANNELS, INCIDENT_TYPES, PREVENTABLE_MO, VALID_CLASSES
from policestats.simulator.figures import change, ratio, share
from tests.support.counting.books import Books, Row
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import a_year_before, previous, year_to_date

_VALID_ROWS = ("V", *VALID_CLASSES, "V6")
_ROWS = ("T", *_VALID_ROWS, "D", "N", "N1", "N2", "N3", "N4", "N9", "M1", "M2", "M3", "M4", *CHANNELS)


def z11(sheet: Sheet, books: Books, period: str) -> None:
    """Count Z11 for ``period``."""
    dispatched = {row["incident_no"] for row in books.rows("dispatch_order")}
    others = (("PREV", previous(period)), ("PY", a_year_before(period)), ("YTD", year_to_date(period)))
    for call in books.rows("incident"):
        day, unit = call["received_at"].date(), call["unit_code"]
        final, intake = final_class(call), INCIDENT_TYPES.get(call["intake_type_code"], "V99")
        rows = _rows(final, call)
        for column, part in others:
            if part is not None and part.holds(day):
                sheet.count(column, unit, rows)
        if not sheet.span.holds(day):
            continue
        sheet.count("CUR", unit, rows)
        sheet.count("CUR_INIT", unit, _rows(intake, call))
        if call["diverted_on"] is not None:
            sheet.count("DIVERT", unit, rows)
        if call["incident_no"] in dispatched:
            sheet.count("DISP", unit, [row for row in rows if row == "T" or row in _VALID_ROWS])
        if (final in VALID_CLASSES) != (intake in VALID_CLASSES):
            sheet.count("TURNED_VALID" if final in VALID_CLASSES else "TURNED_INVALID", unit, ["V"])
        if "M1" in rows and call["linked_case_no"] is None:
            sheet.count("UNLINKED", unit, ["M1"])
    for unit in sheet.units_of("YTD"):
        for row in _ROWS:
            _write_rates(sheet, unit, row, period)


def _write_rates(sheet: Sheet, unit: str, row: str, period: str) -> None:
    now, days = int(sheet.at("CUR", unit, row)), (sheet.span.after - sheet.span.start).days
    sheet.write(unit, row, "DAILY", ratio(now, days, 1))
    before = previous(period)
    if before is not None:
        last = int(sheet.at("PREV", unit, row))
        sheet.write(unit, row, "MOM", change(now, last))
        if len(period) == 7:  # months are of different lengths: by daily means, now/days against last/days before
            sheet.write(unit, row, "MOM_DAILY", change(now * (before.after - before.start).days, last * days))
    if a_year_before(period) is not None:
        sheet.write(unit, row, "YOY", change(now, int(sheet.at("PY", unit, row))))
    if row in _VALID_ROWS:
        sheet.write(unit, row, "SHARE", share(now, int(sheet.at("CUR", unit, "T" if row == "V" else "V"))))
    if row == "T":
        sheet.write(unit, row, "DISP_RATE", share(int(sheet.at("DISP", unit, "T")), now))
    if row == "V62":
        sheet.write(unit, row, "DIV_RATE", share(int(sheet.at("DIVERT", unit, "V62")), now))


def final_class(call: Row) -> str:
    """Return the class after handling, at intake while not handled; a merged repeat call is D whatever its type."""
    if call["merged_into_incident_no"] is not None:
        return "D"
    return INCIDENT_TYPES.get(call["final_type_code"] or call["intake_type_code"], "V99")


def _rows(of: str, call: Row) -> list[str]:
    rows = ["T", of, call["channel_code"] if call["channel_code"] in CHANNELS else "K9"]
    if of not in VALID_CLASSES:
        return rows if of == "D" else [*rows, "N"]
    members = (
        ("V", True),
        ("V6", of in ("V61", "V62")),
        ("M1", of in ("V1", "V2")),
        ("M2", call["is_domestic_violence"]),
        ("M3", call["is_telecom_fraud"]),
        ("M4", call["mo_code"] in PREVENTABLE_MO),
    )
    return [*rows, *(row for row, is_member in members if is_member)]
