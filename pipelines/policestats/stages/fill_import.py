"""fill import: workbooks that people filled -> one load of the source ``office``; a cell that is refused says why and loses nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from policestats.catalog import Catalog
from policestats.catalog.office import OFFICE, TYPED
from policestats.errors import StatisticsError, nearest
from policestats.landing.office import land_cells
from policestats.landing.raw import RawStore
from policestats.reports.checks import Finding, Outcome
from policestats.reports.filling import Entry, FilledBook, FilledSheet, read_book
from policestats.reports.typed_value import RefusedValue, plain, read_value
from policestats.stages import office_load
from policestats.stages.filling import Filling, Place, opened
from policestats.stages.typed_store import Cell

_AGAIN = "export the workbook again"


@dataclass(frozen=True)
class Refused:
    """A cell, sheet or file that was not taken: where it stands, its value, why, and the cure."""

    file: str
    sheet: str
    address: str
    value: str
    why: str

    def __str__(self) -> str:
        place = f"{self.file}: " + " ".join(filter(None, [f"sheet {self.sheet}," if self.sheet else "", self.address])).rstrip(",")
        return f"{place.rstrip(': ')}: {f'{self.value!r} ' if self.value else ''}{self.why}"


@dataclass(frozen=True)
class Changed:
    """A cell that was taken: its old value (None: there was none) and its new one (None: withdrawn)."""

    form: str
    period: str
    place: Place
    old: Decimal | None
    new: Decimal | None


@dataclass
class ImportResult:
    """What an import did; ``load`` is None when nothing was new."""

    load: int | None = None
    accepted: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True)
class _Candidate:
    """A cell that could be taken, and where it stands."""

    file: str
    entry: Entry
    place: Place
    cell: Cell
    old: Decimal | None


def run(
    *,
    catalog: Catalog,
    home: Path,
    files: Sequence[Path],
    typed_at: datetime | None = None,
    progress: Callable[[str], None] | None = None,
) -> ImportResult:
    """Read workbooks back, refuse what cannot stand, land the rest as one load and merge it.

    A cell is taken when it is open, holds a number that its column may have, has an author and evidence (a change or a withdrawal also a
    reason), was changed by nobody since it was exported, and breaks no error check that held without it. Imported again, a workbook lands nothing.

    Args:
        typed_at: when the cells were typed, where a sheet does not say; default now, in the standard's time zone.
    """
    tell = progress or (lambda message: None)
    now = datetime.now(ZoneInfo(catalog.standard.time_zone)).replace(tzinfo=None, microsecond=0)
    result = ImportResult()
    books = _read(catalog, files, result)
    raw = RawStore(home)
    with raw.landing(OFFICE) as work:  # nobody else lands what people type from here on
        office_load.merge(catalog=catalog, home=home, progress=progress)
        taken: list[_Candidate] = []
        for period in dict.fromkeys(book.period for book in books):
            tell(f"check {period}")
            taken += _of_period(catalog, home, [b for b in books if b.period == period], typed_at or now, now, result)
        if taken:
            rows = [{name: _text(value) for name, value in c.cell.items()} for c in taken]
            result.load = land_cells(raw, work, TYPED, rows, ", ".join(dict.fromkeys(c.file for c in taken))).load_id
            result.accepted = [Changed(c.cell["form_id"], c.cell["period"], c.place, c.old, c.cell["value"]) for c in taken]
    if result.load is not None:
        office_load.merge(catalog=catalog, home=home, progress=progress)
    return result


def _read(catalog: Catalog, files: Sequence[Path], result: ImportResult) -> list[FilledBook]:
    books = []
    for path in files:
        try:
            book = read_book(path)
        except StatisticsError as error:
            result.refused.append(Refused(str(path), "", "", "", str(error).removeprefix(f"{path}: ")))
            continue
        if book.standard != catalog.standard.id:
            why = f"was exported for the standard {book.standard!r}; give --standard {book.standard}"
            result.refused.append(Refused(str(path), "", "", "", why))
            continue
        result.refused += [Refused(str(path), "", "", "", problem.removeprefix(f"{path}: ")) for problem in book.problems]
        books.append(book)
    return books


def _of_period(
    catalog: Catalog, home: Path, books: Sequence[FilledBook], typed_at: datetime, now: datetime, result: ImportResult
) -> list[_Candidate]:
    taken: list[_Candidate] = []
    try:
        with opened(catalog, home, books[0].period) as fillings:
            by_form = {filling.form.id: filling for filling in fillings}
            candidates: dict[str, dict[Place, _Candidate]] = {}
            for book in books:
                for sheet in book.sheets:
                    why = sheet.problem or _other_form(sheet, by_form)
                    if why is not None:
                        result.refused.append(Refused(book.file, sheet.sheet, "", "", why))
                        continue
                    own = candidates.setdefault(sheet.form_id, {})
                    _of_sheet(book, sheet, by_form[sheet.form_id], own, (typed_at, now), result)
            for form, own in candidates.items():
                taken += _checked(by_form[form], own, result)
    except StatisticsError as error:
        result.refused += [Refused(book.file, "", "", "", str(error)) for book in books]
    return taken


def _other_form(sheet: FilledSheet, known: dict[str, Filling]) -> str | None:
    if sheet.form_id not in known:
        return f"the form {sheet.form_id} is not tabulated for this period; {nearest(sheet.form_id, known)}"
    if sheet.definition_hash != known[sheet.form_id].form.definition_hash:
        return f"the form {sheet.form_id} is defined otherwise than when the workbook was exported; {_AGAIN}"
    return None


def _of_sheet(
    book: FilledBook,
    sheet: FilledSheet,
    filling: Filling,
    found: dict[Place, _Candidate],
    times: tuple[datetime, datetime],
    result: ImportResult,
) -> None:
    """Put the cells of a sheet that could be taken into ``found``, and refuse the others."""
    columns = {c.code: c for c in filling.columns}
    is_open = set(filling.open_cells(book.unit))
    at: datetime | str
    try:
        at = _moment(sheet.typed_at, *times)
    except RefusedValue as error:
        at = str(error)
    for entry in sheet.entries:
        place = (book.unit, entry.row, entry.column)
        before = filling.typed.get(place)
        old = before["value"] if before is not None else None
        try:
            new = read_value(entry.given, columns[entry.column], entry.number_format)
            if _is_untouched(entry, new, before):
                result.unchanged += new is not None
                continue
            _refuse_unfit(filling, entry, place, new, old, is_open=(entry.row, entry.column) in is_open)
            if place in found and found[place].cell["value"] != new:
                raise RefusedValue(f"stands otherwise in {found[place].file}; import one of the two")
            if isinstance(at, str):
                raise RefusedValue(at)
        except RefusedValue as error:
            result.refused.append(Refused(book.file, sheet.sheet, entry.address, _text(entry.given) or "", str(error)))
            continue
        cell = {
            "form_id": sheet.form_id,
            "period": book.period,
            "unit_code": book.unit,
            "row_code": entry.row,
            "column_code": entry.column,
            "value": new,
            "author": entry.author,
            "typed_at": at,
            "evidence": entry.evidence,
            "reason": entry.reason or None,
        }
        found[place] = _Candidate(book.file, entry, place, cell, old)


def _is_untouched(entry: Entry, new: Decimal | None, before: Cell | None) -> bool:
    """Whether a cell says what is known already; a cell that the sheet of evidence names also says on which evidence."""
    known = before["value"] if before is not None else None
    says_more = entry.is_named and before is not None and new is not None
    if says_more and before is not None and new == known:
        return (entry.author, entry.evidence, entry.reason or None) == (before["author"], before["evidence"], before["reason"])
    return new in (entry.prefilled, known)


def _refuse_unfit(filling: Filling, entry: Entry, place: Place, new: Decimal | None, old: Decimal | None, *, is_open: bool) -> None:
    if not is_open:
        raise RefusedValue("has a figure of records now, which counts; leave the cell, and correct the records if it is wrong")
    if old not in (entry.prefilled, new):
        was, by = "empty" if old is None else plain(old), filling.typed[place]["author"]
        raise RefusedValue(f"was changed since the workbook was exported: {by} made it {was}; {_AGAIN}")
    if not entry.author:
        raise RefusedValue("has no author; fill in who typed it, at the head of the sheet")
    if not entry.evidence:
        raise RefusedValue("has no evidence; fill in the reference of the document it was taken from, at the head of the sheet")
    if old is not None and not entry.reason:
        what = "withdrawn" if new is None else "changed"
        raise RefusedValue(f"was {plain(old)} and is {what}; fill in the reason, at the head of the sheet")


def _checked(filling: Filling, candidates: dict[Place, _Candidate], result: ImportResult) -> list[_Candidate]:
    """Return the candidates with which no error check fails that held without them; the others are refused with the check's sentence."""
    before = {_where(f) for f in _errors(filling.check(filling.table))}
    standing = dict(candidates)
    while standing:
        table = filling.with_cells({place: c.cell for place, c in standing.items()})
        failed = [f for f in _errors(filling.check(table)) if _where(f) not in before]
        broken = _to_blame(filling, failed, standing)
        if not broken:
            break
        for place, finding in broken.items():
            candidate = standing.pop(place)
            told = f"breaks the check {finding.check_id}: {finding.message} ({plain(finding.left)} against {plain(finding.right)}); correct one of the two"
            result.refused.append(
                Refused(candidate.file, candidate.entry.sheet, candidate.entry.address, _text(candidate.cell["value"]) or "", told)
            )
    return list(standing.values())


def _to_blame(filling: Filling, failed: Iterable[Finding], standing: dict[Place, _Candidate]) -> dict[Place, Finding]:
    """Return the candidates that failed checks read, each with the failure.

    A failure is led back to the cells of its own unit and row, when there are any, then to those that add up to them there, then to units below.
    """
    tiers: list[dict[Place, Finding]] = [{}, {}, {}]
    for finding in failed:
        rows, parts, columns = filling.reads(finding)
        subtree = set(filling.tree.below(finding.unit_code))
        for place in standing:
            unit, row, column = place
            if column in columns and row in rows | parts and unit in subtree:
                tier = 2 if unit != finding.unit_code else 0 if row in rows else 1
                tiers[tier].setdefault(place, finding)
    return next((tier for tier in tiers if tier), {})


def _errors(outcome: Outcome) -> list[Finding]:
    return [f for f in outcome.findings if f.outcome == "failed" and f.severity == "error"]


def _where(finding: Finding) -> tuple[str, str, str | None, str | None]:
    return finding.check_id, finding.unit_code, finding.row_code, finding.column_code


def _moment(given: object, default: datetime, now: datetime) -> datetime:
    """Return when a sheet was typed. Raises: RefusedValue for what is no moment, or lies after now."""
    if given is None or not str(given).strip():
        return default
    try:
        found = given if isinstance(given, datetime) else datetime.fromisoformat(str(given).strip())
    except ValueError:
        raise RefusedValue(f"was typed at {str(given)!r}, which is no time; write 2026-11-02 09:00 at the head of the sheet") from None
    if found.tzinfo is not None or found > now:
        raise RefusedValue(f"was typed at {given}, which is no local time up to now; correct it at the head of the sheet")
    return found.replace(microsecond=0)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)
