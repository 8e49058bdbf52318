"""A simulated province read back: its databases as lists of dicts, and its tally."""

from __future__ import annotations

import csv
import sqlite3
from decimal import Decimal
from pathlib import Path

from policestats.simulator import simulate
from policestats.simulator.databases import DATABASES


class Simulated:
    """The databases as lists of dicts, and the tally."""

    def __init__(self, folder: Path, **options) -> None:
        self.folder = folder
        self.result = simulate(folder, **options)
        self.tables: dict[str, list[dict]] = {}
        for database in DATABASES:
            connection = sqlite3.connect(folder / f"{database}.sqlite")
            connection.row_factory = sqlite3.Row
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self.tables[f"{database}.{name}"] = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            connection.close()
        with (folder / "tally.csv").open(encoding="utf-8", newline="") as file:
            self.tally = {
                (r["form_id"], r["period"], r["unit_code"], r["row_code"], r["column_code"]): Decimal(r["value"])
                for r in csv.DictReader(file)
            }

    @property
    def stations(self) -> set[str]:
        return {row["unit_code"] for row in self["unit"] if row["level_code"] == "station"}

    def __getitem__(self, table: str) -> list[dict]:
        return next(rows for name, rows in self.tables.items() if name.endswith(f".{table}"))
