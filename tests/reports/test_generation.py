"""The four generation rates, on two forms of two units that fit on a sheet of paper.

Form F (rows T, KA, K1, K2, K9; column A, a hidden one):     Form G (one row; columns X, Y, P):
    North 1: auto,    2 2 1 1 0                                  North 1: X 4, Y 50; P not applicable; an error check failed
    North 2: partial, 3 3 3 0 0                                  North 2: X 4, Y without a base; P not applicable
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from policestats.catalog import Catalog
from policestats.reports.check_language import read_check
from policestats.reports.checks import Findings, Outcome
from policestats.reports.form_table import FormTable
from policestats.reports.generation import GenerationRate, generation
from tests.reports import tiny
from tests.reports.tables import table
from tests.reports.tiny import NORTH_1, NORTH_2

PRESCRIBED = 4
Rates = dict[tuple[str, str | None, str | None], GenerationRate]
LEVELS = {NORTH_1: "station", NORTH_2: "post"}  # two levels of one unit each


@pytest.fixture(scope="module")
def forms(catalog: Catalog) -> tuple[FormTable, FormTable]:
    f = table(
        tiny.form(catalog, "- {code: A, indicator: filed}\n- {code: H, indicator: filed, hidden: true}", id="F"),
        {NORTH_1: {"A": [2, 2, 1, 1, 0], "H": [9] * 5}, NORTH_2: {"A": [3, 3, 3, 0, 0], "H": [9] * 5}},
        statuses={("A", NORTH_2): "partial", ("H", NORTH_1): "missing"},  # a hidden column is no cell
    )
    columns = "- {code: X, indicator: filed}\n- {code: Y, rate: {of: X, over: P}, per: 100, decimals: 1}\n- {code: P, indicator: filed, variant: prior_year}"
    g = table(
        tiny.form(catalog, columns, id="G", one=True),
        {NORTH_1: {"X": [4], "Y": [50], "P": [0]}, NORTH_2: {"X": [4], "Y": [0], "P": [0]}},
        statuses={("P", NORTH_1): "not_applicable", ("P", NORTH_2): "not_applicable"},
        undefined=(("Y", NORTH_2, "T"),),
    )
    return f, g


def finding(severity: str, outcome: str) -> Findings:
    """Return that [T].X = 2 did not hold, or could not be evaluated, at North 1, where X is 1."""
    check = read_check({"id": "G-01", "severity": severity, "that": "[T].X = 2"}, "", ["T"], ["X"])
    here = np.array([0])
    return Findings(check, None, [None], [None], here, here, here + 1_000_000, here + 2_000_000, np.array([outcome == "failed"]))


def rates(forms: tuple[FormTable, FormTable], *found: Findings, prescribed: int = PRESCRIBED) -> Rates:
    outcomes = [(forms[0], Outcome(forms[0].units), ()), (forms[1], Outcome(forms[1].units, list(found)), ())]
    return {(r.rate_id, r.form_id, r.unit_code): r for r in generation(outcomes, prescribed, LEVELS) if r.level_code is None}


def fraction(rate: GenerationRate) -> tuple[int, int]:
    return rate.numerator, rate.denominator


def test_over_all(forms: tuple[FormTable, FormTable]) -> None:
    found = rates(forms, finding("error", "failed"))
    assert fraction(found["template", None, None]) == (0, 4)  # F is partial in North 2, G has a failed error check in North 1
    assert fraction(found["instance", None, None]) == (2, 4)  # F of North 1, G of North 2
    assert fraction(found["cell", None, None]) == (9, 14)  # auto 5 + 0 + 2 + 2, of 5 + 5 + 2 + 2
    assert fraction(found["cell_nonzero", None, None]) == (7, 10)  # auto 4 + 0 + 2 + 1, of 4 + 3 + 2 + 1
    assert found["cell", None, None].pct == Decimal("64.29")  # 9 / 14 = 0.642857
    assert found["cell", None, None].reason == "F: why (5 cells); G: an error check failed"
    assert found["template", None, None].reason == (
        "F: why (5 cells); G: an error check failed; 2 of the 4 prescribed forms are not defined or not due in this period"
    )


def test_by_form_and_unit(forms: tuple[FormTable, FormTable]) -> None:
    found = rates(forms, finding("error", "failed"))
    assert {key[1:]: fraction(r) for key, r in found.items() if key[0] == "instance"} == {
        ("F", NORTH_1): (1, 1), ("F", NORTH_2): (0, 1), ("F", None): (1, 2),
        ("G", NORTH_1): (0, 1), ("G", NORTH_2): (1, 1), ("G", None): (1, 2),
        (None, None): (2, 4), (None, NORTH_1): (1, 2), (None, NORTH_2): (1, 2),
    }  # fmt: skip
    assert fraction(found["cell", None, NORTH_1]) == (7, 7)  # 5 of F, 2 of G
    assert fraction(found["cell", None, NORTH_2]) == (2, 7)
    assert fraction(found["cell", "F", NORTH_2]) == (0, 5)
    assert fraction(found["cell", "G", NORTH_1]) == (2, 2)  # the cells are automatic, the form is not
    assert fraction(found["cell_nonzero", "G", NORTH_2]) == (1, 1)  # a rate without a base is no figure
    assert fraction(found["template", "F", None]) == (0, 1)
    assert found["cell", "F", NORTH_1].reason is None


def test_by_level(forms: tuple[FormTable, FormTable]) -> None:
    """Each level has the rates of its units together: here of one unit, whose rates by form they are, and those of both forms."""
    outcomes = [(form, Outcome(form.units), ()) for form in forms]
    found = {(r.level_code, r.form_id, r.rate_id): r for r in generation(outcomes, PRESCRIBED, LEVELS) if r.level_code is not None}
    assert {level for level, _, _ in found} == {"station", "post"}
    assert fraction(found["station", "F", "cell"]) == (5, 5)
    assert fraction(found["post", "F", "cell"]) == (0, 5)
    assert fraction(found["station", None, "cell"]) == (7, 7)  # 5 of F, 2 of G
    assert fraction(found["post", None, "cell"]) == (2, 7)
    assert fraction(found["station", None, "template"]) == (2, 4)  # both forms, of the four prescribed
    assert fraction(found["post", None, "template"]) == (1, 4)  # G
    assert found["post", "F", "template"].numerator == 0
    assert all(rate.unit_code is None for rate in found.values())


@pytest.mark.parametrize(("severity", "outcome"), [("warning", "failed"), ("error", "not_evaluated")])
def test_only_a_failed_error_stands_in_the_way(forms: tuple[FormTable, FormTable], severity: str, outcome: str) -> None:
    found = rates(forms, finding(severity, outcome))
    assert fraction(found["template", None, None]) == (1, 4)  # G, for every unit
    assert found["template", None, None].pct == Decimal("25.00")
    assert fraction(found["instance", None, None]) == (3, 4)


def test_a_standard_that_prescribes_fewer_forms_than_there_are(forms: tuple[FormTable, FormTable]) -> None:
    assert rates(forms, prescribed=1)["template", None, None].reason == "F: why (5 cells)"


def test_no_cell_no_rate(catalog: Catalog) -> None:
    empty = table(
        tiny.form(catalog, "[{code: P, indicator: filed, variant: prior_year}]", one=True),
        {NORTH_1: {"P": [0]}},
        statuses={("P", NORTH_1): "not_applicable"},
    )
    found = {(r.rate_id, r.form_id): r for r in generation([(empty, Outcome(empty.units), ())], 1, LEVELS)}
    assert fraction(found["cell", None]) == (0, 0)
    assert found["cell", None].pct is None
