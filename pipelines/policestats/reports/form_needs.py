"""Which forms can be automatic with which sources, by definition alone: as data, and as the page docs/forms.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from policestats.catalog import Catalog
from policestats.reports.needs import Needs, auto_forms, feeding, form_needs, needs_of
from policestats.reports.template import Form


@dataclass(frozen=True)
class FormNeeds:
    """``sources`` are those that the printed columns of a form need (one of several alike: the first), ``orphans`` its tables that none feeds.

    ``typed`` are the columns that people type, with those computed from them; ``is_auto`` says for each named set of sources whether the form
    can be automatic.
    """

    form: Form
    sources: tuple[str, ...]
    orphans: tuple[str, ...]
    typed: tuple[str, ...]
    is_auto: dict[str, bool]


def sets_of_sources(catalog: Catalog) -> dict[str, list[str]]:
    """Return the two sets that are always told: the sources that every office has, and all."""
    return {"base": [s.id for s in catalog.sources.values() if s.is_base], "all": list(catalog.sources)}


def by_definition(catalog: Catalog, forms: Mapping[str, Form], sets: Mapping[str, Collection[str]]) -> list[FormNeeds]:
    """Return what each form needs, and whether it can be automatic with each of the named ``sets`` of sources.

    Raises: DefinitionError for a source that nobody declared.
    """
    automatic = {name: auto_forms(catalog, forms, sources) for name, sources in sets.items()}
    found = []
    for form in forms.values():
        needed = form_needs(catalog, form)
        typed = tuple(c.code for c in form.columns if not c.hidden and needs_of(catalog, form, c).typed)
        orphans = tuple(t for t in needed.tables if not feeding(catalog, t))
        found.append(FormNeeds(form, _sources(catalog, needed), orphans, typed, {n: form.id in a for n, a in automatic.items()}))
    return found


def _sources(catalog: Catalog, needed: Needs) -> tuple[str, ...]:
    first = {feeding(catalog, table)[0] for table in needed.tables if feeding(catalog, table)}
    return tuple(s for s in catalog.sources if s in first)


def page(catalog: Catalog, forms: Mapping[str, Form]) -> str:
    """Return docs/forms.md: the sources of the standard, the forms that can be automatic with the base ones and with all, and what each form needs."""
    sets = sets_of_sources(catalog)
    needs = by_definition(catalog, forms, sets)
    lines = [
        "# Which forms can be automatic",
        "",
        f"Of the standard `{catalog.standard.id}`, by definition alone: a form can be automatic when no printed column needs another source, or a",
        "person. Whether it is in a given month depends on who delivered: `policestats rate`. Written by `policestats forms --format markdown`; a",
        "test compares.",
        "",
        "| source | | base |",
        "|---|---|---|",
    ]
    lines += [f"| `{s.id}` | {s.label['zh']} {s.label['en']} | {'yes' if s.is_base else ''} |" for s in catalog.sources.values()]
    lines.append("")
    for name, words in (("base", "With the base sources alone"), ("all", "With all sources")):
        chosen = [n.form for n in needs if n.is_auto[name] and n.form.prescribed]
        own = [n.form.id for n in needs if n.is_auto[name] and not n.form.prescribed]
        also = f" (and of forms of one's own: {', '.join(own)})" if own else ""
        listed = ", ".join(f.id for f in chosen) or "none"
        lines.append(f"- {words} ({len(sets[name])}): {len(chosen)} of {catalog.standard.prescribed_forms}: {listed}{also}")
    lines += ["", "| form | | needs | typed | base | all |", "|---|---|---|---|---|---|"]
    for n in needs:
        needed = ", ".join([*(f"`{s}`" for s in n.sources), *(f"{t} (no source)" for t in n.orphans)])
        marks = " | ".join("auto" if n.is_auto[name] else "" for name in ("base", "all"))
        lines.append(f"| {n.form.id} | {n.form.title['zh']} | {needed} | {', '.join(n.typed)} | {marks} |")
    return "\n".join(lines) + "\n"
