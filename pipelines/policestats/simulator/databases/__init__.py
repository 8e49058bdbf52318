"""The shapes of the source databases: database -> table -> column -> kind of value. A file for each system.

Kinds are ``text``, ``date``, ``timestamp``, ``boolean``, ``integer`` and ``decimal``; a target writes them in its own types (targets.py).
``updated_at`` is the time of the last change of the row; the tables of units have none and are read whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from policestats.simulator.databases.callback_desk import CALLBACK_DESK
from policestats.simulator.databases.case_system import CASE_SYSTEM
from policestats.simulator.databases.dispute_desk import DISPUTE_DESK
from policestats.simulator.databases.field_collection import FIELD_COLLECTION
from policestats.simulator.databases.forensic import FORENSIC
from policestats.simulator.databases.incident_desk import INCIDENT_DESK
from policestats.simulator.databases.inspection_desk import INSPECTION_DESK
from policestats.simulator.databases.kinds import BOOLEAN, DATE, DECIMAL, INTEGER, TEXT, TIMESTAMP, UPDATED_AT, Columns, Shapes
from policestats.simulator.databases.payment_stop import PAYMENT_STOP
from policestats.simulator.databases.property import PROPERTY
from policestats.simulator.databases.review import REVIEW
from policestats.simulator.databases.scene import SCENE

__all__ = ["BOOLEAN", "DATABASES", "DATE", "DECIMAL", "INTEGER", "KEYS", "TEXT", "TIMESTAMP", "UPDATED_AT", "Columns"]

_SYSTEMS: Mapping[str, Shapes] = {
    "incident_desk": INCIDENT_DESK,
    "case_system": CASE_SYSTEM,
    "field_collection": FIELD_COLLECTION,
    "dispute_desk": DISPUTE_DESK,
    "callback_desk": CALLBACK_DESK,
    "inspection_desk": INSPECTION_DESK,
    "review": REVIEW,
    "forensic": FORENSIC,
    "scene": SCENE,
    "property": PROPERTY,
    "payment_stop": PAYMENT_STOP,
}

DATABASES: Mapping[str, Mapping[str, Columns]] = {
    name: {table: shape.columns for table, shape in shapes.items()} for name, shapes in _SYSTEMS.items()
}

#: What identifies a row of each table.
KEYS: Mapping[str, tuple[str, ...]] = {table: shape.key for shapes in _SYSTEMS.values() for table, shape in shapes.items()}
