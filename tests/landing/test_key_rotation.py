"""What lands after the key of the pseudonyms was changed. All identity numbers begin with 999999, a division that does not exist."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from policestats import settings
from policestats.catalog import Catalog
from policestats.landing.raw import LandedTable, RawStore
from policestats.stages import conform, extract
from tests.stages.small import IDENTITY, make_sqlite, query, standard
from tests.stages.test_identity import MAN, WOMAN

OLD_KEY, NEW_KEY = "a key that only the tests use", "the key of the year that follows"
COLUMNS = "person_no INTEGER, sex_code TEXT, id_number TEXT, updated_at TEXT"
ROWS = [(1, "1", MAN, "2026-01-05 08:00:00"), (2, "2", WOMAN, "2026-03-10 12:00:00")]


def office(folder: Path) -> tuple[Catalog, str]:
    """Return a desk with a table of persons by cursor, without reconciliation and without lag, and where it is."""
    table = {"into": "person", "identity": IDENTITY, "cursor": {"column": "updated_at"}, "reconcile": "never"}
    catalog = standard(folder / "definitions", {"desk": {"kind": "database", "tables": {"person": table}}}, name="cn")
    return catalog, make_sqlite(folder / "desk.sqlite", {"person": (COLUMNS, ROWS)})


def land(catalog: Catalog, location: str, home: Path) -> LandedTable | None:
    """Land the desk; return its table, None when it gave nothing new."""
    found = extract.run(catalog=catalog, source="desk", location=location, home=home)
    return None if found.load_id is None else RawStore(home).loads()[-1].tables["person"]


def pseudonyms(home: Path) -> list[str]:
    return [text for (text,) in query(home, "SELECT person_key FROM core.person ORDER BY person_no")]


def expected(key: str) -> list[str]:
    """The first 128 bits of HMAC-SHA-256 of the two numbers, in hexadecimal."""
    return [hmac.new(key.encode(), number.encode(), "sha256").hexdigest()[:32] for number in (MAN, WOMAN)]


def test_another_key_makes_all_pseudonyms_again(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing changed in the source, and person 1 lies before the last cursor: only reading the table whole reaches both."""
    catalog, location = office(tmp_path)
    first = land(catalog, location, home)
    conform.run(catalog=catalog, home=home)
    assert pseudonyms(home) == expected(OLD_KEY)
    assert land(catalog, location, home) is None
    monkeypatch.setenv(settings.PSEUDONYM_KEY, NEW_KEY)
    again = land(catalog, location, home)
    assert first is not None
    assert again is not None
    assert (again.mode, again.rows) == ("snapshot", 2)
    assert again.key_fingerprint != first.key_fingerprint
    conform.run(catalog=catalog, home=home)
    assert pseudonyms(home) == expected(NEW_KEY)
    assert land(catalog, location, home) is None  # the key is known from now on


def test_a_key_that_changes_no_pseudonym_is_known_afterwards(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any number the rows are the same with every key; the table must not be read whole for ever."""
    catalog, location = office(tmp_path)
    make_sqlite(Path(location), {"person": (COLUMNS, [(1, "1", None, "2026-01-05 08:00:00")])})
    land(catalog, location, home)
    monkeypatch.setenv(settings.PSEUDONYM_KEY, NEW_KEY)
    assert land(catalog, location, home) is not None
    assert land(catalog, location, home) is None


def test_the_manifest_holds_nothing_of_the_key(home: Path, tmp_path: Path) -> None:
    catalog, location = office(tmp_path)
    table = land(catalog, location, home)
    assert table is not None
    assert table.key_fingerprint is not None
    assert len(table.key_fingerprint) == 32
    assert table.key_fingerprint not in expected(OLD_KEY)
    [manifest] = home.rglob("manifest/*.json")
    written = manifest.read_text(encoding="utf-8")
    assert table.key_fingerprint in written
    assert OLD_KEY not in written
    assert OLD_KEY.encode().hex() not in written


def test_a_table_without_identity_is_of_no_key(home: Path, tmp_path: Path) -> None:
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": {"report": {"into": "report"}}}})
    columns = ", ".join(catalog.tables["report"].columns)
    location = make_sqlite(tmp_path / "desk.sqlite", {"report": (columns, [])})
    extract.run(catalog=catalog, source="desk", location=location, home=home)
    assert RawStore(home).loads()[-1].tables["report"].key_fingerprint is None
