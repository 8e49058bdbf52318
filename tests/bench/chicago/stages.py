"""The stages on the four million records."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def release(delivered: str, home: str, period: str) -> dict[str, Any]:
    """Take the delivered folder to a release of ``period`` and return the seconds of each stage and the number of cells."""
    from policestats.stages import conform, extract, publish, tabulate, validate
    from tests.late_change.definitions import definitions

    seconds: dict[str, float] = {}
    place = Path(home)
    catalog = definitions(Path(__file__).parent, place / "definitions")

    def lap(stage: str, start: float) -> None:
        seconds[stage] = time.perf_counter() - start

    start = time.perf_counter()
    extract.run(catalog=catalog, source="city", location=delivered, home=place)
    lap("extract", start)
    start = time.perf_counter()
    conform.run(catalog=catalog, home=place)
    lap("conform", start)
    start = time.perf_counter()
    validate.run(catalog=catalog, home=place)
    lap("validate", start)
    start = time.perf_counter()
    cells = tabulate.run(catalog=catalog, home=place, period=period).cells
    lap("tabulate", start)
    start = time.perf_counter()
    publish.run(catalog=catalog, home=place, period=period)
    lap("publish", start)
    return {"stages": seconds, "cells": cells}
