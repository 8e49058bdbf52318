"""The data rules on the records that Chicago touched in February 2016: strict ones, broken as often as a bare statement over the published files says."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from policestats.stages import conform, extract, validate
from tests.late_change.chicago.city import DATA, crimes, deliver, open_city
from tests.late_change.definitions import definitions
from tests.support.both_evaluators import Verdict, agreed

HERE = Path(__file__).parent
SINCE, UNTIL = "2016-02-04", "2016-03-01"  # last changed in these weeks; on the first day tens of thousands of old records
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="Chicago's records are not beside the repository (shared/data/chicago_crimes_dev)"
)


def counted(failing: str, known: str = "true") -> Verdict:
    """Return what a bare statement counts: rows of which ``known`` holds, and of these the ``failing`` ones."""
    found = duckdb.sql(
        f"SELECT count(*) FILTER ({known}), count(*) FILTER ({known} AND ({failing})), count(*) FILTER (NOT ({known})) FROM ("
        'SELECT *, count(*) OVER (PARTITION BY "Case Number") AS of_case, '
        'count(*) OVER (PARTITION BY "District", "Date", "FBI Code") AS of_kind '
        f"{crimes()} WHERE \"Updated On\" >= '{SINCE}' AND \"Updated On\" < '{UNTIL}')"
    ).fetchone()
    assert found is not None
    return *found, "failed" if found[1] else "passed"


def test_both_evaluators_count_what_a_bare_statement_counts(tmp_path: Path) -> None:
    catalog = definitions(HERE, tmp_path / "definitions")
    shutil.copy(HERE / "strict_rules" / "offense.yaml", catalog.expectations)
    open_city(tmp_path / "city.sqlite")
    assert deliver(tmp_path / "city.sqlite", SINCE, UNTIL) > 10_000
    extract.run(catalog=catalog, source="city", location=str(tmp_path / "city.sqlite"), home=tmp_path / "home")
    conform.run(catalog=catalog, home=tmp_path / "home")
    result = validate.run(catalog=catalog, home=tmp_path / "home")
    found = {
        rule: verdict for (table, rule), verdict in agreed(tmp_path / "home", catalog).items() if table == "offense" and rule != "cast"
    }
    few = counted("of_case > 1")
    assert 0 < few[1] < few[0] / 100  # less than the hundredth that may
    assert (
        found
        == {
            "arrested": counted('NOT "Arrest"'),
            "known_district": counted("\"District\" = '031'", '"District" IS NOT NULL'),  # the README beside the data names it
            "one_record_per_case": (*few[:3], "passed"),
            "one_of_a_kind": counted("of_kind > 1", '"District" IS NOT NULL AND "FBI Code" IS NOT NULL'),
            "no_theft": counted("\"FBI Code\" = '06'"),
            "within_a_year": counted('year("Date") <> year("Updated On")'),
            "fresh": (1, 0, 0, "passed"),
            "stale": (1, 1, 0, "failed"),  # the newest change is of 2016
        }
    )
    assert result.failed_errors == ["offense.no_theft"]
