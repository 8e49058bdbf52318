"""Moments with a zone, as Parquet has them: what is written of them must not depend on the zone of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from policestats.landing.raw import RawStore
from tests.stages.small import REPORT_COLUMNS, REPOSITORY, query, standard

#: lands and merges a source in a machine of another zone
_SCRIPT = """
import sys
from pathlib import Path
from policestats.catalog import load_catalog
from policestats.stages import conform, extract
catalog, home = load_catalog(Path(sys.argv[1]), "tiny"), Path(sys.argv[3])
extract.run(catalog=catalog, source="desk", location=sys.argv[2], home=home)
conform.run(catalog=catalog, home=home)
"""


def test_nothing_that_is_written_depends_on_the_zone_of_the_machine(tmp_path: Path) -> None:
    """Midnight of Greenwich is 08:00 in Shanghai, whose time the standard keeps; in New York, where the machine stands, 19:00 of the day before."""
    table = {"into": "report", "cursor": {"column": "entered_at"}}
    standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"report": table}}})
    (tmp_path / "desk").mkdir()
    moment = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
    rows = [{"report_no": "R1", "entered_at": moment, "remark": text} for text in ("one", "two")]  # a key twice: one of them is an issue
    columns = {name: [row.get(name) for row in rows] for name in REPORT_COLUMNS}
    pq.write_table(pa.table(columns), tmp_path / "desk" / "report.parquet")
    home = tmp_path / "home"
    script = [sys.executable, "-c", _SCRIPT, str(tmp_path / "definitions"), str(tmp_path / "desk"), str(home)]
    env = os.environ | {"TZ": "America/New_York", "PYTHONPATH": str(REPOSITORY / "pipelines")}
    done = subprocess.run(script, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [(issue,)] = query(home, "SELECT raw_value FROM core.cast_issue WHERE column_name = '<key>'")
    assert '"entered_at":"2026-01-05 00:00:00+00"' in issue
    assert query(home, "SELECT entered_at FROM core.report") == [(datetime(2026, 1, 5, 8, 0),)]
    [load] = RawStore(home).loads()
    assert load.tables["report"].until == "2026-01-05 00:00:00+00"
