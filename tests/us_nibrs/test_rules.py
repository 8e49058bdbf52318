"""The data rules on Arizona 2016: the standard's own, which its records keep, and strict ones, broken as often as the delivered files say."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.stages import conform, extract, validate
from tests.support.both_evaluators import Verdict, agreed
from tests.support.ledger import ROOT, SHARED

DATA = SHARED / "data" / "nibrs_az2016" / "AZ-2016.zip"
STRICT = Path(__file__).parent / "strict_rules"
pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the FBI's state download is not beside the repository (shared/data/nibrs_az2016)"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nibrs")
    catalog = load_catalog(ROOT, "us_nibrs")
    extract.run(catalog=catalog, source="nibrs", location=str(DATA), home=folder)
    conform.run(catalog=catalog, home=folder)
    return folder


def delivered(name: str) -> list[dict[str, str]]:
    """Return the rows of a file in the zip."""
    with zipfile.ZipFile(DATA) as archive, archive.open(f"{name}.csv") as file:
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))


def test_both_evaluators_agree_on_the_rules_of_the_standard(home: Path) -> None:
    catalog = load_catalog(ROOT, "us_nibrs")
    validate.run(catalog=catalog, home=home)
    counts = agreed(home, catalog)
    incidents = delivered("nibrs_incident")
    hours, flags = (sum(bool(row[name]) for row in incidents) for name in ("incident_hour", "report_date_flag"))
    assert counts["incident", "hour_of_day"] == (hours, 0, len(incidents) - hours, "passed")
    assert counts["incident", "known_date_kind"] == (flags, 0, len(incidents) - flags, "passed")
    assert counts["offense", "of_an_incident"] == (len(delivered("nibrs_offense")), 0, 0, "passed")
    assert [rule for rule, verdict in counts.items() if verdict[3] != "passed"] == []
    assert len(counts) == 26 + 7  # and the rule that each of the seven tables has


def test_both_evaluators_count_what_breaks_a_strict_rule(home: Path, tmp_path: Path) -> None:
    for name in ("schemas", "expectations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for path in STRICT.glob("*.yaml"):
        shutil.copy(path, tmp_path / "expectations" / "us_nibrs")
    catalog = load_catalog(tmp_path, "us_nibrs")
    result = validate.run(catalog=catalog, home=home)
    counts = agreed(home, catalog)
    found = {
        name: {rule: v for (table, rule), v in counts.items() if table == name and rule != "cast"}
        for name in ("offense", "arrestee", "incident")
    }
    assert found["offense"] == _offenses()
    assert found["arrestee"] == _arrestees()
    assert max(row["incident_date"][:10] for row in delivered("nibrs_incident")) == "2016-12-31"  # and all months to December came
    assert found["incident"] == {"of_the_last_day": (1, 0, 0, "passed"), "of_the_day_after": (1, 1, 0, "failed")}
    assert result.failed_errors == []


def _offenses() -> dict[str, Verdict]:
    offenses, hour = delivered("nibrs_offense"), {row["incident_id"]: row["incident_hour"] for row in delivered("nibrs_incident")}
    with_arrest = {row["incident_id"] for row in delivered("nibrs_arrestee")}
    of_incident = Counter(row["incident_id"] for row in offenses)
    of_kind = Counter((row["incident_id"], row["offense_type_id"]) for row in offenses)
    hours = [int(h) for row in offenses if (h := hour[row["incident_id"]])]
    return {
        "completed": _of(len(offenses), sum(row["attempt_complete_flag"] != "C" for row in offenses)),
        "one_in_an_incident": _of(len(offenses), sum(n for n in of_incident.values() if n > 1)),
        "one_of_a_kind": _of(len(offenses), sum(n for n in of_kind.values() if n > 1)),
        "with_an_arrest": _of(len(offenses), sum(row["incident_id"] not in with_arrest for row in offenses)),
        "before_evening": _of(len(hours), sum(h >= 18 for h in hours), len(offenses) - len(hours)),
        "enough": (1, 0, 0, "passed"),
        "more": (1, 1, 0, "failed"),
    }


def _arrestees() -> dict[str, Verdict]:
    arrestees, day = delivered("nibrs_arrestee"), {row["incident_id"]: row["incident_date"] for row in delivered("nibrs_incident")}
    ages = [int(row["age_num"]) for row in arrestees if row["age_num"]]
    minors = sum(age < 18 for age in ages)
    assert 0 < minors < len(ages) / 5  # so that 0.8 lets them be
    return {
        "adult": (len(ages), minors, len(arrestees) - len(ages), "passed"),
        "same_day": _of(len(arrestees), sum(row["arrest_date"][:10] != day[row["incident_id"]][:10] for row in arrestees)),
        "on_view_or_summoned": _of(len(arrestees), sum(row["arrest_type_id"] == "3" for row in arrestees)),
    }


def _of(checked: int, failed: int, not_evaluated: int = 0) -> Verdict:
    return checked, failed, not_evaluated, "failed" if failed else "passed"
