"""The records of the two source systems as they are written, and the SQLite files they end up in."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_UPLOAD = {"unit_code": "TEXT", "period": "TEXT", "uploaded_at": "TEXT", "record_count": "INTEGER"}

#: The shape of each database: table -> column -> SQLite type. Dates and timestamps are text, booleans 0 and 1.
DATABASES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "incident_desk": {
        "incident": {
            "incident_no": "TEXT",
            "received_at": "TEXT",
            "entered_at": "TEXT",
            "unit_code": "TEXT",
            "channel_code": "TEXT",
            "intake_type_code": "TEXT",
            "final_type_code": "TEXT",
            "merged_into_incident_no": "TEXT",
            "is_domestic_violence": "INTEGER",
            "is_telecom_fraud": "INTEGER",
            "mo_code": "TEXT",
            "diverted_on": "TEXT",
            "linked_case_no": "TEXT",
        },
        "dispatch_order": {
            "order_no": "TEXT",
            "incident_no": "TEXT",
            "unit_code": "TEXT",
            "dispatched_at": "TEXT",
            "entered_at": "TEXT",
        },
        "unit_upload": _UPLOAD,
    },
    "case_system": {
        "unit": {
            "unit_code": "TEXT",
            "valid_from": "TEXT",
            "valid_to": "TEXT",
            "parent_unit_code": "TEXT",
            "successor_unit_code": "TEXT",
            "level_code": "TEXT",
            "name_zh": "TEXT",
            "name_en": "TEXT",
        },
        "criminal_case": {
            "case_no": "TEXT",
            "filed_on": "TEXT",
            "entered_at": "TEXT",
            "filing_unit_code": "TEXT",
            "charge_code": "TEXT",
            "is_telecom_fraud": "INTEGER",
            "mo_code": "TEXT",
            "dispute_no": "TEXT",
            "is_dispute_origin": "INTEGER",
            "is_homicide": "INTEGER",
            "is_received_from_outside": "INTEGER",
        },
        "criminal_case_charge_change": {
            "change_no": "TEXT",
            "case_no": "TEXT",
            "changed_on": "TEXT",
            "entered_at": "TEXT",
            "from_charge_code": "TEXT",
            "to_charge_code": "TEXT",
        },
        "criminal_case_event": {
            "event_no": "TEXT",
            "case_no": "TEXT",
            "kind_code": "TEXT",
            "occurred_on": "TEXT",
            "entered_at": "TEXT",
            "unit_code": "TEXT",
            "manner_code": "TEXT",
        },
        "criminal_case_transfer": {
            "transfer_no": "TEXT",
            "case_no": "TEXT",
            "transferred_on": "TEXT",
            "entered_at": "TEXT",
            "reason_code": "TEXT",
            "from_unit_code": "TEXT",
            "to_unit_code": "TEXT",
            "is_from_outside": "INTEGER",
            "is_to_outside": "INTEGER",
        },
        "admin_case": {
            "case_no": "TEXT",
            "registered_on": "TEXT",
            "filed_on": "TEXT",
            "entered_at": "TEXT",
            "unit_code": "TEXT",
            "source_code": "TEXT",
            "cause_code": "TEXT",
            "applied_law_code": "TEXT",
            "act_on": "TEXT",
            "is_lighter_law": "INTEGER",
            "is_dispute_origin": "INTEGER",
            "offender_absent_from": "TEXT",
            "offender_absent_until": "TEXT",
            "is_received_from_outside": "INTEGER",
        },
        "admin_case_cause_change": {
            "change_no": "TEXT",
            "case_no": "TEXT",
            "changed_on": "TEXT",
            "entered_at": "TEXT",
            "to_cause_code": "TEXT",
        },
        "admin_case_event": {
            "event_no": "TEXT",
            "case_no": "TEXT",
            "kind_code": "TEXT",
            "occurred_on": "TEXT",
            "entered_at": "TEXT",
            "from_unit_code": "TEXT",
            "to_unit_code": "TEXT",
            "is_to_outside": "INTEGER",
        },
        "admin_person": {
            "case_no": "TEXT",
            "person_no": "INTEGER",
            "person_kind_code": "TEXT",
            "name": "TEXT",
            "phone": "TEXT",
            "id_number": "TEXT",
            "sex_code": "TEXT",
            "entered_at": "TEXT",
        },
        "admin_decision": {
            "decision_no": "TEXT",
            "case_no": "TEXT",
            "person_no": "INTEGER",
            "person_kind_code": "TEXT",
            "kind_code": "TEXT",
            "decided_on": "TEXT",
            "performed_on": "TEXT",
            "entered_at": "TEXT",
            "performance_entered_at": "TEXT",
            "unit_code": "TEXT",
            "fine_yuan": "NUMERIC",
        },
        "unit_upload": _UPLOAD,
    },
}

#: The unit that answers for a record and the day it belongs to: what an upload of a month counts.
_ANSWERS_FOR = {
    "incident": ("unit_code", "received_at"),
    "dispatch_order": ("unit_code", "dispatched_at"),
    "criminal_case": ("filing_unit_code", "filed_on"),
    "criminal_case_event": ("unit_code", "occurred_on"),
    "criminal_case_transfer": ("from_unit_code", "transferred_on"),
    "admin_case": ("unit_code", "registered_on"),
    "admin_case_event": ("from_unit_code", "occurred_on"),
    "admin_decision": ("unit_code", "decided_on"),
}


class Records:
    """The tables of one source database. A row stays a dict that later acts may fill in further (a type after handling, a filing day)."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.tables: dict[str, list[Row]] = {table: [] for table in DATABASES[database]}

    def add(self, table: str, **values: Any) -> Row:
        """Write a new record into ``table`` and return it.

        Raises: KeyError when the values are not exactly the columns of the table.
        """
        columns = DATABASES[self.database][table]
        if values.keys() != columns.keys():
            raise KeyError(f"{self.database}.{table}: {sorted(values.keys() ^ columns.keys())} are missing or unknown")
        self.tables[table].append(values)
        return values

    def dated_counts(self) -> dict[tuple[str, str], int]:
        """Return the number of records by (unit, month written 2025-03) for the unit and day that each record names."""
        counts: dict[tuple[str, str], int] = {}
        for table, (unit, on) in _ANSWERS_FOR.items():
            for row in self.tables.get(table, ()):
                key = (row[unit], f"{row[on]:%Y-%m}")
                counts[key] = counts.get(key, 0) + 1
        return counts

    def write(self, folder: Path) -> Path:
        """Write the tables to ``<folder>/<database>.sqlite``, complete or not at all, and return the path."""
        path = folder / f"{self.database}.sqlite"
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        connection = sqlite3.connect(unfinished)
        try:
            for table, columns in DATABASES[self.database].items():
                connection.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
                marks = ", ".join("?" for _ in columns)
                rows = ([_stored(row[name]) for name in columns] for row in self.tables[table])
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.commit()
        finally:
            connection.close()
        os.replace(unfinished, path)
        return path


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal):
        return str(value)
    return value
