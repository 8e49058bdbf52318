"""What DuckDB says of types that do not fit, told as an error of the definition that stands behind the SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from policestats.errors import DefinitionError


@contextmanager
def naming(what: str, where: str) -> Iterator[None]:
    """Raise what DuckDB says of types that do not fit as a DefinitionError about ``what``, which stands at ``where``."""
    try:
        yield
    except (duckdb.BinderException, duckdb.ConversionException) as error:
        said = str(error).split("\n")
        place = next((re.sub(r"^LINE \d+: ", "", line) for line in said if line.startswith("LINE ")), "")
        raise DefinitionError(
            f"{where}: {what} compares or computes what does not fit: {said[0]}{f' (in: {place.strip()})' if place else ''}. "
            "Compare a column with values of its own type, as its table declares it"
        ) from error
