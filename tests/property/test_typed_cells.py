"""Whatever is typed comes back as it was typed: import(export(x)) = x, and the form holds it."""

from __future__ import annotations

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from policestats.catalog import Catalog
from policestats.stages import fill_import
from tests.reports.tiny import NORTH_2
from tests.stages import office
from tests.stages.office import addresses, exported, typed

Cells = dict[tuple[str, str], int]
Desk = tuple[Catalog, Path]
#: the cells that NORTH_2 may type; RIGHT is a part of SAMPLED and cannot be more
_COUNTS = [*((row, column) for column in ("FILED", "YTD") for row in ("K1", "K2", "K9")), *((row, "SUSPECTS") for row in ("T", "KA", "K1"))]
_NUMBERS = st.integers(0, 10**9)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("typed")
    catalog = office.definitions(folder / "definitions")
    return catalog, office.home(folder, catalog)


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    """Draw some of the station's open cells with figures that no check can refuse."""
    found = draw(st.dictionaries(st.sampled_from(_COUNTS), _NUMBERS, max_size=len(_COUNTS)))
    for row in draw(st.sets(st.sampled_from(["K1", "K2"]))):
        found[row, "SAMPLED"] = draw(_NUMBERS)
        found[row, "RIGHT"] = draw(st.integers(0, found[row, "SAMPLED"]))
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=cells(), second=cells())
def test_what_is_typed_comes_back(desk: Desk, first: Cells, second: Cells) -> None:
    """Two rounds: what the second types stands, what it leaves stays from the first; the last export, imported untouched, lands nothing."""
    catalog, landed = desk
    with tempfile.TemporaryDirectory() as folder:
        home = Path(shutil.copytree(landed, Path(folder) / "home"))
        for number, x in enumerate((first, second)):
            path = typed(exported(catalog, home, Path(folder) / str(number)), x, author="Li", evidence="book 7", reason="counted again")
            assert fill_import.run(catalog=catalog, home=home, files=[path]).refused == []
        last = exported(catalog, home, Path(folder) / "last")
        page = load_workbook(last)["F"]
        assert {place: v for place, at in addresses(last).items() if (v := page[at].value) is not None} == {**first, **second}
        again = fill_import.run(catalog=catalog, home=home, files=[last])
        assert (again.load, again.refused, again.unchanged) == (None, [], len({**first, **second}))
        held = office.rows(home, f"SELECT row_code, column_code, value FROM core.office_cell WHERE unit_code = '{NORTH_2}'")
        assert {(row, column): value for row, column, value in held} == {k: Decimal(v) for k, v in {**first, **second}.items()}
