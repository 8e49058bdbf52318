"""The standard with a few of its forms, and of its sources no more tables than those forms read: what a scheduler runs stays small."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from policestats.catalog import load_catalog
from policestats.reports.template import load_forms
from tests.support.ledger import ROOT

STANDARD = "cn"


def few_definitions(folder: Path, forms: Sequence[str]) -> list[str]:
    """Write definitions with ``forms`` alone, and the DAGs, to ``folder``; return the sources that they read."""
    catalog = load_catalog(ROOT, STANDARD)
    known = load_forms(catalog)
    facts = {c.indicator.fact for form in forms for c in known[form].columns if c.indicator is not None}
    read = {catalog.standard.units_table, *(table for fact in facts for table in catalog.fact(fact, fact).tables)}
    for name in ("schemas", "expectations", "dags"):
        shutil.copytree(ROOT / name, folder / name)
    templates = folder / "report_templates" / STANDARD
    shutil.copytree(ROOT / "report_templates" / STANDARD / "column_sets", templates / "column_sets")
    for form in forms:
        shutil.copy(ROOT / "report_templates" / STANDARD / f"{form}.yaml", templates)
    sources = []
    for path in sorted((folder / "schemas" / STANDARD / "sources").glob("*.yaml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        source["tables"] = {name: table for name, table in source["tables"].items() if table["into"] in read}
        path.unlink()
        if source["tables"]:
            path.write_text(yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
            sources.append(path.stem)
    return sources
