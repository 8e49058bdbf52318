"""What the hand-written programs share: the columns they fill, the lists they look codes up in, and how their cells are compared with ours."""

from __future__ import annotations

import duckdb

from tests.bench.measure import REPOSITORY

PERIOD = "2025-12"
UNKNOWN = "000000000000"  # the unit of records without a known one; it lies below the root
LISTS = REPOSITORY / "schemas" / "cn" / "codelists"
_CRIMINAL = (
    *("FILED_NEW_M", "FILED_LATE_M", "FILED_M", "FILED_YTD", "FILED_PY", "SOLVED_M", "SOLVED_CUR_M", "SOLVED_OLD_M", "SOLVED_LINK_M"),
    *("SOLVED_YTD", "SOLVED_CUR_YTD", "SOLVED_PY", "WITHDRAWN_M", "WITHDRAWN_YTD"),
)
#: The columns that the hand-written programs fill: those that need neither stocks nor transfers. Every base column of Z11.
COLUMNS = {
    "X01": _CRIMINAL,
    "X02": (*_CRIMINAL, "REFER_CASES", "REFER_PERS"),
    "Z01": ("ACC_M", "ACC_LATE_M", "FROM_CRIM_M", "ACC_YTD", "ACC_PY", "PERS_M", "PERS_YTD", "UNITS_M"),
    "Z11": ("CUR", "CUR_INIT", "TURNED_VALID", "TURNED_INVALID", "PREV", "PY", "YTD", "DISP", "DIVERT", "UNLINKED"),
}
EIGHT_MAJOR = ("C177", "C179", "C182", "C220", "C013", "C015", "C187", "C038", "C039")
PREVENTABLE = ("0110", "0120", "0121", "0130", "0140", "0210", "0220")
CHANNELS = ("K1", "K2", "K3", "K4", "K5")
NON_POLICE = ("6210", "6220", "6230")  # kinds of requests that are no business of the police, by the default choice
INVALID = ("D", "N1", "N2", "N3", "N4", "N9")


def warehouse(home: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that reads the warehouse of ``home`` as ``w``."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{home}/warehouse.duckdb' AS w (READ_ONLY)")
    return connection


def above(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Return (unit, unit_code): every unit with all above it and itself, the unknown one below the root."""
    return connection.sql(f"""
        WITH RECURSIVE standing AS (
          SELECT unit_code, parent_unit_code FROM w.core.unit
          UNION ALL SELECT '{UNKNOWN}', (SELECT unit_code FROM w.core.unit WHERE parent_unit_code IS NULL)),
        up (unit, unit_code) AS (
          SELECT unit_code, unit_code FROM standing
          UNION ALL SELECT unit, s.parent_unit_code FROM up JOIN standing AS s ON s.unit_code = up.unit_code WHERE s.parent_unit_code IS NOT NULL)
        FROM up""")


def lines(name: str) -> list[tuple[str, str]]:
    """Return (code, row) of a code list: each member with all above it and itself, T included."""
    found = duckdb.execute(f"SELECT code, parent_code FROM read_csv('{LISTS}/{name}.csv', header = true, all_varchar = true)").fetchall()
    parents = dict(found)
    pairs = []
    for code in parents:
        row: str | None = code
        while row is not None:
            pairs.append((code, row))
            row = parents.get(row)
            if row is not None and row not in parents:
                pairs.append((code, row))
                break
    return pairs


def attribute(name: str, wanted: str) -> dict[str, str | None]:
    """Return an attribute of the members of a code list, by their codes."""
    return dict(duckdb.execute(f"SELECT code, {wanted} FROM read_csv('{LISTS}/{name}.csv', header = true, all_varchar = true)").fetchall())


def classes() -> dict[str, str]:
    """Return the class of each type of call."""
    return {code: class_ for code, class_ in attribute("incident_type", "class_code").items() if class_} | dict.fromkeys(NON_POLICE, "V62")


def differing(home: str, form: str, written: str) -> int:
    """Return in how many cells of COLUMNS the tabulated form and the written counts differ."""
    names = ", ".join(f"'{name}'" for name in COLUMNS[form])
    ours = (
        "SELECT unit_code, row_code, column_code, CAST(value AS BIGINT) AS value FROM w.report.cell "
        f"WHERE form_id = '{form}' AND period = '{PERIOD}' AND value <> 0 AND column_code IN ({names})"
    )
    theirs = f"SELECT unit_code, row_code, column_code, CAST(value AS BIGINT) AS value FROM read_parquet('{written}')"
    with warehouse(home) as connection:
        row = connection.execute(f"SELECT count(*) FROM (({ours} EXCEPT {theirs}) UNION ALL ({theirs} EXCEPT {ours}))").fetchone()
    assert row is not None
    return int(row[0])
