"""The bare program: every core table that a form of the province reads, scanned once and counted by unit and month with DuckDB alone.

It is the least that any program must do that fills the forms from the records; it knows no row of any form.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.province.definitions import STANDARD
from tests.bench.province.forms import warehouse
from tests.bench.province.stages import PERIODS


def scan_and_group(definitions: str, home: str) -> dict[str, int]:
    """Count every table by unit and month, with a column of each; return the number of tables, records and groups."""
    from policestats.catalog import load_catalog
    from policestats.periods import ReferencePeriod
    from policestats.reports.template import load_forms

    catalog = load_catalog(Path(definitions), STANDARD)
    read = set()
    for text in PERIODS:
        period = ReferencePeriod.parse(text)
        forms = [form for form in load_forms(catalog, period=period).values() if period.frequency in form.frequencies]
        facts = {c.indicator.fact for form in forms for c in form.columns if c.indicator is not None}
        read |= {name for fact in facts for name in catalog.fact(fact, "bench").tables}
    found = {"tables": 0, "records": 0, "groups": 0}
    with warehouse(home) as connection:
        for name in sorted(read):
            table = catalog.tables[name]
            unit = f'"{table.unit}"' if table.unit else "NULL"
            month = f"date_trunc('month', \"{table.date}\")" if table.date else "NULL"
            others = ", ".join(f'count("{column}")' for column in table.columns)
            connection.execute(
                f"CREATE TEMP TABLE counted AS SELECT {unit} AS unit, {month} AS month, count(*) AS n, {others} FROM w.core.{name} GROUP BY 1, 2"
            )
            groups, records = connection.execute("SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM counted").fetchone() or (0, 0)
            connection.execute("DROP TABLE counted")
            found = {"tables": found["tables"] + 1, "records": found["records"] + records, "groups": found["groups"] + groups}
    return found
