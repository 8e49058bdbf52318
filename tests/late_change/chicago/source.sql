-- The city's incident database: plain SQL, for SQLite and PostgreSQL alike.
CREATE TABLE crimes (
  "ID" BIGINT PRIMARY KEY, "Case Number" TEXT, "Date" TIMESTAMP, "Block" TEXT, "IUCR" TEXT, "FBI Code" TEXT,
  "Arrest" BOOLEAN, "Domestic" BOOLEAN, "Beat" TEXT, "District" TEXT, "Updated On" TIMESTAMP
);

-- The list of district stations, as the city publishes it: it writes district 1 where the records write 001,
-- and it has a line for the headquarters, which is no district.
CREATE TABLE stations (district TEXT PRIMARY KEY, district_name TEXT);

-- The units tree. District 031 of the records stands in no list: its records are counted at the unknown unit.
CREATE VIEW unit AS
SELECT '000' AS unit_code, '1900-01-01' AS valid_from, NULL AS valid_to, NULL AS parent_unit_code, NULL AS successor_unit_code,
  'city' AS level_code, 'Chicago' AS name_zh, 'Chicago' AS name_en
UNION ALL
SELECT substr('000' || district, length(district) + 1), '1900-01-01', NULL, '000', NULL, 'district', district_name, district_name
FROM stations WHERE district <> 'Headquarters';
