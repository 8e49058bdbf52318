"""What the collected objects count for on Z14: stocks and flows by spells, fields and rules, verification, maintenance and leavers, in a few scans per kind."""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.objects import KINDS, described, maintained_of, objects_of
from policestats.simulator.bulk.sizes import Size

#: kind -> the leaf row an object stands in; the memo row it adds to; months of its cycle.
_PLACES = {
    "address": ("'O1'", "NULL", "12"),
    "resident": (
        "CASE residence_kind(i) WHEN 'registered' THEN 'O21' WHEN 'inflow' THEN 'O22' ELSE 'O23' END",
        "CASE WHEN is_outflow(i) THEN 'O24' END",
        "CASE residence_kind(i) WHEN 'registered' THEN 12 ELSE 3 END",
    ),
    "house": ("'O3'", "CASE WHEN is_rented(i) THEN 'O31' END", "CASE WHEN is_rented(i) THEN 3 ELSE 12 END"),
    "organisation": ("'O4'", "NULL", "CASE WHEN is_key(i) THEN 6 ELSE 12 END"),
    "security_element": ("'E'", "NULL", "12"),
}
_BROKEN_LINK = "coalesce(address_id = 'DZ9999999999', false)"
#: kind -> (mandatory fields due, mandatory fields filled, keeps all rules); empty is null, 无 or 不详.
_QUALITY = {
    "address": (
        "CASE WHEN has_rooms THEN 7 ELSE 6 END",
        "(community_code IS NOT NULL)::INTEGER + 1 + (house_number IS NOT NULL)::INTEGER + (building IS NOT NULL)::INTEGER"
        " + 2 * (longitude IS NOT NULL)::INTEGER"
        " + (has_rooms AND room IS NOT NULL)::INTEGER",
        "true",
    ),
    "resident": (
        "CASE residence_kind_code WHEN 'inflow' THEN 8 ELSE 7 END",
        "(u('resident.id', i) >= 0.01)::INTEGER + (coalesce(name, '无') <> '无')::INTEGER + (coalesce(phone, '不详') <> '不详')::INTEGER"
        " + 3 + (address_id IS NOT NULL)::INTEGER"
        " + (residence_kind_code = 'inflow' AND residence_reason_code IS NOT NULL)::INTEGER",
        # a wrong check digit; a sex that is not that of the number, where there is a number
        f"NOT (u('resident.id', i) BETWEEN 0.01 AND 0.015 OR u('resident.id', i) >= 0.01 AND u('resident.wrong_sex', i) < 0.003 OR {_BROKEN_LINK})",
    ),
    "house": (
        "CASE WHEN is_rented THEN 4 ELSE 3 END",
        "(address_id IS NOT NULL)::INTEGER + (use_code IS NOT NULL)::INTEGER + (owner_kind_code IS NOT NULL)::INTEGER"
        " + (is_rented AND lessee_kind_code IS NOT NULL)::INTEGER",
        f"NOT {_BROKEN_LINK}",
    ),
    "organisation": (
        "5",
        "(name IS NOT NULL)::INTEGER + 1 + (credit_code IS NOT NULL)::INTEGER + (address_id IS NOT NULL)::INTEGER + (headcount IS NOT NULL)::INTEGER",
        f"NOT {_BROKEN_LINK}",
    ),
    "security_element": (
        "4",
        "1 + (state_code IS NOT NULL)::INTEGER + (custodian_kind_code IS NOT NULL)::INTEGER + (address_id IS NOT NULL)::INTEGER",
        f"NOT {_BROKEN_LINK}",
    ),
}

_MACROS = """
CREATE MACRO before_world() AS month_no(first_day()) - 1;
-- the one or two intervals in which an object is in stock; months in which they begin and end
CREATE MACRO spells(unit_code, community_code, registered_month, event_kind, event_unit, event_community, event_month, restored_month) AS
    CASE WHEN event_kind IS NULL
         THEN [{unit: counted_at(unit_code), community: community_code, start_month: registered_month, start_kind: 'new', end_month: NULL::INTEGER,
             end_kind: NULL::VARCHAR}]
         WHEN event_kind = 'moved' OR restored_month IS NOT NULL
         THEN [{unit: counted_at(unit_code), community: community_code, start_month: registered_month, start_kind: 'new', end_month: event_month,
             end_kind: event_kind},
               {unit: counted_at(event_unit), community: event_community, start_month: CASE event_kind WHEN 'moved' THEN event_month ELSE restored_month END,
                start_kind: CASE event_kind WHEN 'moved' THEN 'moved' ELSE 'restored' END, end_month: NULL, end_kind: NULL}]
         ELSE [{unit: counted_at(unit_code), community: community_code, start_month: registered_month, start_kind: 'new', end_month: event_month,
             end_kind: event_kind}] END;
CREATE TABLE object_spell (unit VARCHAR, community VARCHAR, leaf VARCHAR, memo VARCHAR, start_month INTEGER, start_kind VARCHAR, end_month INTEGER,
    end_kind VARCHAR,
                           to_unit VARCHAR, to_community VARCHAR, n BIGINT, fields BIGINT, filled BIGINT, full_n BIGINT, clean BIGINT, linked BIGINT,
                               too_new BIGINT);
CREATE TABLE object_leaf (column_code VARCHAR, unit VARCHAR, community VARCHAR, leaf VARCHAR, memo VARCHAR, first INTEGER, last INTEGER, n BIGINT);
"""

# What stood before the world began is one group per place: its first month does not matter.
_SPELLS = """
INSERT INTO object_spell
SELECT spell.unit, spell.community, leaf, memo, greatest(spell.start_month, before_world()), CASE WHEN spell.start_month > before_world()
    THEN spell.start_kind END,
       spell.end_month, spell.end_kind, CASE WHEN spell.end_kind = 'moved' THEN counted_at(event_unit) END, CASE WHEN spell.end_kind = 'moved'
           THEN event_community END,
       count(*), sum(due), sum(filled), count(*) FILTER (filled = due), count(*) FILTER (is_clean), count(*) FILTER (is_linked),
       -- registered on the last day of the month in which the interval begins: 0 days old at its end
       count(*) FILTER (registered_on = last_day(registered_on) AND spell.start_month = month_no(registered_on))
FROM (SELECT {leaf} AS leaf, {memo} AS memo, {due} AS due, {filled} AS filled, {clean} AS is_clean, {linked} AS is_linked, registered_on, event_unit,
    event_community,
             unnest(spells(unit_code, community_code, month_no(posted(registered_on, entered_at)), event_kind, event_unit, event_community,
                           month_no(posted(event_on, event_entered)), month_no(posted(restore_on, restore_entered)))) AS spell
      FROM ({described}))
WHERE coalesce(spell.end_month, 99999) > before_world()
GROUP BY ALL;
"""

_VISITS = """
INSERT INTO object_leaf
SELECT 'UPDATED', counted_at(unit_code), community_code, {leaf}, {memo}, month_no(posted(maintained_on, entered_at)), month_no(posted(maintained_on,
    entered_at)), count(*)
FROM {maintained} WHERE month_no(posted(maintained_on, entered_at)) > before_world() GROUP BY ALL;

-- fresh: the latest verification known reaches past the end of the month with its cycle; w came after v, though v may have been entered later
INSERT INTO object_leaf
SELECT 'FRESH', spell.unit, spell.community, leaf, memo, greatest(span.first, spell.start_month, before_world()), least(span.last,
    coalesce(spell.end_month - 1, 99999)), count(*)
FROM (SELECT leaf, memo, spell, unnest([{{first: month_no(v_posted), last: least(month_no(v_on) + cycle - 1, coalesce(month_no(w_posted) - 1, 99999))}},
                                        {{first: month_no(w_posted), last: month_no(w_on) + cycle - 1}}]) AS span
      FROM (SELECT leaf, memo, cycle, v_on, posted(v_on, v_entered) AS v_posted, w_on, posted(w_on, w_entered) AS w_posted,
                   unnest(spells(unit_code, community_code, registered_month, event_kind, event_unit, event_community, event_month, restored_month)) AS spell
            FROM (SELECT {leaf} AS leaf, {memo} AS memo, {cycle} AS cycle, unit_code, community_code, event_kind, event_unit, event_community,
                         month_no(posted(registered_on, entered_at)) AS registered_month, month_no(posted(event_on, event_entered)) AS event_month,
                         month_no(posted(restore_on, restore_entered)) AS restored_month,
                         CASE WHEN has_first AND first_kind = 'verified' THEN first_on END AS v_on, first_entered AS v_entered,
                         CASE WHEN has_second AND second_kind = 'verified' THEN second_on END AS w_on, second_entered AS w_entered
                  FROM {visited}) WHERE v_on IS NOT NULL OR w_on IS NOT NULL))
WHERE span.first IS NOT NULL AND greatest(span.first, spell.start_month, before_world()) <= least(span.last, coalesce(spell.end_month - 1, 99999))
GROUP BY ALL;
"""

# A leaver's cancellation is due 30 days after leaving; what counts is the last event that was entered by then.
_LEAVERS = """
INSERT INTO object_leaf
SELECT shown.c, counted_at(unit_code), community_code, leaf, memo, month_no(due_on), month_no(due_on), count(*)
FROM (SELECT *, unnest([{{c: 'LEAVE'}}, {{c: CASE WHEN posted(event_on, event_entered) <= due_on AND NOT coalesce(posted(restore_on,
    restore_entered) <= due_on, false)
                                             THEN 'LEAVE30' END}}]) AS shown
      FROM (SELECT {leaf} AS leaf, {memo} AS memo, *, left_day(i, event_kind, event_on, registered_on) + 30 AS due_on FROM {objects}))
WHERE due_on >= first_day() AND due_on < after_day() AND shown.c IS NOT NULL
GROUP BY ALL;
"""

_COUNTED = """
INSERT INTO object_leaf
SELECT column_code, unit, community, leaf, memo, first, last, sum(n)
FROM (SELECT 'OPEN' AS column_code, unit, community, leaf, memo, start_month + 1 AS first, coalesce(end_month, 99999) AS last, n FROM object_spell
      UNION ALL SELECT m.c, unit, community, leaf, memo, start_month, coalesce(end_month - 1, 99999), m.n
                FROM (SELECT *, unnest([{c: 'CLOSE', n: n}, {c: 'FIELDS', n: fields}, {c: 'FILLED', n: filled}, {c: 'REC_FULL', n: full_n}, {c: 'RULE_OK',
                    n: clean},
                                        {c: 'LINKED', n: linked}, {c: 'DUE', n: n}]) AS m FROM object_spell)
      UNION ALL SELECT 'DUE', unit, community, leaf, memo, start_month, least(start_month, coalesce(end_month - 1, 99999)), -too_new FROM object_spell
          WHERE too_new > 0
      UNION ALL SELECT CASE start_kind WHEN 'new' THEN 'NEW' ELSE 'RESTORE' END, unit, community, leaf, memo, start_month, start_month, n
                FROM object_spell WHERE start_kind IN ('new', 'restored')
      UNION ALL SELECT CASE end_kind WHEN 'cancelled' THEN 'CANCEL' ELSE 'MERGED' END, unit, community, leaf, memo, end_month, end_month, n
                FROM object_spell WHERE end_kind IN ('cancelled', 'merged'))
WHERE first <= last GROUP BY ALL;

CREATE MACRO object_rows(leaf, memo) AS
    list_concat([leaf], CASE WHEN leaf[1:2] = 'O2' THEN ['O2'] ELSE [] END, CASE WHEN leaf <> 'E' THEN ['T'] ELSE [] END, CASE WHEN memo IS NOT NULL
        THEN [memo] ELSE [] END);
CREATE MACRO applies(column_code, row_code) AS
    NOT (column_code IN ('LINKED', 'LEAVE', 'LEAVE30') AND row_code = 'T') AND NOT (column_code = 'LINKED' AND row_code = 'O1');
INSERT INTO leaf
SELECT 'Z14', column_code, unit, row_code, first, last, n
FROM (SELECT column_code, unit, unnest(object_rows(leaf, memo)) AS row_code, first, last, n FROM object_leaf) WHERE applies(column_code, row_code);
INSERT INTO move
SELECT 'Z14', 'MOVE_IN', 'MOVE_OUT', NULL, NULL, unit, to_unit, unnest(object_rows(leaf, memo)), end_month, end_month, n FROM object_spell
    WHERE end_kind = 'moved';
-- by communities, at their station; a move between two communities of one station leaves one and enters the other
INSERT INTO station_leaf
SELECT 'Z14', column_code, unit, leaf || '/' || coalesce(community, '-'), first, last, n
FROM (SELECT column_code, unit, community, leaf, first, last, n FROM object_leaf
      UNION ALL SELECT 'MOVE_OUT', unit, community, leaf, end_month, end_month, n FROM object_spell WHERE end_kind = 'moved'
                AND (unit <> to_unit OR community IS DISTINCT FROM to_community)
      UNION ALL SELECT 'MOVE_IN', to_unit, to_community, leaf, end_month, end_month, n FROM object_spell WHERE end_kind = 'moved'
                AND (unit <> to_unit OR community IS DISTINCT FROM to_community))
WHERE leaf <> 'E' AND applies(column_code, leaf);
"""


def count(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Add what the objects count for to the tables ``leaf``, ``move`` and ``station_leaf`` (see tally.py)."""
    connection.execute(_MACROS)
    for kind in KINDS:
        (leaf, memo, cycle), (due, filled, clean) = _PLACES[kind], _QUALITY[kind]
        # an address hangs on nothing; the others on one of the addresses that exist, on one that does not, or on none
        linked = "false" if kind == "address" else f"u('{kind}.linked', i) < 0.97"
        connection.execute(
            _SPELLS.format(leaf=leaf, memo=memo, due=due, filled=filled, clean=clean, linked=linked, described=described(kind, size))
        )
        visited, maintained = maintained_of(kind, size, "visited"), maintained_of(kind, size)
        connection.execute(_VISITS.format(leaf=leaf, memo=memo, cycle=cycle, visited=visited, maintained=maintained))
    leaf, memo, _ = _PLACES["resident"]
    connection.execute(_LEAVERS.format(leaf=leaf, memo=memo, objects=objects_of("resident", size)))
    connection.execute(_COUNTED)
