"""Form Z12: how fast orders were followed, how incidents were settled, and what callers said. Everything on the day of the call, however late it was entered."""

from __future__ import annotations

from datetime import datetime

from tests.support.counting.books import Books, Row
from tests.support.counting.calls import final_class
from tests.support.counting.sheet import Sheet

_INVALID = ("D", "N1", "N2", "N3", "N4", "N9")
#: seconds of the 1-3-5 target in a dense and in another urban area: 特巡警, 派出所, 交警
_TARGETS = {("A1", "F1"): 60, ("A1", "F2"): 180, ("A1", "F3"): 300, ("A2", "F1"): 180, ("A2", "F2"): 300, ("A2", "F3"): 300}
#: right-closed bands: exactly 30 s is in 0-30
_ACKNOWLEDGED = ((30, "S30"), (60, "S60"), (120, "S120"), (180, "S180"), (None, "SOVER"))
_ARRIVED = ((300, "A5"), (600, "A10"), (900, "A15"), (1800, "A30"), (None, "AOVER"))
_TOLD = ((1800, "FB30"), (3600, "FB60"), (7200, "FB120"), (14400, "FB240"), (None, "FBOVER"))
_REPLIES = {"satisfied": "SAT", "fairly_satisfied": "BASIC", "unsatisfied": "UNSAT"}


def z12(sheet: Sheet, books: Books) -> None:
    """Count Z12."""
    calls = {row["incident_no"]: row for row in books.rows("incident")}
    first: dict[str, Row] = {}
    for order in books.rows("dispatch_order"):
        call = calls.get(order["incident_no"])
        received = order["dispatched_at"] if call is None else call["received_at"]
        if sheet.span.holds(received.date()):
            _count_order(sheet, order, order["unit_code"] if call is None else call["unit_code"])
        if order["is_first"]:
            first[order["incident_no"]] = order
    dispatched = {order["incident_no"] for order in books.rows("dispatch_order")}
    for number, call in calls.items():
        if number in dispatched and sheet.span.holds(call["received_at"].date()) and final_class(call) not in _INVALID:
            columns = ["DISP_INC", _handling(call), *(["BWC"] if call["has_body_camera"] else [])]
            for column in columns:
                sheet.count(column, call["unit_code"], _rows(first.get(number)))
    for row in books.rows("callback"):
        if sheet.span.holds(row["due_on"]):
            for column in _columns_of_callback(row):
                sheet.count(column, row["unit_code"], _rows(first.get(row["incident_no"])))
    for column, of, over, rows in (
        ("MET_RATE", {"MET": 1}, {"TGT": 1}, None),
        ("AUNK_RATE", {"AUNK": 1}, {"ORD": 1}, None),
        ("SELF_RATE", {"SELF": 1}, {"SELF": 1, "HAND": 1}, ["F1"]),
        ("SAT_RATE", {"SAT": 2, "BASIC": 1}, {"CB_VALID": 2}, None),  # 基本满意 counts a half
        ("CB_RATE", {"CB": 1}, {"CB_DUE": 1}, None),
        ("BWC_RATE", {"BWC": 1}, {"DISP_INC": 1}, None),
    ):
        sheet.rate(column, of, over, rows=rows)


def _count_order(sheet: Sheet, order: Row, unit: str | None) -> None:
    since = order["dispatched_at"]
    arrived = _seconds(order, "arrived", since)
    columns = [
        "ORD",
        _band(_seconds(order, "acknowledged", since), _ACKNOWLEDGED, "SUNK"),
        _band(arrived, _ARRIVED, "AUNK"),
        _band(_seconds(order, "feedback", since), _TOLD, "FBUNK"),
    ]
    target = _TARGETS.get((order["area_class_code"], order["force_code"]))
    if order["priority_code"] == "urgent" and target is not None and arrived is not None:
        columns += ["TGT", "MET"] if arrived <= target else ["TGT"]
    for column in columns:
        sheet.count(column, unit, _rows(order))


def _seconds(order: Row, what: str, since: datetime | None) -> float | None:
    """Return the seconds a device measured; None for a time typed by hand, missing, or not after the order."""
    until = order[f"{what}_at"]
    if since is None or until is None or order[f"{what}_source_code"] != "device" or until <= since:
        return None
    return (until - since).total_seconds()


def _band(seconds: float | None, bands: tuple[tuple[int | None, str], ...], unknown: str) -> str:
    if seconds is None:
        return unknown
    return next(code for bound, code in bands if bound is None or seconds <= bound)


def _rows(order: Row | None) -> list[str]:
    area, force = (None, None) if order is None else (order["area_class_code"], order["force_code"])
    return ["T", area if area in ("A1", "A2", "A3", "A4") else "A9", force if force in ("F1", "F2", "F3") else "F9"]


def _handling(call: Row) -> str:
    """Return how it was settled; a case goes on elsewhere, whatever was settled at the scene."""
    if call["settlement_code"] == "settled":
        return "HAND" if final_class(call) in ("V1", "V2") else "SELF"
    return "HAND" if call["settlement_code"] == "handed" else "PEND"


def _columns_of_callback(row: Row) -> list[str]:
    found = ["CB_DUE"]
    if row["called_at"] is not None:
        found.append("CB")
        reply = _REPLIES.get(row["result_code"])
        if reply is not None:
            found += ["CB_VALID", reply]
            if reply == "UNSAT" and row["rectified_on"] is not None:
                found.append("FIXED")
    return found
