"""Collected objects (一标三实 and security elements), their events and maintenance: views that make every object from its number when they are read.

Nothing of them is kept: tables and tally each read the same views, so that tens of millions of objects need no memory.
An object is registered, and then may be moved once, or cancelled (perhaps restored), or merged into another; it is verified or changed up to twice.
"""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.sizes import Size

#: kind -> prefix of its object numbers
KINDS = {"address": "DZ", "resident": "RK", "house": "FW", "organisation": "DW", "security_element": "YS"}

_MACROS = """
CREATE MACRO world_days() AS (after_day() - first_day())::INTEGER;
-- a day from `from_day` to the last day of the world; null when there is none
CREATE MACRO day_until_end(draw, i, from_day) AS
    CASE WHEN from_day < after_day() THEN from_day + floor(u(draw, i) * (after_day() - from_day))::INTEGER END;
-- objects hang on the first four in five addresses, which are never cancelled or merged: whether one is linked has no history
CREATE MACRO standing_addresses() AS address_count() * 4 // 5;
CREATE MACRO object_life(kind, i) AS
    CASE WHEN kind = 'address' AND i < standing_addresses() AND u('address.life', i) >= 0.04 THEN 0.5 ELSE u(kind || '.life', i) END;
CREATE MACRO address_drawn(draw, i) AS
    CASE WHEN u(draw || '.linked', i) < 0.97 THEN 'DZ' || lpad(floor(u(draw || '.address', i) * standing_addresses())::BIGINT::VARCHAR, 10, '0')
         WHEN u(draw || '.linked', i) < 0.975 THEN 'DZ9999999999' END;

-- `life` below 0.085 has an event: only those objects are made when `below` is that
CREATE MACRO objects(kind, prefix, number, below) AS TABLE
WITH placed AS (
    SELECT o.i AS i, s.unit_code AS station, taker.unit_code AS other_station, object_life(kind, o.i) AS life,
           CASE WHEN u(kind || '.when', o.i) < 0.9 THEN first_day() - 1 - pick(kind || '.before', o.i, 1825)
                ELSE first_day() + pick(kind || '.since', o.i, world_days()) END AS registered_on
    FROM range(number) AS o (i)
    JOIN station_pick AS s ON s.k = pick(kind || '.station', o.i, station_picks())
    JOIN station_pick AS taker ON taker.k = pick(kind || '.taker', o.i, station_picks())
    WHERE object_life(kind, o.i) < below
), registered AS (
    SELECT *, written(kind, i, station) AS unit_code,
           CASE WHEN u(kind || '.no_community', i) >= 0.01 THEN community_of(station, pick(kind || '.community', i, communities())) END AS community_code,
           entry(kind || '.entry', i, registered_on) AS entered_at,
           CASE WHEN life < 0.04 THEN 'moved' WHEN life < 0.08 THEN 'cancelled' WHEN life < 0.085 THEN 'merged' END AS drawn_kind,
           CASE WHEN life < 0.085 THEN day_until_end(kind || '.event', i, greatest(registered_on, first_day() - 60)) END AS drawn_on,
           CASE WHEN u(kind || '.far', i) < 0.3 THEN other_station ELSE station END AS next_station
    FROM placed
), happened AS (
    SELECT *, entry_after(kind || '.event.entry', i, drawn_on, entered_at) AS event_entered,
           CASE WHEN life >= 0.04 AND life < 0.043 THEN if_before_end(drawn_on + 1 + wait(kind || '.restore', i, 20)) END AS restore_on
    FROM registered
)
SELECT i, prefix || lpad(i::VARCHAR, 10, '0') AS object_id, unit_code, community_code, registered_on, entered_at,
       CASE WHEN event_entered IS NOT NULL THEN drawn_kind END AS event_kind, CASE WHEN event_entered IS NOT NULL THEN drawn_on END AS event_on, event_entered,
       CASE WHEN drawn_kind = 'moved' THEN next_station ELSE unit_code END AS event_unit,
       CASE WHEN drawn_kind = 'moved' THEN community_of(next_station, pick(kind || '.next', i, communities())) ELSE community_code END AS event_community,
       restore_on, CASE WHEN life >= 0.04 AND life < 0.043 THEN entry_after(kind || '.restore.entry', i, restore_on, event_entered) END AS restore_entered
FROM happened;

-- what decides its rows: the kind of resident or whether a house is rented
CREATE MACRO residence_kind(i) AS
    CASE WHEN u('resident.kind', i) < 0.75 THEN 'registered' WHEN u('resident.kind', i) < 0.995 THEN 'inflow' ELSE 'foreign' END;
CREATE MACRO is_outflow(i) AS u('resident.kind', i) < 0.04;
CREATE MACRO is_rented(i) AS u('house.rented', i) < 0.15;
CREATE MACRO is_key(i) AS u('organisation.key', i) < 0.05;
-- residents who left: most of those cancelled, up to 45 days earlier, and some who are still on the books
CREATE MACRO left_day(i, event_kind, event_on, registered_on) AS
    CASE WHEN event_kind = 'cancelled' AND u('resident.left', i) < 0.8 THEN greatest(registered_on, event_on - pick('resident.left.days', i, 46))
         WHEN event_kind IS NULL AND u('resident.left', i) < 0.005 THEN day_until_end('resident.left.on', i, greatest(registered_on, first_day() - 60)) END;

-- objects with up to two verifications or changes, at the unit that holds them then; none after they have gone
CREATE MACRO visited(kind, prefix, number) AS TABLE
WITH first_one AS (
    SELECT *, CASE WHEN u(kind || '.verified', i) < 0.8 THEN day_until_end(kind || '.verified.on', i, greatest(registered_on,
        first_day() - 180) + 1) END AS first_on
    FROM objects(kind, prefix, number, 1)
), twice AS (
    SELECT *, entry(kind || '.first.entry', i, first_on) AS first_entered,
           CASE WHEN u(kind || '.verified', i) < 0.3 THEN if_before_end(first_on + 30 + pick(kind || '.again.days', i, 150)) END AS again_on
    FROM first_one
), apart AS (
    -- the second counts in another month than the first, so that an object is never counted at two places in one month
    SELECT *, entry(kind || '.second.entry', i, again_on) AS again_entered,
           month_no(posted(first_on, first_entered)) <> month_no(posted(again_on, entry(kind || '.second.entry', i, again_on))) AS is_apart
    FROM twice
)
SELECT *, CASE WHEN is_apart THEN again_on END AS second_on, again_entered AS second_entered,
       NOT coalesce(event_kind IN ('cancelled', 'merged') AND first_on >= event_on, false) AS has_first,
       NOT coalesce(event_kind IN ('cancelled', 'merged') AND again_on >= event_on, false) AND coalesce(is_apart, false) AS has_second,
       CASE WHEN u(kind || '.first.changed', i) < 0.15 THEN 'changed' ELSE 'verified' END AS first_kind,
       CASE WHEN u(kind || '.second.changed', i) < 0.15 THEN 'changed' ELSE 'verified' END AS second_kind
FROM apart WHERE first_on IS NOT NULL;

-- one row each
CREATE MACRO maintained(kind, prefix, number) AS TABLE
SELECT i, one.n AS number, object_id, one.kind AS kind_code, one.d AS maintained_on, one.entered AS entered_at,
       CASE WHEN event_kind = 'moved' AND one.d >= event_on THEN event_unit ELSE unit_code END AS unit_code,
       CASE WHEN event_kind = 'moved' AND one.d >= event_on THEN event_community ELSE community_code END AS community_code
FROM (SELECT *, unnest(list_concat(CASE WHEN has_first THEN [{n: 1, d: first_on, entered: first_entered, kind: first_kind}] ELSE [] END,
                                   CASE WHEN has_second THEN [{n: 2, d: second_on, entered: second_entered, kind: second_kind}] ELSE [] END)) AS one
      FROM visited(kind, prefix, number));
"""

_WITH_EVENT = 0.085
_COMMON = "object_id, unit_code, community_code, registered_on, entered_at"
_COLUMNS = {
    "address": """
        '街道' || pick('address.street', i, 40) || '号路' AS street, CASE WHEN u('address.number', i) >= 0.01 THEN (1 + pick('address.house', i,
            300)) || '号' END AS house_number,
        CASE WHEN u('address.building', i) < 0.7 THEN (1 + pick('address.block', i, 20)) || '栋' END AS building,
        CASE WHEN u('address.rooms', i) < 0.6 AND u('address.room', i) >= 0.01 THEN (100 + pick('address.door', i, 900))::VARCHAR END AS room,
        u('address.rooms', i) < 0.6 AS has_rooms,
        CASE WHEN u('address.point', i) >= 0.05 THEN (100 + u('address.longitude', i) * 10)::DECIMAL(9, 6) END AS longitude,
        CASE WHEN u('address.point', i) >= 0.05 THEN (30 + u('address.latitude', i) * 10)::DECIMAL(9, 6) END AS latitude, entered_at AS updated_at""",
    "resident": """
        address_drawn('resident', i) AS address_id, residence_kind(i) AS residence_kind_code, is_outflow(i) AS is_outflow,
        CASE WHEN u('resident.name', i) < 0.005 THEN NULL WHEN u('resident.name', i) < 0.008 THEN '无' ELSE person_name(i) END AS name,
        CASE WHEN u('resident.phone', i) < 0.03 THEN NULL WHEN u('resident.phone', i) < 0.04 THEN '不详' ELSE person_phone(i) END AS phone,
        person_id('resident', i) AS id_number,
        CASE WHEN u('resident.wrong_sex', i) < 0.003 THEN CASE person_sex('resident', i) WHEN '1' THEN '2' ELSE '1' END ELSE person_sex('resident',
            i) END AS sex_code,
        registered_on - pick('resident.since', i, 400) AS lives_since,
        CASE WHEN residence_kind(i) = 'inflow' AND u('resident.reason', i) >= 0.02 THEN ['work', 'study', 'family',
            'trade'][1 + pick('resident.reason_kind', i, 4)] END AS residence_reason_code,
        left_day(i, event_kind, event_on, registered_on) AS left_on,
        least(greatest(entered_at, coalesce(left_day(i, event_kind, event_on, registered_on)::TIMESTAMP + INTERVAL 30 HOUR, entered_at)),
            now_at() - INTERVAL 1 SECOND) AS updated_at""",
    "house": """
        address_drawn('house', i) AS address_id, ['dwelling', 'dwelling', 'dwelling', 'shop', 'office', NULL][1 + pick('house.use', i, 6)] AS use_code,
        CASE WHEN u('house.owner', i) >= 0.02 THEN ['person', 'organisation', 'state'][1 + pick('house.owner_kind', i, 3)] END AS owner_kind_code,
        is_rented(i) AS is_rented, CASE WHEN is_rented(i) AND u('house.lessee', i) >= 0.03 THEN ['person', 'organisation'][1 + pick('house.lessee_kind', i,
            2)] END AS lessee_kind_code,
        entered_at AS updated_at""",
    "organisation": """
        address_drawn('organisation', i) AS address_id, ['company', 'shop', 'school', 'hospital', 'office'][1 + pick('organisation.kind', i,
            5)] AS organisation_kind_code,
        CASE WHEN u('organisation.name', i) >= 0.01 THEN '虚构单位' || lpad(i::VARCHAR, 8, '0') END AS name,
        CASE WHEN u('organisation.credit', i) >= 0.05 THEN '999999' || lpad(i::VARCHAR, 12, '0') END AS credit_code,
        CASE WHEN u('organisation.headcount', i) >= 0.05 THEN 1 + pick('organisation.persons', i, 200) END AS headcount, is_key(i) AS is_key_premises,
            entered_at AS updated_at""",
    "security_element": """
        address_drawn('security_element', i) AS address_id, ['camera', 'alarm', 'fire_point', 'explosives_store', 'gun_locker'][1 + pick('element.kind', i,
            5)] AS element_kind_code,
        CASE WHEN u('element.state', i) >= 0.02 THEN ['working', 'working', 'broken'][1 + pick('element.state_kind', i, 3)] END AS state_code,
        CASE WHEN u('element.custodian', i) >= 0.03 THEN ['police', 'organisation', 'person'][1 + pick('element.custodian_kind', i,
            3)] END AS custodian_kind_code,
        entered_at AS updated_at""",
}


def objects_of(kind: str, size: Size, below: float = 1) -> str:
    """Return the call of the view of all objects of ``kind``; with ``below`` 0.085 of those that have an event."""
    return f"objects('{kind}', '{KINDS[kind]}', {_number(kind, size)}, {below})"


def maintained_of(kind: str, size: Size, view: str = "maintained") -> str:
    """Return the call of the view of all verifications and changes of objects of ``kind``; ``visited``: one row per object that has any."""
    return f"{view}('{kind}', '{KINDS[kind]}', {_number(kind, size)})"


def described(kind: str, size: Size) -> str:
    """Return the query of all objects of ``kind`` with their stories and the attributes that the source holds."""
    return f"SELECT *, {_COLUMNS[kind]} FROM {objects_of(kind, size)}"


def _number(kind: str, size: Size) -> int:
    return {
        "address": size.addresses,
        "resident": size.residents,
        "house": size.houses,
        "organisation": size.organisations,
        "security_element": size.security_elements,
    }[kind]


def tables(size: Size) -> dict[str, str]:
    """Return table -> query of the field-collection system, communities included."""
    events, maintenance = [], []
    for kind, prefix in KINDS.items():
        objects = objects_of(kind, size, below=_WITH_EVENT)
        events.append(f"""
            SELECT '{prefix}E' || lpad(i::VARCHAR, 10, '0') || step.n AS event_no, object_id, step.kind AS kind_code, step.d AS occurred_on,
                step.entered AS entered_at,
                   event_unit AS unit_code, event_community AS community_code, step.entered AS updated_at
            FROM (SELECT *, unnest([{{n: 1, kind: event_kind, d: event_on, entered: event_entered}},
                                    {{n: 2, kind: 'restored', d: restore_on, entered: restore_entered}}]) AS step FROM {objects} WHERE event_kind IS NOT NULL)
            WHERE step.entered IS NOT NULL""")
        maintenance.append(f"""
            SELECT '{prefix}W' || lpad(i::VARCHAR, 10, '0') || number AS maintenance_no, object_id, kind_code, maintained_on, entered_at, unit_code,
                community_code,
                   entered_at AS updated_at
            FROM {maintained_of(kind, size)}""")
    return {
        "community": "SELECT community_code, unit_code, name_zh, name_en, TIMESTAMP '2020-01-01 08:00:00' AS updated_at FROM community ORDER BY community_code",
        **{kind: f"SELECT {_COMMON}, {columns} FROM {objects_of(kind, size)}" for kind, columns in _COLUMNS.items()},
        "object_event": " UNION ALL ".join(events),
        "object_maintenance": " UNION ALL ".join(maintenance),
    }


def make(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Define the views of all collected objects."""
    connection.execute(f"CREATE MACRO address_count() AS {size.addresses}")
    connection.execute(_MACROS)
