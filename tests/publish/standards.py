"""A small ledger and a form of the tests' own beside the national ones, and warehouses made of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.stages import tabulate
from tests.report_templates.hand_cases import FOLDER
from tests.support.ledger import ROOT, ledger

PERIOD = "2026-10"
STATION_1, STATION_2, OTHER_COUNTY, SILENT, OTHER_CITY = "990101010000", "990101020000", "990102010000", "990102020000", "990201010000"
COUNTY_1, COUNTY_2, EAST, WEST, PROVINCE = "990101000000", "990102000000", "990100000000", "990200000000", "990000000000"
UNKNOWN = "000000000000"

_INDICATORS = """
- {id: charges_filed, label: {zh: 罪名数, en: Charges}, fact: criminal_filing, distinct: [charge_code], on: posted_on, by: filing_unit_code,
   unit: 种, source: test}
- {id: value_filed, label: {zh: 件数和, en: Sum}, fact: criminal_filing, count: record, on: posted_on, by: filing_unit_code, unit: 起, source: test}
"""
#: titles and labels that would be a formula in a sheet and markup in a page
_FORM = """
id: T01
title: {zh: "=1+1<b>试</b>", en: "@SUM(A1) <script>alert(1)</script> & more"}
provenance: {rows: "made <up>", columns: "made up"}
footnote: {zh: "<i>脚注</i>", en: "-footnote"}
frequency: [month]
columns:
  - {code: FILED, indicator: cases_filed, variant: current, unit: "起", label: {zh: "=立案<u>", en: "+Filed"}}
  - {code: CHARGES, indicator: charges_filed, variant: current, unit: "种", label: {zh: "罪名", en: "Charges"}}
  - {code: RECEIVED, indicator: cases_received, variant: current, unit: "起", label: {zh: "移入", en: "Received"}}
  - {code: ALL_ONLY, indicator: value_filed, variant: current, unit: "起", rows: [T], label: {zh: "仅合计", en: "Total only"}}
  - {code: SHARE, share_of: {column: FILED, row: T}, decimals: 2, unit: "%", label: {zh: "构成", en: "Share"}}
  - {code: HIDDEN, indicator: cases_filed, variant: current, hidden: true, unit: "起", label: {zh: "不印", en: "Hidden"}}
  - {code: BEFORE, indicator: cases_filed, variant: prior_year, unit: "起", label: {zh: "上年同期", en: "Year before"}}
blocks:
  - id: main
    rows:
      total: {code: T, label: {zh: "合计", en: "Total"}}
      classification: {dimension: nbs_group, codelist: nbs_group, unknown: R10}
      sets:
        - {code: PENDING, parent: R10, label: {zh: "罪名待定", en: "charge pending"}, where: {known_charge: null}}
checks:
  - {id: T01-01, severity: error, that: "[T].FILED <= 2", source: "fails wherever more than two cases were filed"}
"""
#: Theft is C221 (row R06), fraud C222 (row R07).
LEDGER: dict[str, list[dict[str, Any]]] = {
    "criminal_case": [
        {"case_no": "case1", "filed_on": "2026-10-02", "filing_unit_code": STATION_1, "charge_code": "C221"},
        {"case_no": "case2", "filed_on": "2026-10-03", "filing_unit_code": STATION_1, "charge_code": "C222"},
        {"case_no": "case3", "filed_on": "2026-10-03", "filing_unit_code": STATION_2, "charge_code": "C221"},
        {"case_no": "case4", "filed_on": "2026-10-05", "filing_unit_code": OTHER_CITY, "charge_code": "C221"},
        {"case_no": "case5", "filed_on": "2026-10-06", "filing_unit_code": "998888888888", "charge_code": None},  # nobody knows the unit
        {"case_no": "case6", "filed_on": "2025-10-10", "filing_unit_code": STATION_1, "charge_code": "C221"},  # last year
        {"case_no": "case7", "filed_on": "2026-09-30", "filing_unit_code": STATION_1, "charge_code": "C221"},  # the month before
    ],
    "criminal_case_transfer": [
        {"transfer_no": "move1", "case_no": "case1", "transferred_on": "2026-10-10", "from_unit_code": STATION_1, "to_unit_code": STATION_2},
        {"transfer_no": "move2", "case_no": "case2", "transferred_on": "2026-10-11", "from_unit_code": STATION_1, "to_unit_code": OTHER_COUNTY},
        {"transfer_no": "move3", "case_no": "case3", "transferred_on": "2026-10-12", "from_unit_code": STATION_2, "to_unit_code": OTHER_CITY},
    ],
    "criminal_case_event": [
        {"event_no": "E1", "case_no": "case1", "kind_code": "solved", "occurred_on": "2026-10-20", "unit_code": STATION_2, "manner_code": "direct"},
    ],
    "admin_case": [
        {"case_no": f"admin{i}", "registered_on": day, "filed_on": day, "unit_code": STATION_1, "cause_code": "Z106", "applied_law_code": "psapl_2025"}
        for i, day in enumerate(("2026-09-01", "2026-09-02", "2026-10-02"), 1)
    ],
    "admin_case_event": [
        {"event_no": f"E{i}", "case_no": f"admin{i}", "kind_code": "transferred", "occurred_on": day, "from_unit_code": STATION_1, "to_unit_code": unit}
        for i, day, unit in ((1, "2026-10-05", STATION_2), (2, "2026-10-06", OTHER_CITY))
    ],
    "incident": [
        {"incident_no": no, "received_at": at, "unit_code": unit, "channel_code": channel, "intake_type_code": intake, "final_type_code": final}
        for no, at, unit, channel, intake, final in (
            ("call1", "2026-10-05 10:00:00", STATION_1, "K1", "1000", "1000"),
            ("call2", "2026-10-06 10:00:00", "997777777777", None, "0500", "5000"),  # nobody knows the unit
            ("call3", "2026-09-06 10:00:00", STATION_2, "K2", "5000", "5000"),
        )
    ],
}  # fmt: skip


def definitions(folder: Path, *forms: str) -> Catalog:
    """Return the national standard with the tests' own form and, of the national ones, ``forms``."""
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    (folder / "schemas" / "cn" / "indicators" / "of_the_tests.yaml").write_text(_INDICATORS, encoding="utf-8")
    templates = folder / "report_templates" / "cn"
    templates.mkdir(parents=True)
    (templates / "T01.yaml").write_text(_FORM, encoding="utf-8")
    for form in forms:
        shutil.copy(ROOT / "report_templates" / "cn" / f"{form}.yaml", templates)
    return load_catalog(folder, "cn")


def warehouse(home: Path, catalog: Catalog, tables: dict[str, list[dict[str, Any]]] = LEDGER) -> None:
    """Put ``tables`` and the units of the hand-computed cases into the warehouse of ``home``; every date is entered at its noon.

    The station SILENT delivered nothing of the criminal cases of October.
    """
    home.mkdir()
    units = yaml.safe_load((FOLDER / "cn" / "unit.yaml").read_text(encoding="utf-8"))
    rows = {name: [_entered(row, catalog.tables[name].date, catalog.tables[name].columns) for row in of] for name, of in tables.items()}
    with ledger(catalog, {**rows, "unit": units}) as engine:
        criminal = [t for t in catalog.tables if t.startswith("criminal")]
        for table in criminal:
            engine.execute("DELETE FROM core.delivery WHERE table_name = ?", [table])
            for month in [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)]:
                engine.execute(
                    "INSERT INTO core.delivery SELECT 'hand', ?, unit_code, ?, 1, NULL, true, 0, NULL FROM core.unit_version "
                    "WHERE level_code = 'station' AND NOT (unit_code = ? AND ? = '2026-10')",
                    [table, month, SILENT, month],
                )
        engine.execute(f"ATTACH '{home / 'warehouse.duckdb'}' AS file")
        engine.execute("COPY FROM DATABASE memory TO file")
        engine.execute("DETACH file")


def file_case(home: Path, case_no: str, unit: str, on: str = "2026-10-07") -> None:
    """File one more theft."""
    with open_warehouse(home) as engine:
        engine.execute(
            "INSERT INTO core.criminal_case_version BY NAME SELECT * REPLACE (? AS case_no, ? AS filing_unit_code, CAST(? AS DATE) AS filed_on) "
            "FROM core.criminal_case_version WHERE case_no = 'case1'",
            [case_no, unit, on],
        )


def tabulated(home: Path, catalog: Catalog, *periods: str) -> None:
    """Tabulate the periods, wholly: ``file_case`` writes into a load that was tabulated before, which no delivery does."""
    for period in periods:
        tabulate.run(catalog=catalog, home=home, period=period, full=True)


def _entered(row: dict[str, Any], day: str | None, columns: Any) -> dict[str, Any]:
    return {"entered_at": f"{str(row[day])[:10]} 12:00:00", **row} if "entered_at" in columns and day else row
