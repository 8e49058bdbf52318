"""What a column needs: the sources and tables that its figures rest on, by its definition alone; which forms can be automatic with which sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policestats.catalog import Catalog
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.template import Form


@dataclass(frozen=True)
class Needs:
    """``tables`` are core tables, the units table apart; ``typed`` are indicators that people type, whatever is connected."""

    tables: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()

    def __or__(self, other: Needs) -> Needs:
        return Needs(tuple(dict.fromkeys(self.tables + other.tables)), tuple(dict.fromkeys(self.typed + other.typed)))

    def are_met(self, catalog: Catalog, sources: Collection[str]) -> bool:
        """Whether ``sources`` feed every table, and nothing has to be typed."""
        return not self.typed and all(any(s in sources for s in feeding(catalog, table)) for table in self.tables)

    def by_source(self, catalog: Catalog) -> dict[tuple[str, ...], list[str]]:
        """Return the tables by the sources that feed them alike, as a rule one; no source: nothing delivers them."""
        found: dict[tuple[str, ...], list[str]] = {}
        for table in self.tables:
            found.setdefault(feeding(catalog, table), []).append(table)
        return found

    def as_data(self, catalog: Catalog) -> list[dict[str, Any]]:
        """Return the needs as published: {sources, tables} for what is delivered, {typed} for what people type."""
        found: list[dict[str, Any]] = [{"sources": list(s), "tables": tables} for s, tables in self.by_source(catalog).items()]
        return found + [{"typed": indicator} for indicator in self.typed]


def feeding(catalog: Catalog, table: str) -> tuple[str, ...]:
    """Return the sources that feed a core table; any one of them is enough."""
    return tuple(s.id for s in catalog.sources.values() if any(t.into == table for t in s.tables.values()))


def needs_of(catalog: Catalog, form: Form, column: FormColumn) -> Needs:
    """Return what ``column`` needs: a computed column what its operands do."""
    if column.indicator is not None:
        tables = catalog.fact(column.indicator.fact, column.where).tables
        return Needs(tuple(t for t in tables if t != catalog.standard.units_table))
    if column.kind == "manual":
        return Needs(typed=(column.spec["indicator"],))
    found = Needs()
    for name in dict.fromkeys(operands(column)):
        found |= needs_of(catalog, form, form.column(name))
    return found


def form_needs(catalog: Catalog, form: Form) -> Needs:
    """Return what the printed columns of a form need together."""
    found = Needs()
    for column in form.columns:
        if not column.hidden:
            found |= needs_of(catalog, form, column)
    return found


def auto_forms(catalog: Catalog, forms: Mapping[str, Form], sources: Collection[str]) -> list[str]:
    """Return the forms that can be automatic once ``sources`` are connected and every unit delivers: no printed column needs more, or people.

    Raises: DefinitionError for a source that nobody declared.
    """
    for name in sources:
        catalog.source(name)
    return [id for id, form in forms.items() if form_needs(catalog, form).are_met(catalog, sources)]


def told(catalog: Catalog, tables: Iterable[str]) -> str:
    """Return tables with the sources that feed them, in words: Chinese and English, and the id that names the source in commands.

    The order is that of the catalog, so that the same tables give the same words."""
    parts = []
    wanted = set(tables)
    for sources, names in Needs(tuple(t for t in catalog.tables if t in wanted)).by_source(catalog).items():
        labels = ", ".join(f"{catalog.tables[n].label['zh']} {catalog.tables[n].label['en']}" for n in names)
        if sources:
            given = (catalog.sources[s] for s in sources)
            parts.append(f"{labels} from " + " or ".join(f"{s.label['zh']} {s.label['en']} ({s.id})" for s in given))
        else:
            parts.append(f"{labels}, which no source delivers")
    return " and ".join(parts)


def needs_told(catalog: Catalog, form: Form, column: FormColumn) -> str:
    """Return in words what ``column`` needs: its tables and their sources, and what people type."""
    found = needs_of(catalog, form, column)
    typed = (f"{i}, which people type" for i in found.typed)
    return " and ".join(filter(None, [told(catalog, found.tables), *typed])) or "nothing"
