"""The expressions of checks: what each construct becomes, and what each mistake is answered."""

from __future__ import annotations

from typing import Any

import pytest

from policestats.errors import DefinitionError
from policestats.reports.check_language import Call, Cell, Check, Term, read_check

ROWS = ["T", "R01", "R02", "R03", "264条", "V*"]
COLUMNS = ["FILED_M", "FILED_YTD", "SOLVED_M", "sum"]
WHERE = "F.yaml:30"


def check(that: Any, **rest: Any) -> Check:
    return read_check({"id": "F-01", "severity": "error", "that": that, "source": "test", **rest}, WHERE, ROWS, COLUMNS)


def cell(row: str, column: str = "FILED_M") -> Cell:
    return Cell(None, (row,), column)


@pytest.mark.parametrize(
    ("that", "left", "operator", "right"),
    [
        ("[T].FILED_M = [R01].FILED_M", (Term(1, cell("T")),), "=", (Term(1, cell("R01")),)),
        ("[T].FILED_M<=0", (Term(1, cell("T")),), "<=", (Term(0, None),)),
        ("[T].FILED_M >= 12.5", (Term(1, cell("T")),), ">=", (Term(12.5, None),)),
        ("[T].FILED_M < [R01].SOLVED_M", (Term(1, cell("T")),), "<", (Term(1, cell("R01", "SOLVED_M")),)),
        ("[T].FILED_M > -1", (Term(1, cell("T")),), ">", (Term(-1, None),)),
        (
            "-[T].FILED_M + 2 [R01].FILED_M - 3*[R02].FILED_M = 0",
            (Term(-1, cell("T")), Term(2, cell("R01")), Term(-3, cell("R02"))),
            "=",
            (Term(0, None),),
        ),
        ("sum([R01..R03].FILED_M) = [T].FILED_M", (Term(1, Call("sum", Cell(None, ("R01", "R02", "R03"), "FILED_M"))),), "=", (Term(1, cell("T")),)),
        ("previous([T].FILED_YTD) <= 2 units([T].FILED_M)", (Term(1, Call("previous", cell("T", "FILED_YTD"))),), "<=", (Term(2, Call("units", cell("T"))),)),
        ("children([T].FILED_M) = days([T].FILED_M)", (Term(1, Call("children", cell("T"))),), "=", (Term(1, Call("days", cell("T"))),)),
        ("[T].FILED_M = X02[C264].FILED", (Term(1, cell("T")),), "=", (Term(1, Cell("X02", ("C264",), "FILED")),)),
        ("[264条].FILED_M = [V*].FILED_M", (Term(1, cell("264条")),), "=", (Term(1, cell("V*")),)),
        ("[T].sum = [ R01 ] . FILED_M", (Term(1, cell("T", "sum")),), "=", (Term(1, cell("R01")),)),  # a column may be named as a function
    ],
)  # fmt: skip
def test_what_each_construct_becomes(that: str, left: Any, operator: str, right: Any) -> None:
    found = check(that)
    assert (found.left, found.operator, found.right) == (left, operator, right)
    assert (found.id, found.severity, found.text, found.where, found.tolerance, found.units) == ("F-01", "error", that, WHERE, "0", "all")


def test_a_range_is_in_row_order_whatever_the_codes() -> None:
    """R03..V* are R03, 264条, V*: the order of the rows, not of the alphabet."""
    [term] = check("sum([R03..V*].FILED_M) = 0").left
    assert isinstance(term.value, Call)
    assert term.value.argument.rows == ("R03", "264条", "V*")


def test_for_rows_leaves_the_row_open_and_for_columns_the_column() -> None:
    over_rows = check("FILED_M = previous(FILED_YTD) + SOLVED_M", **{"for": "rows", "rows": ["T", "R01"]})
    assert over_rows.left == (Term(1, Cell(None, None, "FILED_M")),)
    assert over_rows.right == (Term(1, Call("previous", Cell(None, None, "FILED_YTD"))), Term(1, Cell(None, None, "SOLVED_M")))
    assert (over_rows.over, over_rows.rows) == ("rows", ("T", "R01"))
    over_columns = check("[T] = sum([R01..R03])", **{"for": "columns", "columns": ["FILED_M"]})
    assert over_columns.left == (Term(1, Cell(None, ("T",), None)),)
    assert (over_columns.over, over_columns.columns) == ("columns", ("FILED_M",))


def test_the_outlier_test_and_the_options() -> None:
    found = check(
        {"outlier": {"of": "FILED_YTD", "from": "FILED_M", "at_least": 30, "z": 3}},
        **{"for": "rows", "severity": "warning", "frequencies": ["week"], "units": "root", "tolerance": 0.05},
    )
    assert found.outlier == {"of": "FILED_YTD", "from": "FILED_M", "at_least": 30, "z": 3}
    assert (found.severity, found.frequencies, found.units, found.tolerance) == ("warning", ("week",), "root", "0.05")
    assert found.text == "outlier of FILED_YTD against FILED_M, both at least 30, |z| > 3"


@pytest.mark.parametrize(
    ("that", "rest", "message"),
    [
        ("[T].FILED_M", {}, "expected more, found the end"),
        ("[T].FILED_M =", {}, "expected a cell, found the end"),
        ("= [T].FILED_M", {}, "expected the name of a column or form, found '='"),
        ("X02[T].= [T].FILED_M", {}, "expected the name of a column or form, found '='"),
        ("[T].FILED_M + [R01].FILED_M", {}, "expected more, found the end"),
        ("[T].FILED_M = [R01].FILED_M [R02].FILED_M", {}, r"did not expect '\[' after the right side"),
        ("[T].FILED_M ! [R01].FILED_M", {}, r"did not expect '! \[R01\]"),
        ("[T.FILED_M = 0", {}, r"expected a row code and '\]'"),
        ("[].FILED_M = 0", {}, r"expected a row code and '\]'"),
        ("sum([R01..R03].FILED_M = 0", {}, r"expected '\)' after sum\(\.\."),
        ("[R04].FILED_M = 0", {}, r"there is no row 'R04'; did you mean R0[123]"),
        ("sum([R01..R9].FILED_M) = 0", {}, "there is no row 'R9'"),
        ("[T].FILD_M = 0", {}, r"there is no column 'FILD_M'; did you mean FILED_M"),
        ("FILED_M = 0", {}, r"'FILED_M' has no row; write \[row\]\.FILED_M or for: rows"),
        ("[T] = 0", {}, r"has no column; write \[row\]\.column or for: columns"),
        ("FILD_M = 0", {"for": "rows"}, "there is no column 'FILD_M'"),
        ("averge([T].FILED_M) = 0", {}, "there is no column 'averge'; known: "),
        ("previous([T]) = 0", {"for": "columns"}, r"previous\(\) needs a column"),
        ("units(X02[T].FILED) = 0", {}, r"units\(\) is of this form's own cells, not of form X02"),
        ("previous(X02[T].FILED) = 0", {}, r"previous\(\) is of this form's own cells"),
        ("1.5 [T].FILED_M = 0", {}, r"the weight 1\.5 is not a whole number"),
        ("[T].FILED_M = 0.5*[R01].FILED_M", {}, r"the weight 0\.5 is not a whole number"),
    ],
)  # fmt: skip
def test_each_mistake_names_the_place_and_the_text(that: str, rest: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as raised:
        check(that, **rest)
    assert str(raised.value).startswith(f"{WHERE}: check {that!r}: ")


@pytest.mark.parametrize(
    ("that", "rest", "message"),
    [
        ("FILED_M = 0", {"for": "rows", "rows": ["T", "R1"]}, r"check 'F-01' names the row 'R1'; did you mean"),
        ("[T] = 0", {"for": "columns", "columns": ["FILED"]}, r"check 'F-01' names the column 'FILED'; did you mean FILED_M"),
        ({"outlier": {"of": "FILED", "from": "FILED_M", "at_least": 1, "z": 3}}, {"for": "rows"}, r"names the column 'FILED'; did you mean"),
        ({"outlier": {"of": "FILED_M", "from": "FILED", "at_least": 1, "z": 3}}, {"for": "rows"}, r"names the column 'FILED'; did you mean"),
    ],
)  # fmt: skip
def test_each_wrong_option_names_the_place(that: Any, rest: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as raised:
        check(that, **rest)
    assert str(raised.value).startswith(f"{WHERE}: ")
