"""Identity numbers: what they say, and that nothing else of them is left. All begin with 999999, a division that does not exist."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from policestats import settings
from policestats.catalog import Catalog
from policestats.errors import DefinitionError
from policestats.landing.identity import IdentityFacts, resident_id
from policestats.stages import conform, extract
from tests.stages.small import IDENTITY, csv_text, make_sqlite, make_zip, query, standard

# 9*(7+9+10+5+8+4) = 387; 1990: 1*2 + 9*1 + 9*6 + 0*3 = 65; 0101: 0*7 + 1*9 + 0*10 + 1*5 = 14; 001: 0*8 + 0*4 + 1*2 = 2
# 387 + 65 + 14 + 2 = 468 = 42*11 + 6 -> the 7th of 1 0 X 9 8 7 6 5 4 3 2: 6
MAN = "999999199001010016"
WOMAN = "999999199001010024"  # sequence 002: 468 - 2 + 4 = 470 = 42*11 + 8 -> 4
WOMAN_X = "99999919900101018X"  # sequence 018: 466 + 4 + 16 = 486 = 44*11 + 2 -> X; 8 is even
PERSON = {"into": "person", "drop": ["name", "phone"], "identity": IDENTITY}
COLUMNS = ("person_no", "sex_code", "name", "phone", "id_number")


@pytest.fixture
def people(tmp_path: Path) -> Catalog:
    return standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"person": PERSON}}}, name="cn")


def test_a_valid_number_says_birth_month_and_sex() -> None:
    assert resident_id(MAN) == IdentityFacts(True, 1990, 1, True)
    assert resident_id(WOMAN) == IdentityFacts(True, 1990, 1, False)
    assert resident_id(WOMAN_X) == IdentityFacts(True, 1990, 1, False)


@pytest.mark.parametrize(
    "number",
    [
        "999999199001010015",  # the check character must be 6
        "99999919900101018x",  # only the capital is a check character; landing capitalises first
        "99999919900101001",  # 17 characters
        "9999991990010100166",  # 19 characters
        "99999919900101A016",  # a letter
        "９９９９９９199001010016",  # digits that are not ASCII
        "999999199002300015",  # 30 February, with the right check character: 468 - 14 + (0*7 + 2*9 + 3*10 + 0*5) = 502 = 45*11 + 7 -> 5
        "",
    ],
)
def test_an_invalid_number_says_nothing_else(number: str) -> None:
    assert resident_id(number) == IdentityFacts(is_valid=False)


def test_facts_of_the_number_reach_core(people: Catalog, home: Path, tmp_path: Path) -> None:
    rows = [
        {"person_no": 1, "sex_code": "1", "id_number": MAN},
        {"person_no": 2, "sex_code": "1", "id_number": WOMAN},  # recorded as a man
        {"person_no": 3, "sex_code": "9", "id_number": WOMAN_X.lower()},  # sex not known: neither agrees nor disagrees
        {"person_no": 4, "sex_code": "2", "id_number": "999999199001010015"},  # wrong check character
        {"person_no": 5, "sex_code": "2", "id_number": ""},  # no number: nothing is known, nothing failed
        {"person_no": 6, "sex_code": "1", "id_number": f" {MAN} "},  # the same man
    ]
    extract.run(catalog=people, source="desk", location=make_zip(tmp_path / "s.zip", {"person.csv": csv_text(COLUMNS, rows)}), home=home)
    conform.run(catalog=people, home=home)
    found = query(home, "SELECT person_no, id_is_valid, birth_year, birth_month, sex_agrees FROM core.person ORDER BY 1")
    assert found == [
        (1, True, 1990, 1, True),
        (2, True, 1990, 1, False),
        (3, True, 1990, 1, None),
        (4, False, None, None, None),
        (5, None, None, None, None),
        (6, True, 1990, 1, True),
    ]
    keys = dict(query(home, "SELECT person_no, person_key FROM core.person"))
    assert keys[1] == hmac.new(b"a key that only the tests use", MAN.encode(), hashlib.sha256).hexdigest()[:32]
    assert keys[1] == keys[6] != keys[2]
    assert keys[5] is None


def test_another_key_gives_other_pseudonyms(people: Catalog, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    location = make_zip(tmp_path / "s.zip", {"person.csv": csv_text(COLUMNS, [{"person_no": 1, "id_number": MAN}])})
    extract.run(catalog=people, source="desk", location=location, home=home)
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "the key of the next year")
    assert extract.run(catalog=people, source="desk", location=location, home=home).load_id == 2
    conform.run(catalog=people, home=home)
    old, new = query(home, "SELECT person_key FROM core.person_version ORDER BY known_from")
    assert old != new


@pytest.mark.parametrize("kind", ["files", "database"])
def test_no_identity_reaches_the_disk(kind: str, home: Path, tmp_path: Path) -> None:
    """Whatever is under home after landing and merging, rejected rows and issues included, holds no number, name or phone."""
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": kind, "tables": {"person": PERSON}}}, name="cn")
    rows = [
        (1, "1", "张测试甲", "19900000001", MAN),
        (1, "2", "张测试乙", "19900000002", WOMAN),  # the same key with another content: kept as an issue
        (None, "2", "张测试丙", "19900000003", WOMAN_X),  # no key: kept as an issue
        ("abc", "2", "张测试丁", "19900000004", "not a number 4711"),
    ]
    if kind == "database":
        location = make_sqlite(tmp_path / "s.sqlite", {"person": (", ".join(COLUMNS), rows)})
    else:
        plain = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        location = make_zip(tmp_path / "s.zip", {"person.csv": csv_text(COLUMNS, plain)})
    extract.run(catalog=catalog, source="desk", location=location, home=home)
    assert conform.run(catalog=catalog, home=home).issues == 3
    secrets = [value for row in rows for value in row[2:]]
    on_disk = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert len(on_disk) >= 4  # rows, manifest, locks, warehouse: the search below looks at something
    landed = query(home, f"SELECT * FROM read_parquet('{home}/raw/desk/person/*.parquet')")  # compressed: read as values too
    issues = query(home, "SELECT * FROM core.cast_issue")
    for secret in secrets:
        assert secret not in str(landed)
        assert secret not in str(issues)
        for path, held in on_disk.items():
            assert secret.encode() not in held, f"{secret} stands in {path}"


def test_the_search_would_find_a_number_that_landed(home: Path, tmp_path: Path) -> None:
    """The test above can fail: the same number in a column that nobody declared an identity is found."""
    tables = {"person": {"key": ["person_no"], "columns": {"person_no": "integer", "id_number": "text"}}}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"person": {"into": "person"}}}}, tables)
    location = make_zip(tmp_path / "s.zip", {"person.csv": csv_text(COLUMNS, [{"person_no": 1, "id_number": MAN}])})
    extract.run(catalog=catalog, source="desk", location=location, home=home)
    assert MAN in str(pq.read_table(home / "raw/desk/person/00000001.parquet").to_pylist())


def test_an_identity_that_is_mapped_as_well_is_refused(home: Path, tmp_path: Path) -> None:
    spec = {**PERSON, "columns": {"person_no": "id_number"}}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"person": spec}}}, name="cn")
    location = make_zip(tmp_path / "s.zip", {"person.csv": csv_text(COLUMNS, [])})
    with pytest.raises(DefinitionError, match=r"desk\.yaml:\d+: tables\.person: the column 'id_number' must never land"):
        extract.run(catalog=catalog, source="desk", location=location, home=home)
    assert not home.exists()
