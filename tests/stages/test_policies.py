"""What each choice of a policy would give, by hand: three thefts at North 1.

1 by day, entered in time; 2 by night, entered in time; 3 by night on 2026-09-20, entered on 10-05 and so late. The policy `counted` takes all
(in force) or those by night; `late` posts the third in October (in force) or in September.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.errors import PeriodError, StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.policy_use import policies_in, policies_of
from policestats.reports.template import load_forms, read_form
from policestats.stages.policies import choices, uses
from tests.reports import tiny
from tests.reports.tiny import NORTH_1, PROVINCE, SOUTH_1

PERIOD = ReferencePeriod.parse("2026-10")
THEFTS = [
    tiny.theft("1", "2026-10-05", NORTH_1),
    tiny.theft("2", "2026-10-06", NORTH_1, is_night=True),
    {**tiny.theft("3", "2026-09-20", NORTH_1, is_night=True), "entered_at": "2026-10-05 12:00:00"},
]
_COLUMNS = """
- {code: FILED, indicator: filed}
- {code: COUNTED, indicator: filed_counted}
- {code: SHARE, rate: {of: COUNTED, over: FILED}, per: 100, decimals: 1}
- {code: HIDDEN, indicator: filed_counted, hidden: true}
"""
Templates = Callable[..., Path]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return tiny.standard(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    """Return what writes form F into a folder of templates."""

    def written(columns: str = _COLUMNS, **more: object) -> Path:
        data = {**tiny.form_data(columns, one=True), **more}
        (tmp_path / "F.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return tmp_path

    return written


def told(catalog: Catalog, folder: Path, unit: str | None = None) -> dict[tuple[str, str], list[tuple[str, str, object, object]]]:
    with tiny.warehouse(catalog, THEFTS) as engine:
        found = choices(engine, catalog, PERIOD, "F", unit, folder=folder)
    return {(c.policy.id, c.choice): [(d.row_code, d.column_code, d.ours, d.theirs) for d in c.differences] for c in found.choices}


def test_only_the_cells_that_a_choice_changes_are_told(catalog: Catalog, templates: Templates) -> None:
    assert told(catalog, templates()) == {
        # by night: 2 and 3 of all three; 2 / 3 = 66.7 %
        ("counted", "by_night"): [("T", "COUNTED", 3, 2), ("T", "SHARE", 100, tiny.Decimal("66.7"))],
        # the late one leaves October: two are filed and counted, still 100 %
        ("late", "restated"): [("T", "FILED", 3, 2), ("T", "COUNTED", 3, 2)],
    }


def test_the_choice_in_force_is_the_one_compared_with(tmp_path: Path, templates: Templates) -> None:
    """By night is in force: the other choice is then all of them, and restating the third leaves one."""
    by_night = tiny.standard(tmp_path / "night", {"counted": "by_night"})
    found = told(by_night, templates())
    assert found["counted", "all_day"] == [("T", "COUNTED", 2, 3), ("T", "SHARE", tiny.Decimal("66.7"), 100)]
    assert found["late", "restated"] == [("T", "FILED", 3, 2), ("T", "COUNTED", 2, 1), ("T", "SHARE", tiny.Decimal("66.7"), 50)]


def test_at_another_unit(catalog: Catalog, templates: Templates) -> None:
    folder = templates()
    assert told(catalog, folder, NORTH_1) == told(catalog, folder, PROVINCE)
    assert told(catalog, folder, SOUTH_1) == {("counted", "by_night"): [], ("late", "restated"): []}  # nothing happened there
    with pytest.raises(StatisticsError, match="--unit 99: no such unit in 2026-10"):
        told(catalog, folder, "99")


def test_a_form_that_is_not_there_or_not_made_then(catalog: Catalog, templates: Templates) -> None:
    folder = templates()
    with tiny.warehouse(catalog, []) as engine:
        with pytest.raises(StatisticsError, match="--form G: there is no such form; known: F"):
            choices(engine, catalog, PERIOD, "G", folder=folder)
        with pytest.raises(PeriodError, match="no form is due for 2026-Q3"):
            choices(engine, catalog, ReferencePeriod.parse("2026-Q3"), "F", folder=folder)


def test_whom_a_policy_concerns(catalog: Catalog, templates: Templates) -> None:
    folder = templates()
    found = {u.policy.id: (u.forms, u.indicators) for u in uses(catalog, load_forms(catalog, folder))}
    assert found == {"counted": (["F"], ["filed_counted"]), "late": (["F"], [])}
    assert policies_of(catalog, tiny.form(catalog, "- {code: FILED, indicator: filed}")) == ["late"]
    stock = tiny.form(catalog, "- {code: OPEN, indicator: pending_at_start}")  # its events have no posted day
    assert policies_of(catalog, stock) == []
    said = read_form({**tiny.form_data("- {code: FILED, indicator: filed}"), "lateness": "restated"}, catalog)
    assert policies_of(catalog, said) == []  # the form says itself where late entries count
    sets = "- {code: N, parent: T, where: {policy: counted}}"
    assert policies_of(catalog, tiny.form(catalog, "- {code: OPEN, indicator: pending_at_start}", sets=sets)) == ["counted"]


def test_a_policy_is_found_wherever_it_stands() -> None:
    spec = {
        "rate": {"of": {"good": 1, "fair": {"policy": "weight"}}, "over": "all"},
        "where": {"any": [{"a": 1}, {"not": {"policy": "late"}}]},
    }
    assert list(policies_in(spec)) == ["weight", "late"]
    assert list(policies_in({"a": {"policy": ["not", "a", "name"]}})) == []


def test_choices_of_cn_are_all_of_forms_or_rules() -> None:
    """Every policy of the standard is used by a form: one that is not would be a choice without an effect."""
    catalog = load_catalog(tiny.ROOT, "cn")
    assert [u.policy.id for u in uses(catalog, load_forms(catalog)) if not u.forms] == []
