"""The codes of the bulk world, and where each stands on the forms: the simulator's own tables, by ranges of codes.

The lists of the law run in the order of its articles, so chapters and sections are ranges. They repeat by hand what the code lists of the standard
say: a wrong mapping there must show as a difference from the tally.
"""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.draws import fix_count

#: (chapter, first charge, last charge); chapters 3 and 6 have sections.
_CHAPTERS = (
    ("CH01", 1, 12),
    ("CH02", 13, 66),
    ("CH03", 67, 176),
    ("CH04", 177, 219),
    ("CH05", 220, 232),
    ("CH06", 233, 378),
    ("CH07", 379, 401),
    ("CH08", 402, 415),
    ("CH09", 416, 452),
    ("CH10", 453, 483),
)
_SECTIONS = (
    ("CH03S1", 67, 76),
    ("CH03S2", 77, 86),
    ("CH03S3", 87, 103),
    ("CH03S4", 104, 133),
    ("CH03S5", 134, 141),
    ("CH03S6", 142, 155),
    ("CH03S7", 156, 163),
    ("CH03S8", 164, 176),
    ("CH06S1", 233, 288),
    ("CH06S2", 289, 308),
    ("CH06S3", 309, 316),
    ("CH06S4", 317, 326),
    ("CH06S5", 327, 339),
    ("CH06S6", 340, 355),
    ("CH06S7", 356, 367),
    ("CH06S8", 368, 373),
    ("CH06S9", 374, 378),
)
#: Yearbook groups of NBS table 22-11; every other charge is R10.
_NBS = (
    ("R01", 177, 177),
    ("R02", 179, 179),
    ("R03", 220, 220),
    ("R04", 182, 182),
    ("R05", 188, 188),
    ("R06", 221, 221),
    ("R07", 222, 222),
    ("R08", 77, 86),
    ("R09", 104, 108),
)
_EIGHT_MAJOR = (13, 15, 38, 39, 177, 179, 182, 187, 220)  # MPS wording of 2022
_DRUGS = (356, 367)  # chapter 6 section 7
_SNATCHING = 223
#: Parts of 10,000 of the common charges; every other charge has one part.
_CHARGE_WEIGHTS = {
    221: 3600,
    222: 1800,
    179: 900,
    220: 150,
    223: 300,
    182: 200,
    177: 100,
    188: 50,
    187: 30,
    13: 60,
    105: 40,
    55: 600,
    139: 100,
    229: 200,
    257: 300,
    269: 300,
    356: 300,
    365: 100,
}

#: (section of the law of 2025, first cause, last cause).
_CAUSE_SECTIONS = (("P1", 1, 45), ("P2", 46, 75), ("P3", 76, 112), ("P4", 113, 200))
#: Causes that the law of 2012 does not have, as ranges; and those that only the law of 2012 has.
_NEW_IN_2025 = (
    (11, 14),
    (21, 21),
    (29, 29),
    (32, 32),
    (34, 34),
    (38, 45),
    (56, 57),
    (70, 71),
    (74, 75),
    (81, 81),
    (90, 90),
    (92, 92),
    (98, 98),
    (103, 104),
    (112, 112),
    (118, 118),
    (120, 120),
    (132, 132),
    (135, 135),
    (139, 140),
    (153, 156),
    (187, 188),
    (190, 193),
    (195, 195),
    (198, 199),
)
_GONE_IN_2025 = (157, 159)
#: Yearbook groups of public-order cases; every other cause is G19.
_CAUSE_GROUPS = (
    ("G01", 1, 1),
    ("G02", 2, 2),
    ("G03", 25, 25),
    ("G04", 114, 114),
    ("G05", 48, 48),
    ("G06", 46, 46),
    ("G07", 93, 93),
    ("G08", 94, 94),
    ("G09", 106, 106),
    ("G10", 110, 110),
    ("G11", 109, 109),
    ("G12", 107, 107),
    ("G13", 122, 122),
    ("G14", 131, 135),
    ("G15", 136, 138),
    ("G16", 167, 168),
    ("G17", 178, 179),
    ("G18", 180, 193),
)
_CAUSE_WEIGHTS = {
    93: 2200,
    106: 1600,
    94: 600,
    25: 600,
    179: 600,
    185: 600,
    107: 400,
    111: 400,
    141: 400,
    1: 300,
    2: 300,
    114: 300,
    168: 300,
    48: 200,
    131: 200,
}

#: type code, class, parts of 1,000 at intake
_INCIDENT_TYPES = (
    ("1000", "V1", 90),
    ("2000", "V2", 180),
    ("3000", "V3", 150),
    ("4000", "V4", 10),
    ("5000", "V5", 150),
    ("6100", "V61", 60),
    ("6210", "V62", 20),
    ("6220", "V62", 30),
    ("6230", "V62", 30),
    ("7000", "V7", 40),
    ("8000", "V8", 5),
    ("9000", "V9", 2),
    ("9900", "V10", 30),
    ("0100", "N1", 30),
    ("0200", "N2", 80),
    ("0300", "N3", 5),
    ("0410", "N4", 10),
    ("0420", "N4", 40),
    ("0500", "D", 20),
    ("0900", "N9", 15),
    ("7777", "V99", 3),  # no such type
)


def _within(number: int, ranges: tuple[tuple[str, int, int], ...], default: str | None) -> str | None:
    return next((code for code, first, last in ranges if first <= number <= last), default)


def charge_rows() -> list[tuple[str | None, list[str], list[str], int]]:
    """Return (charge, its rows on X01, its rows on X02, parts of its weight) of all charges, an unknown and a missing one."""
    found: list[tuple[str | None, list[str], list[str], int]] = []
    for number in range(1, 484):
        code, group = f"C{number:03d}", _within(number, _NBS, "R10")
        chapter, section = _within(number, _CHAPTERS, None), _within(number, _SECTIONS, None)
        x01 = ["T", str(group)]
        if number in _EIGHT_MAJOR:
            x01.append("M01")
        if _DRUGS[0] <= number <= _DRUGS[1]:
            x01.append("M03")
        if group in ("R03", "R06") or number == _SNATCHING:
            x01.append("M04")
        if number == _SNATCHING:
            x01.append("M05")
        found.append((code, x01, [row for row in ("T", chapter, section, code) if row], _CHARGE_WEIGHTS.get(number, 1)))
    pending = (["T", "R10", "R10U"], ["T", "U"])
    return [*found, ("C999", *pending, 30), (None, *pending, 20)]


def cause_rows() -> list[tuple[str | None, str, list[str], int]]:
    """Return (cause, law, its rows on Z01 under that law, parts of its weight) of every cause that a law has, an unknown, a missing and
    one of another law, which is on no row."""
    found: list[tuple[str | None, str, list[str], int]] = []
    for law in ("psapl_2012", "psapl_2025"):
        for number in range(1, 201):
            is_new = any(first <= number <= last for first, last in _NEW_IN_2025)
            is_gone = _GONE_IN_2025[0] <= number <= _GONE_IN_2025[1]
            if (law == "psapl_2012" and is_new) or (law == "psapl_2025" and is_gone):
                continue
            section, group = _within(number, _CAUSE_SECTIONS, None), _within(number, _CAUSE_GROUPS, "G19")
            found.append((f"Z{number:03d}", law, ["T", str(section), str(group)], _CAUSE_WEIGHTS.get(number, 4)))
        found += [("Z999", law, ["T", "P9", "G19"], 20), (None, law, ["T", "P9", "G19"], 10), ("Q004", law, [], 50)]
    return found


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables ``charge``, ``cause`` and ``incident_type``, and the tables to draw from them, into ``connection``."""
    connection.begin()
    connection.execute("""
        CREATE TABLE charge (charge VARCHAR, x01 VARCHAR[], x02 VARCHAR[], parts INTEGER);
        CREATE TABLE cause (cause VARCHAR, law VARCHAR, z01 VARCHAR[], parts INTEGER);
        CREATE TABLE incident_type (type_code VARCHAR, class VARCHAR, parts INTEGER);
    """)
    connection.executemany("INSERT INTO charge VALUES (?, ?, ?, ?)", charge_rows())
    connection.executemany("INSERT INTO cause VALUES (?, ?, ?, ?)", cause_rows())
    connection.executemany("INSERT INTO incident_type VALUES (?, ?, ?)", _INCIDENT_TYPES)
    connection.commit()
    connection.execute("""
        -- the first records take the charges (causes) one by one, so that each occurs in any world that is large enough; then by weight
        CREATE TABLE charge_pick AS
        SELECT row_number() OVER (ORDER BY charge NULLS LAST, copy) - 1 AS k, charge FROM (SELECT charge, unnest(range(parts)) AS copy FROM charge);
        CREATE TABLE cause_pick AS
        SELECT row_number() OVER (PARTITION BY law ORDER BY cause NULLS LAST, copy) - 1 AS k, law, cause
        FROM (SELECT cause, law, unnest(range(parts)) AS copy FROM cause);
        CREATE TABLE type_pick AS
        SELECT row_number() OVER (ORDER BY type_code, copy) - 1 AS k, type_code
        FROM (SELECT type_code, unnest(range(parts)) AS copy FROM incident_type);
    """)
    fix_count(connection, "charge_picks", "charge_pick")
    fix_count(connection, "type_picks", "type_pick")
    fix_count(connection, "causes_2012", "cause_pick WHERE law = 'psapl_2012'")
    fix_count(connection, "causes_2025", "cause_pick WHERE law = 'psapl_2025'")
    connection.execute("CREATE MACRO cause_count(law) AS CASE law WHEN 'psapl_2012' THEN causes_2012() ELSE causes_2025() END")
