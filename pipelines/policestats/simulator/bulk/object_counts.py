"""What the collected objects count for on Z14: stocks and flows by spells, maintenance, links and leavers, counted in one scan per kind."""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.objects import KINDS, source_of
from policestats.simulator.bulk.sizes import Size

#: kind -> (the leaf row an object stands in, the other rows it adds to); elements stand outside the total.
_ROWS = {
    "address": ("'O1'", "['O1', 'T']"),
    "resident": (
        "CASE residence_kind(i) WHEN 'registered' THEN 'O21' WHEN 'inflow' THEN 'O22' ELSE 'O23' END",
        "list_concat([CASE residence_kind(i) WHEN 'registered' THEN 'O21' WHEN 'inflow' THEN 'O22' ELSE 'O23' END, 'O2', 'T'],"
        " CASE WHEN is_outflow(i) THEN ['O24'] ELSE [] END)",
    ),
    "house": ("'O3'", "CASE WHEN is_rented(i) THEN ['O3', 'O31', 'T'] ELSE ['O3', 'T'] END"),
    "organisation": ("'O4'", "['O4', 'T']"),
    "security_element": ("'E'", "['E']"),
}

_SPELLS = """
INSERT INTO object_spell
SELECT unit, community, leaf, rows, is_linked, greatest(start_month, month_no(first_day()) - 1) AS start_month, start_kind, end_month, end_kind, to_unit, to_community, count(*) AS n
FROM (
    SELECT counted_at(spell.unit) AS unit, spell.community AS community, {leaf} AS leaf, {rows} AS rows, {linked} AS is_linked,
           spell.start_month AS start_month, CASE WHEN spell.start_month >= month_no(first_day()) THEN spell.start_kind END AS start_kind,
           spell.end_month AS end_month, spell.end_kind AS end_kind,
           CASE WHEN spell.end_kind = 'moved' THEN counted_at(event_unit) END AS to_unit, CASE WHEN spell.end_kind = 'moved' THEN event_community END AS to_community
    FROM (
        SELECT i, event_unit, event_community, unnest(CASE
            WHEN event_kind IS NULL THEN [{{unit: unit_code, community: community_code, start_month: month_no(posted(registered_on, entered_at)), start_kind: 'new',
                                            end_month: NULL::INTEGER, end_kind: NULL::VARCHAR}}]
            ELSE [{{unit: unit_code, community: community_code, start_month: month_no(posted(registered_on, entered_at)), start_kind: 'new',
                    end_month: month_no(posted(event_on, event_entered)), end_kind: event_kind}},
                  {{unit: event_unit, community: event_community,
                    start_month: CASE event_kind WHEN 'moved' THEN month_no(posted(event_on, event_entered)) ELSE month_no(posted(restore_on, restore_entered)) END,
                    start_kind: CASE event_kind WHEN 'moved' THEN 'moved' ELSE 'restored' END, end_month: NULL, end_kind: NULL}}] END) AS spell
        FROM {objects})
    WHERE spell.start_month IS NOT NULL AND coalesce(spell.end_month, 99999) >= month_no(first_day()))
GROUP BY ALL;
"""

_UPDATED = """
INSERT INTO object_leaf
SELECT 'UPDATED', unit, community, leaf, rows, month, month, count(*)
FROM (SELECT i, counted_at(unit_code) AS unit, community_code AS community, month, {leaf} AS leaf, {rows} AS rows
      FROM (SELECT DISTINCT i, unit_code, community_code, month_no(posted(maintained_on, entered_at)) AS month FROM {maintained}) WHERE month >= month_no(first_day()))
GROUP BY ALL;
"""

_COUNTED = """
INSERT INTO object_leaf
SELECT column_code, unit, community, leaf, rows, first, last, sum(n)
FROM (SELECT 'OPEN' AS column_code, unit, community, leaf, rows, start_month + 1 AS first, coalesce(end_month, 99999) AS last, n FROM object_spell
      UNION ALL SELECT 'CLOSE', unit, community, leaf, rows, start_month, coalesce(end_month - 1, 99999), n FROM object_spell
      UNION ALL SELECT 'LINKED', unit, community, leaf, rows, start_month, coalesce(end_month - 1, 99999), n FROM object_spell WHERE is_linked
      UNION ALL SELECT CASE start_kind WHEN 'new' THEN 'NEW' ELSE 'RESTORE' END, unit, community, leaf, rows, start_month, start_month, n
                FROM object_spell WHERE start_kind IN ('new', 'restored')
      UNION ALL SELECT CASE end_kind WHEN 'cancelled' THEN 'CANCEL' ELSE 'MERGED' END, unit, community, leaf, rows, end_month, end_month, n
                FROM object_spell WHERE end_kind IN ('cancelled', 'merged'))
WHERE first <= last GROUP BY ALL;

INSERT INTO leaf SELECT 'Z14', column_code, unit, unnest(rows), first, last, n FROM object_leaf;
INSERT INTO move
SELECT 'Z14', 'MOVE_IN', 'MOVE_OUT', NULL, NULL, unit, to_unit, unnest(rows), end_month, end_month, n FROM object_spell WHERE end_kind = 'moved';
-- by communities, at their station; a move between two communities of one station leaves one and enters the other
INSERT INTO station_leaf
SELECT 'Z14', column_code, unit, leaf || '/' || coalesce(community, '-'), first, last, n
FROM (SELECT column_code, unit, community, leaf, first, last, n FROM object_leaf
      UNION ALL SELECT 'MOVE_OUT', unit, community, leaf, end_month, end_month, n FROM object_spell WHERE end_kind = 'moved'
                AND (unit <> to_unit OR community IS DISTINCT FROM to_community)
      UNION ALL SELECT 'MOVE_IN', to_unit, to_community, leaf, end_month, end_month, n FROM object_spell WHERE end_kind = 'moved'
                AND (unit <> to_unit OR community IS DISTINCT FROM to_community))
WHERE leaf <> 'E';
"""


def count(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Add what the objects count for to the tables ``leaf``, ``move`` and ``station_leaf`` (see tally.py)."""
    connection.execute("""
        CREATE TABLE object_spell (unit VARCHAR, community VARCHAR, leaf VARCHAR, rows VARCHAR[], is_linked BOOLEAN, start_month INTEGER, start_kind VARCHAR,
                                   end_month INTEGER, end_kind VARCHAR, to_unit VARCHAR, to_community VARCHAR, n BIGINT);
        CREATE TABLE object_leaf (column_code VARCHAR, unit VARCHAR, community VARCHAR, leaf VARCHAR, rows VARCHAR[], first INTEGER, last INTEGER, n BIGINT);
    """)
    for kind in KINDS:
        leaf, rows = _ROWS[kind]
        # an address hangs on nothing; the others on one of the addresses that exist, on one that does not, or on none
        linked = "false" if kind == "address" else f"u('{kind}.linked', i) < 0.97"
        connection.execute(_SPELLS.format(leaf=leaf, rows=rows, linked=linked, objects=source_of("objects", kind, size)))
        connection.execute(_UPDATED.format(leaf=leaf, rows=rows, maintained=source_of("maintained", kind, size)))
    connection.execute(_COUNTED)
