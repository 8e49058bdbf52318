"""Every error that policestats raises on purpose: each message names file, line, value and cure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StatisticsError(Exception):
    """Base of all errors a user can cure; the command line prints it without a stack trace."""


class SettingsError(StatisticsError):
    """An environment variable or option has a value that cannot be used."""


class PeriodError(StatisticsError):
    """A period is not written as 2026-10-03, 2026-W41, 2026-10, 2026-Q3, 2026-H1 or 2026."""


class DefinitionError(StatisticsError):
    """A definition in schemas/, expectations/ or report_templates/ is misspelt or makes no sense."""


class ExtractError(StatisticsError):
    """A source could not be read, or is not shaped as its description says; nothing of it was landed."""


class ConformError(StatisticsError):
    """A load cannot become core tables (for example a cycle in the units tree); the load was rolled back."""


class QualityError(StatisticsError):
    """A data rule raised instead of passing or failing."""


class FanOutError(StatisticsError):
    """A join declared many-to-one has more than one right row for some key, and would change the number of things counted."""


class ReleaseError(StatisticsError):
    """A release could not be built, read back or found."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence naming the known names nearest to ``name``, or listing what there is.

    >>> nearest("cases_filled", ["cases_filed", "cases_solved"])
    'did you mean cases_filed?'
    """
    names = sorted(known)
    near = [n for n in names if difflib.SequenceMatcher(None, n, name).ratio() >= 0.6]
    close = sorted(near, key=lambda n: -difflib.SequenceMatcher(None, n, name).ratio())[:3]  # of equally near names the first ones
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}" if names else "none is known"
