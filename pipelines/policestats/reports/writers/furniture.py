"""The lines around a printed form: which document prescribes it, and who signs it."""

from __future__ import annotations

from policestats.catalog.model import Label
from policestats.reports.writers.printed import PrintedForm

#: names of the standard's furniture, with the words before them on paper
_DOCUMENT: tuple[tuple[str, Label], ...] = (
    ("authority", {"zh": "制定机关", "en": "Prescribed by"}),
    ("table_number", {"zh": "文　　号", "en": "Document number"}),
    ("valid_until", {"zh": "有效期至", "en": "Valid until"}),
)
_SIGNERS = ("head", "reviewer", "preparer")


def heading_lines(form: PrintedForm) -> list[tuple[Label, Label]]:
    """Return (name, text) of the lines beside the title, the form's number first; those that the standard does not have are left out."""
    found = [({"zh": "表　　号", "en": "Form"}, {"zh": form.id, "en": form.id})]
    return found + [(name, form.furniture[key]) for key, name in _DOCUMENT if key in form.furniture]


def signatures(form: PrintedForm) -> list[str]:
    """Return the lines to sign on, and the one for the date; none where the standard asks for none."""
    found = [f"{form.furniture[key]['zh']} {form.furniture[key]['en']}：＿＿＿＿＿＿＿" for key in _SIGNERS if key in form.furniture]
    if day := form.furniture.get("reported_on"):
        found.append(f"{day['zh']} {day['en']}：＿＿＿＿年＿＿月＿＿日")
    return found
