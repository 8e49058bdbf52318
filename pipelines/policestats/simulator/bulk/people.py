"""Made-up people in SQL: names that are obviously none, telephone numbers that cannot ring, identity numbers that cannot exist.

An identity number is 999999 (no division has this code), a day of birth, a sequence number whose parity is the sex, and the check digit of
ISO 7064 MOD 11-2 (GB 11643): weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2.
"""

from __future__ import annotations

import duckdb

_MACROS = """
CREATE MACRO person_name(i) AS '虚构人' || lpad(i::VARCHAR, 8, '0');
CREATE MACRO person_phone(i) AS '000' || lpad(i::VARCHAR, 8, '0');
CREATE MACRO person_sex(draw, i) AS CASE WHEN u(draw || '.sex', i) < 0.52 THEN '1' ELSE '2' END;
CREATE MACRO person_born(draw, i) AS DATE '1940-01-01' + pick(draw || '.born', i, 25000);
-- age on a day, in completed years
CREATE MACRO age_on(born, on_day) AS date_sub('year', born, on_day);
-- what a clerk enters of somebody's background
CREATE MACRO education_of(draw, i) AS one_of(draw || '.education', i, ['10', '20', '30', '40', '60', '60', '70', '70', '70', '80', NULL]);
CREATE MACRO occupation_of(draw, i) AS one_of(draw || '.occupation', i, ['11', '13', '17', '21', '24', '24', '27', '27', '27', '51', NULL]);
CREATE MACRO residence_of(draw, i) AS one_of(draw || '.residence', i, ['here', 'here', 'here', 'here', 'province', 'province', 'elsewhere', 'abroad', NULL]);
-- odd for a man, even for a woman
CREATE MACRO person_sequence(draw, i) AS pick(draw || '.sequence', i, 499) * 2 + CASE WHEN u(draw || '.sex', i) < 0.52 THEN 1 ELSE 2 END;
-- 387 = 9 * (7 + 9 + 10 + 5 + 8 + 4)
CREATE MACRO id_weight(y, m, d, s) AS
    387 + 2 * (y // 1000) + (y // 100 % 10) + 6 * (y // 10 % 10) + 3 * (y % 10) + 7 * (m // 10) + 9 * (m % 10) + 10 * (d // 10) + 5 * (d % 10)
    + 8 * (s // 100) + 4 * (s // 10 % 10) + 2 * (s % 10);
-- `shift` 1 makes the check digit wrong
CREATE MACRO id_of(born, s, shift) AS
    '999999' || strftime(born, '%Y%m%d') || lpad(s::VARCHAR, 3, '0')
    || substr('10X98765432', (1 + (id_weight(year(born), month(born), day(born), s) + shift) % 11)::INTEGER, 1);
-- now and then none, or one with a wrong check digit
CREATE MACRO person_id(draw, i) AS
    CASE WHEN u(draw || '.id', i) >= 0.01
         THEN id_of(person_born(draw, i), person_sequence(draw, i), CASE WHEN u(draw || '.id', i) < 0.015 THEN 1 ELSE 0 END) END;
"""


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros person_name, person_phone, person_sex and person_id of a person's number."""
    connection.execute(_MACROS)
