"""Every cell equals the count in plain Python also where a city has the six base systems alone: what the others would tell stays unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.catalog import Catalog
from policestats.reports.template import load_forms
from tests.support.counting.forms import COUNTED
from tests.support.counting.province import EVERY, read_province


@pytest.mark.slow
def test_every_cell_of_two_years(tmp_path: Path, catalog: Catalog) -> None:
    """The forms that the simulator itself counts need the base six alone: they are compared where all systems are read."""
    cells, forms = 0, load_forms(catalog)
    with read_province(tmp_path, catalog, months=24, is_whole=False) as home:
        for period in EVERY:
            found = home.compare(catalog, forms, period, only=COUNTED)
            assert found.differences == {}, (period, list(found.differences.items())[:10])
            cells += found.cells
        assert home.failed_checks() == []
    assert cells > 400_000
