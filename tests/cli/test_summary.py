"""What the summaries say of a run that brought little, or that nobody judged."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from policestats import settings
from policestats.cli import summary
from policestats.stages import conform, run
from policestats.stages.run import RunResult
from policestats.stages.tabulate import TabulateResult
from tests.landing.desk import calls, desk
from tests.support.source_database import opened


def test_the_records_are_those_that_stand_not_those_of_the_last_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls, then one more, one changed, one deleted: 3 + 1 - 1 stand; the second load itself holds two rows."""
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    monkeypatch.setenv("COLUMNS", "200")
    home, catalog = tmp_path / "home", desk(tmp_path)
    with opened("sqlite", tmp_path, None) as database:
        calls(database, (1, "A1", 2, "2026-01-05 08:00:00"), (2, "A1", 1, "2026-03-09 08:00:00"), (3, "A2", 1, "2026-03-10 12:00:00"))

        def told() -> str:
            result = RunResult("2026-03")
            run.extract_all(catalog, home, {"desk": database.location}, result)
            result.conformed = conform.run(catalog=catalog, home=home)
            with redirect_stdout(io.StringIO()) as out:
                summary.whole(result, home, 1)
            return out.getvalue()

        assert "records           3 stand in core; read: 1 sources\n" in told()
        database.insert("call", [(4, "A2", 5, "2026-03-11 09:00:00"), (5, "A2", 5, "2026-03-11 09:00:00")])
        database.run("UPDATE call SET people = 7, updated_at = '2026-03-11 10:00:00' WHERE call_no = 2")
        database.run("DELETE FROM call WHERE call_no IN (1, 5)")
        out = told()
        assert "records           3 stand in core; read: 1 sources\n" in out
        assert "1 new, 1 changed, 1 gone" in out
        assert "records           3 stand in core; read: 1 sources (nothing new since the last run)" in told()


@pytest.mark.parametrize("not_judged", [True, False])
def test_a_load_that_nobody_judged_is_told(not_judged: bool) -> None:
    result = TabulateResult("2026-03", 7, ["F"], 1, 1, 0, 0, 0, [], {}, not_judged)
    with redirect_stdout(io.StringIO()) as out:
        summary.tabulated(result)
    assert ("none judged at load 7" in out.getvalue()) == not_judged
    assert ("policestats validate --as-of 7" in out.getvalue()) == not_judged


def test_a_rule_without_a_verdict_is_told() -> None:
    result = TabulateResult("2026-03", 7, ["F"], 1, 1, 0, 0, 0, [], {}, not_judged=False, unjudged=["case.has_day", "call.*"])
    with redirect_stdout(io.StringIO()) as out:
        summary.tabulated(result)
    told = " ".join(out.getvalue().split())
    assert (
        "without a verdict at load 7, so that they could block no cell: case.has_day, call.*; run 'policestats validate --as-of 7'" in told
    )
