"""Code lists are written where they changed, and the tables of a report are made again where they are of another layout."""

from __future__ import annotations

from pathlib import Path

from policestats.stages.report_store import create_report_tables, write_codelists
from tests.reports import tiny
from tests.reports.tiny import NORTH_1, theft

_KINDS = "code,parent_code,label_zh,label_en\nKA,T,甲,Both\nK1,KA,一,One\nK2,KA,二,Two\nK9,T,不明,Unknown\n"


def test_a_code_list_is_written_again_only_when_it_changed(tmp_path: Path) -> None:
    before = tiny.standard(tmp_path / "before")
    after = tiny.standard(tmp_path / "after", **{"codelists/kind": _KINDS.replace("二,Two", "二,Second")})
    with tiny.warehouse(before, []) as engine:
        create_report_tables(engine)
        write_codelists(engine, before)
        engine.execute("INSERT INTO dim.kind (code) VALUES ('K7')")  # tells whether it is written again
        write_codelists(engine, before)
        assert engine.scalar("SELECT count(*) FROM dim.kind") == 5
        write_codelists(engine, after)
        assert engine.sql("SELECT code, label_en FROM dim.kind ORDER BY code").to_pylist()[1] == {"code": "K2", "label_en": "Second"}
        assert engine.scalar("SELECT count(*) FROM dim.kind") == 4


def test_tables_of_another_layout_are_made_again_all_of_them(tmp_path: Path) -> None:
    """Half of what was tabulated would read as zeros; what is as it should be stays."""
    catalog = tiny.standard(tmp_path)
    with tiny.warehouse(catalog, [theft("T1", "2026-10-05", NORTH_1)]) as engine:
        tiny.filled(engine, catalog, "2026-10", tiny.form(catalog, "- {code: N, indicator: filed}"))
        create_report_tables(engine)
        assert engine.scalar("SELECT count(*) FROM report.cell") > 0
        engine.execute("ALTER TABLE report.check_result ADD COLUMN more VARCHAR")
        create_report_tables(engine)
        assert engine.scalar("SELECT count(*) FROM report.cell") == 0
        assert "more" not in engine.sql("FROM report.check_result LIMIT 0").schema.names
