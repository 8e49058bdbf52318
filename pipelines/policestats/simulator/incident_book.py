"""The tally of form Z11: counters of calls that every act moves.

A call counts in the month it was received, whenever it was entered (lateness: restated). When an act changes what a call is (handled,
merged, dispatched, diverted, linked to a case), it is taken out of every counter first and put into the right ones after.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from policestats.simulator.calendar import add_months, days_in, month_of, month_text
from policestats.simulator.codes import CHANNELS, INCIDENT_TYPES, PREVENTABLE_MO, VALID_CLASSES
from policestats.simulator.figures import RECORDS_BEGIN, Cell, Cells, Counts, Fold, base_cells, change, ratio, share
from policestats.simulator.province import Province
from policestats.simulator.records import Row

FORM = "Z11"
VALID_ROWS = ("V", "V1", "V2", "V3", "V4", "V5", "V6", "V61", "V62", "V7", "V8", "V9", "V10", "V99")
ROWS = ("T", *VALID_ROWS, "D", "N", "N1", "N2", "N3", "N4", "N9", "M1", "M2", "M3", "M4", *CHANNELS)


@dataclass
class Incident:
    """One call, and whether anybody was sent."""

    record: Row
    is_dispatched: bool = False

    @property
    def intake_class(self) -> str:
        """The class of the type given at intake; 类别待定 for an unknown or missing one."""
        return INCIDENT_TYPES.get(self.record["intake_type_code"], "V99")

    @property
    def final_class(self) -> str:
        """The class after handling (at intake while not handled); a merged repeat call is D whatever its type."""
        if self.record["merged_into_incident_no"] is not None:
            return "D"
        handled = self.record["final_type_code"]
        return self.intake_class if handled is None else INCIDENT_TYPES.get(handled, "V99")


def _rows_of(incident_class: str, record: Row) -> list[str]:
    rows = [incident_class, "T"]
    if incident_class in VALID_CLASSES:
        rows.append("V")
        if incident_class in ("V61", "V62"):
            rows.append("V6")
        if incident_class in ("V1", "V2"):
            rows.append("M1")  # 案件类警情
        if record["is_domestic_violence"]:
            rows.append("M2")
        if record["is_telecom_fraud"]:
            rows.append("M3")
        if record["mo_code"] in PREVENTABLE_MO:
            rows.append("M4")
    elif incident_class != "D":
        rows.append("N")
    channel = record["channel_code"]
    rows.append(channel if channel in CHANNELS else "K9")
    return rows


def _places(incident: Incident) -> Iterator[tuple[str, str]]:
    """Yield every (column, row) in which the call counts, as it is now (forms_precise.csv Z11)."""
    record, final, intake = incident.record, incident.final_class, incident.intake_class
    rows = _rows_of(final, record)
    for row in rows:
        yield "CUR", row
        if record["diverted_on"] is not None:
            yield "DIVERT", row
        if incident.is_dispatched and (row == "T" or row in VALID_ROWS):
            yield "DISP", row
    for row in _rows_of(intake, record):
        yield "CUR_INIT", row
    is_valid, was_valid = final in VALID_CLASSES, intake in VALID_CLASSES
    if is_valid and not was_valid:
        yield "TURNED_VALID", "V"
    if was_valid and not is_valid:
        yield "TURNED_INVALID", "V"
    if "M1" in rows and record["linked_case_no"] is None:
        yield "UNLINKED", "M1"  # 应立未立 screen


class IncidentBook:
    """Counters by month and column."""

    def __init__(self) -> None:
        self.months: dict[date, dict[str, Counts]] = defaultdict(lambda: defaultdict(Counter))

    def _count(self, incident: Incident, sign: int) -> None:
        unit = incident.record["unit_code"]
        month = self.months[month_of(incident.record["received_at"].date())]
        for column, row in _places(incident):
            month[column][unit, row] += sign

    def received(self, incident: Incident) -> None:
        """Count a new call."""
        self._count(incident, +1)

    @contextmanager
    def recount(self, incident: Incident) -> Iterator[None]:
        """Count the call as it is after the act in the ``with`` block, no longer as it was before."""
        self._count(incident, -1)
        yield
        self._count(incident, +1)

    def cells(self, province: Province, printed: list[date]) -> Iterator[Cell]:
        """Yield every cell of the monthly Z11 for the ``printed`` months and all units of the tree."""
        for month in printed:
            yield from self._form(province, month)

    def _form(self, province: Province, month: date) -> Iterator[Cell]:
        fold, period = Fold(province, month), month_text(month)
        cells: Cells = {column: fold.up(counts) for column, counts in self.months[month].items()}
        year: Counts = Counter()
        for number in range(1, month.month + 1):
            year.update(self.months[date(month.year, number, 1)]["CUR"])
        cells["YTD"] = fold.up(year)
        before, a_year_ago = add_months(month, -1), add_months(month, -12)
        if before >= RECORDS_BEGIN:  # corrections.md 14
            cells["PREV"] = fold.up(self.months[before]["CUR"])
        if a_year_ago >= RECORDS_BEGIN:
            cells["PY"] = fold.up(self.months[a_year_ago]["CUR"])
        yield from base_cells(FORM, period, cells)

        def of(column: str, unit: str, row: str) -> int:
            return cells[column][unit, row] if column in cells else 0

        days, days_before = days_in(month), days_in(before)
        for unit in fold.units:
            for row in ROWS:
                now = of("CUR", unit, row)
                rates = {"DAILY": ratio(now, days, 1)}
                if "PREV" in cells:
                    previous = of("PREV", unit, row)
                    rates["MOM"] = change(now, previous)
                    # The same by daily means: now/days against previous/days_before.
                    rates["MOM_DAILY"] = change(now * days_before, previous * days)
                if "PY" in cells:
                    rates["YOY"] = change(now, of("PY", unit, row))
                if row in VALID_ROWS:
                    rates["SHARE"] = share(now, of("CUR", unit, "T" if row == "V" else "V"))
                if row == "T":
                    rates["DISP_RATE"] = share(of("DISP", unit, "T"), now)
                if row == "V62":
                    rates["DIV_RATE"] = share(of("DIVERT", unit, "V62"), now)
                for column, value in rates.items():
                    if value is not None:
                        yield Cell(FORM, period, unit, row, column, value)
