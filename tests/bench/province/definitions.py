"""The definitions of the first standard as the bench uses them: the sources are folders of Parquet files, and records begin with the world.

Nothing else differs: forms, facts, indicators, policies and rules are those of the repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.bench.measure import REPOSITORY

STANDARD = "cn"


def define(folder: str, records_begin: str) -> None:
    """Write the definitions to ``folder``; ``records_begin`` is a day (ISO)."""
    for name in ("schemas", "expectations", "report_templates"):
        shutil.copytree(REPOSITORY / name, Path(folder) / name)
    standard = Path(folder) / "schemas" / STANDARD
    for path in sorted((standard / "sources").glob("*.yaml")):
        path.write_text(yaml.safe_dump(_of_files(yaml.safe_load(path.read_text("utf-8"))), allow_unicode=True, sort_keys=False), "utf-8")
    path = standard / "standard.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(f"records_begin: {records_begin}\n" if line.startswith("records_begin:") else line for line in lines), "utf-8")


def _of_files(source: dict) -> dict:
    tables = {
        name: {
            **{option: value for option, value in (table or {}).items() if option not in ("cursor", "reconcile")},
            "file": f"{name}.parquet",
        }
        for name, table in source["tables"].items()
    }
    uploads = source.get("deliveries", {}).get("table")
    if uploads is not None:
        tables.setdefault(uploads, {"file": f"{uploads}.parquet"})
    return {**source, "kind": "files", "tables": tables}
