"""Summaries that a newcomer understands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from policestats import releases
from policestats.cli.printing import out, rows
from policestats.engines.duckdb import WAREHOUSE, DuckDBEngine, open_warehouse, quoted
from policestats.engines.release_folder import CURRENT, MANIFEST, resolve
from policestats.errors import ReleaseError
from policestats.reports.generation import GenerationRate
from policestats.stages.check import CheckResult
from policestats.stages.explain import Explanation
from policestats.stages.publish import PublishResult
from policestats.stages.run import RunResult
from policestats.stages.tabulate import TabulateResult

_RATES = {
    "template": "template rate 模板自动生成率: forms whose every cell is automatic for every unit, of those prescribed",
    "instance": "instance rate 份数率: forms of one unit whose every cell is automatic",
    "cell": "cell rate 单元格率: cells no human typed",
    "cell_nonzero": "cell rate without zeros 非零单元格率: the same, of cells that are not 0",
}


@dataclass(frozen=True)
class State:
    """What there was before a run: the latest load, and the name of the current release; None when there was none."""

    load: int | None
    release: str | None


def state(home: Path) -> State:
    """Return what there is under ``home`` now."""
    load = None
    if (home / WAREHOUSE).exists():
        with open_warehouse(home, read_only=True) as engine:
            load = engine.scalar("SELECT max(load_id) FROM core.load") if engine.has_table("core", "load") else None
    try:
        return State(load, resolve(home, CURRENT).path.name)
    except ReleaseError:
        return State(load, None)


def released(home: Path, period: str, before: State, seconds: float) -> None:
    """Print what stands under ``home`` after a run that somebody else (a scheduler) drove, and what that run changed."""
    folder = resolve(home, CURRENT)
    manifest = json.loads((folder.path / MANIFEST).read_text(encoding="utf-8"))
    with open_warehouse(home, read_only=True) as engine:
        loads = engine.sql(
            "SELECT load_id, source FROM core.load QUALIFY row_number() OVER (PARTITION BY source ORDER BY load_id DESC) = 1"
        ).to_pylist()
        rules = engine.sql(
            "SELECT severity, verdict, count(*) AS n FROM quality.rule_result WHERE as_of = (SELECT max(as_of) FROM quality.rule_result) GROUP BY ALL"
        ).to_pylist()
        issues = engine.scalar("SELECT count(*) FROM quality.issue WHERE status = 'open'")
        forms = engine.sql(
            "SELECT form_id, count(*) AS n FROM report.cell WHERE period = ? GROUP BY ALL ORDER BY ALL", [period]
        ).to_pylist()
        traced = engine.scalar("SELECT count(*) FROM report.contribution WHERE period = ?", [period])
        checks = engine.sql(
            "SELECT severity, outcome, count(*) AS n FROM report.check_result WHERE period = ? GROUP BY ALL", [period]
        ).to_pylist()
        standing = _standing(engine)
    is_new = before.load is None or any(load["load_id"] > before.load for load in loads)
    verdicts = {(r["severity"], r["verdict"]): r["n"] for r in rules}
    found = {(c["severity"], c["outcome"]): c["n"] for c in checks}
    out.print(f"\n[bold]policestats: {period}[/bold]  ({seconds:.0f} s)")
    out.print(
        f"records           {standing:,} stand in core, from {len(loads)} sources"
        + ("" if is_new else " (the same as in the last run: nothing new was landed)")
    )
    failed = f"{verdicts.get(('error', 'failed'), 0)} errors and {verdicts.get(('warning', 'failed'), 0)} warnings failed"
    out.print(f"data rules        {sum(verdicts.values())} judged, {failed}; {issues:,} issues open")
    out.print(
        f"forms             {', '.join(f['form_id'] for f in forms)}: {sum(f['n'] for f in forms):,} cells, traced by {traced:,} contributions"
    )
    errors, warnings = (found.get((severity, "failed"), 0) for severity in ("error", "warning"))
    out.print(f"checks            {errors} errors and {warnings} warnings failed (a warning is worth a look, not wrong)")
    rates = releases.read_rates(home=home)
    overall = rates[rates["form_id"].isna()]
    rows(
        ["generation rate", "", ""],
        [(_RATES[str(r.rate_id)], f"{r.numerator:,} / {r.denominator:,}", f"{r.rate_pct:.2f} %") for r in overall.itertuples()],
    )
    reasons = next(iter(overall.loc[overall["rate_id"] == "cell", "reason"].dropna()), None)
    if reasons:
        _reasons(str(reasons))
    if folder.path.name == before.release:
        out.print(f"release           {folder.path} (unchanged: the same content was already published)", markup=False)
    else:
        out.print(f"release           {folder.path}" + (f" (before: {before.release})" if before.release else ""), markup=False)
        for line in manifest.get("changed", []):
            out.print(f"  {line}", markup=False)
    _paths(folder.path)


def _standing(engine: DuckDBEngine) -> int:
    """Return how many records stand in the core tables: a load may hold the last changes only, so its rows say little."""
    rows = engine.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'core' AND ends_with(table_name, '_version')")
    names = [quoted(f"core.{name}") for name in rows.column(0).to_pylist()]
    return sum(int(engine.scalar(f"SELECT count(*) FROM {name} WHERE known_to IS NULL")) for name in names)


def whole(result: RunResult, home: Path, seconds: float) -> None:
    """Print what a whole run did."""
    out.print(f"\n[bold]policestats: {result.period}[/bold]  ({seconds:.0f} s)")
    with open_warehouse(home, read_only=True) as engine:
        standing = _standing(engine)
    fresh = [name for name, r in result.extracted.items() if not r.unchanged]
    out.print(
        f"records           {standing:,} stand in core; read: {len(result.extracted)} sources"
        + ("" if fresh else " (nothing new since the last run)"),
        markup=False,
    )
    if result.conformed is not None:
        c = result.conformed
        changes = f"{c.inserted.total():,} new, {c.changed.total():,} changed, {c.removed.total():,} gone"
        out.print(f"core tables       {changes}; {c.issues} values that could not be taken")
    if result.validated is not None:
        v = result.validated
        failed = f"failed: {', '.join([*v.failed_errors, *v.failed_warnings])}" if v.failed_errors or v.failed_warnings else "all passed"
        out.print(f"data rules        {v.rules} judged, {failed}; {v.issues_open} issues open", markup=False)
    if result.tabulated is not None:
        tabulated(result.tabulated)
    if result.published is not None:
        published(result.published)
    for problem in result.problems:
        out.print(f"left out: {problem}", style="yellow", markup=False)


def tabulated(result: TabulateResult) -> None:
    """Print what a tabulation made, and the four rates with the reasons."""
    if result.not_judged:
        out.print(
            f"data rules        none judged at load {result.as_of}, so that none could block a cell: "
            f"run 'policestats validate --as-of {result.as_of}', then tabulate again",
            markup=False,
        )
    if result.unjudged:
        out.print(
            f"data rules        without a verdict at load {result.as_of}, so that they could block no cell: {', '.join(result.unjudged)}; "
            f"run 'policestats validate --as-of {result.as_of}', cure what it names, then tabulate again",
            style="yellow",
            markup=False,
        )
    out.print(
        f"forms             {', '.join(result.forms)}: {result.cells:,} cells, each traceable ({result.contributions:,} contributions)"
    )
    if result.superseded:
        out.print(
            f"typed cells       {result.superseded} are given by records now, which count; {result.differing} of them differ: "
            f"run 'policestats fill diff --period {result.period}'",
            markup=False,
        )
    for line in result.unplaced:
        out.print(f"typed cells       {line}", style="yellow", markup=False)
    checked(result)


def checked(result: TabulateResult | CheckResult) -> None:
    """Print what the checks found, and the four rates with the reasons."""
    checks = f"{result.failed_errors} errors and {result.failed_warnings} warnings failed, {result.not_evaluated} not evaluated"
    out.print(f"checks            {checks} (warnings are worth a look, not wrong)")
    overall = [r for r in result.rates if r.form_id is None and r.unit_code is None and r.level_code is None]
    rows(["generation rate", "", ""], [(_RATES[str(r.rate_id)], f"{r.numerator:,} / {r.denominator:,}", _pct(r)) for r in overall])
    reasons = next((r.reason for r in overall if r.rate_id == "cell" and r.reason), None)
    if reasons:
        _reasons(reasons)


def published(result: PublishResult) -> None:
    """Print where the release is, and what changed since the one before."""
    if result.unchanged:
        out.print(f"release           {result.folder} (unchanged: the same content was already published)", markup=False)
    else:
        out.print(f"release           {result.folder}", markup=False)
        for line in result.changed:
            out.print(f"  {line}", markup=False)
    _paths(result.folder)


def _paths(folder: Path) -> None:
    out.print(f"open              {folder / 'html' / 'index.html'}", markup=False)
    out.print(f"                  {folder / 'forms'}/*.xlsx", markup=False)
    out.print(f'                  {folder / "statistics.duckdb"}   (query: FROM report."<form>")', markup=False)


def _reasons(reasons: str) -> None:
    out.print("not automatic, and why:")
    for reason in reasons.split("; "):
        out.print(f"  {reason}", markup=False)


def explained(found: Explanation, *, sql: bool) -> None:
    """Print an explanation."""
    out.print(found.title, style="bold", markup=False)
    for line in found.lines:
        out.print(line, markup=False)
    for heading, lines in (("Policies in force", found.policies), ("Sources", found.sources)):
        if lines:
            out.print(f"{heading}:", style="bold")
            for line in lines:
                out.print(f"  {line}", markup=False)
    if found.value is not None:
        out.print(f"Value: {found.value}; status: {found.status}; records behind it: {found.records}", markup=False)
    if found.blocked_by:
        out.print("Blocked by:", style="bold")
        for line in found.blocked_by:
            out.print(f"  {line}", markup=False)
    if sql:
        for subject, text, count in found.queries:
            out.print(f"\n-- {subject}: {count} rows", style="bold", markup=False)
            out.print(text, markup=False)


def _pct(rate: GenerationRate) -> str:
    return "—" if rate.pct is None else f"{rate.pct} %"
