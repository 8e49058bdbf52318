"""print: forms of a release on paper, from its statistics file alone: a workbook or PDF of each unit, or of each form with all units."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from shutil import copyfile

from policestats.engines import release_folder
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ReleaseError, nearest
from policestats.reports.template import LAYOUT
from policestats.reports.writers.excel import write_form_workbook, write_unit_workbook
from policestats.reports.writers.layout import Layout, fill_layout, read_layout
from policestats.reports.writers.pdf import write_pdf
from policestats.reports.writers.printed import PrintedForm, PrintedTable
from policestats.stages.release_forms import ReleaseForms

FORMATS = ("xlsx", "pdf")
_LAYOUTS = "layouts"
#: More units than this: a release holds books of the upper levels alone, as many whole levels as fit; all others are made on demand.
MOST_BOOKS = 6


def run(
    *,
    home: Path,
    folder: Path,
    release: str = release_folder.CURRENT,
    units: Sequence[str] = (),
    forms: Sequence[str] = (),
    formats: Collection[str] = FORMATS,
) -> list[Path]:
    """Print ``forms`` (default: all) of a release into ``folder`` and return the files written.

    With ``units``: a file for each unit, named by its code, and one more for each form that has an office's own layout. Without: a file
    for each form, with the units that a release shows.
    Raises: ReleaseError when the release, a unit or a form is not there, or a unit has none of the forms.
    """
    found = release_folder.resolve(home, release)
    with open_warehouse(found.path, read_only=True, name=release_folder.STATISTICS) as engine:
        pages = ReleaseForms(engine)
        known = [str(u["unit_code"]) for u in pages.units]
        for what, names, all_names in (("unit", units, known), ("form", forms, pages.ids)):
            for name in names:
                if name not in all_names:
                    raise ReleaseError(f"release {pages.release} has no {what} {name!r}; {nearest(name, all_names)}")
        wanted = [form for form in pages.ids if not forms or form in forms]
        folder.mkdir(parents=True, exist_ok=True)
        if units:
            layouts = layouts_of(found.path)
            return [path for unit in units for path in write_book(pages, unit, wanted, folder, formats, layouts)]
        return [path for form in wanted for path in _write_form(pages, form, folder, formats)]


def books_of(pages: ReleaseForms) -> list[str]:
    """Return the units of which a release holds books: all of them, or the upper levels when they are many."""
    with_forms = {unit for form in pages.ids for unit in pages.statuses(form)}
    due = [u for u in pages.units if u["unit_code"] in with_forms]
    depths = sorted({int(u["depth"]) for u in due})
    deepest = max((d for d in depths if sum(u["depth"] <= d for u in due) <= MOST_BOOKS), default=depths[0])
    return [str(u["unit_code"]) for u in due if u["depth"] <= deepest]


def layout_file(folder: Path, form_id: str) -> Path:
    """Return where a folder has an office's own layout of a form, if it has one."""
    return folder / f"{form_id}{LAYOUT}"


def keep_layouts(release: Path, templates: Path, forms: Sequence[str]) -> None:
    """Copy the layouts that stand beside ``forms`` into the folder of a release, so that it is printed with them for ever."""
    for form_id in forms:
        if (layout := layout_file(templates, form_id)).is_file():
            (release / _LAYOUTS).mkdir(exist_ok=True)
            copyfile(layout, layout_file(release / _LAYOUTS, form_id))


def layouts_of(release: Path) -> dict[str, Layout]:
    """Return the layouts that the folder of a release holds, by form. Raises: DefinitionError for one that is no workbook."""
    return {path.stem: read_layout(path) for path in sorted((release / _LAYOUTS).glob(f"*{LAYOUT}"))}


def write_book(
    pages: ReleaseForms, unit: str, forms: Sequence[str], folder: Path, formats: Collection[str], layouts: Mapping[str, Layout]
) -> list[Path]:
    """Write the forms of a unit into ``folder``, a file for each format, and those that have a layout filled into it as well.

    Raises: ReleaseError when the unit has none of the forms.
    """
    sheets: list[tuple[PrintedForm, PrintedTable]] = []
    for form_id in forms:
        form = pages.form(form_id, [unit])
        sheets += [(form, table) for table in pages.tables(form)]
    if not sheets:
        raise ReleaseError(f"release {pages.release}: the unit {unit} has none of the forms {', '.join(forms)}; see report.status")
    found = _written(folder / unit, formats, sheets, lambda path: write_unit_workbook(path, sheets[0][1].unit, sheets))
    for form, table in sheets if "xlsx" in formats else ():
        if form.id in layouts:
            found.append(folder / f"{unit}-{form.id}{LAYOUT}")
            fill_layout(layouts[form.id], found[-1], form, table)
    return found


def _write_form(pages: ReleaseForms, form_id: str, folder: Path, formats: Collection[str]) -> list[Path]:
    form = pages.form(form_id)
    tables = pages.tables(form)
    return _written(folder / form_id, formats, [(form, table) for table in tables], lambda path: write_form_workbook(path, form, tables))


def _written(
    path: Path, formats: Collection[str], sheets: list[tuple[PrintedForm, PrintedTable]], write_workbook: Callable[[Path], None]
) -> list[Path]:
    found = []
    for suffix in formats:
        target = path.with_name(f"{path.name}.{suffix}")
        if suffix == "pdf":
            write_pdf(target, sheets)
        else:
            write_workbook(target)
        found.append(target)
    return found
