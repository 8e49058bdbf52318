"""What a form needs for one period: windows, anchors, and the (indicator, window) pairs that its columns read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from policestats.catalog import Indicator
from policestats.periods import ReferencePeriod, Window
from policestats.reports.check_language import Call, Check
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.template import Form

#: the variant whose value `previous(x)` asks for
_PREVIOUS = {"current": "previous_period", "ytd": "previous_ytd"}
PREVIOUS_SUFFIX = "@previous"


@dataclass(frozen=True)
class Reading:
    """One base column filled from one window: ``instant`` is set for stocks (spells open at its start or end)."""

    column: str
    indicator: Indicator
    window: Window
    variant: str

    @property
    def is_printed(self) -> bool:
        """Whether the form has a cell for it; otherwise only a check reads it."""
        return not self.column.endswith(PREVIOUS_SUFFIX)

    @property
    def anchor(self) -> date:
        """History is read at the end of the window."""
        return self.window.end

    @property
    def instant(self) -> date | None:
        """For a stock, the day at whose beginning it is counted; None for a flow."""
        if self.indicator.show == "opening":
            return self.window.start
        return self.window.end if self.indicator.show == "closing" else None

    @property
    def spans(self) -> tuple[date | None, date]:
        """The days from which records are read: [start, end); start None for a stock, which needs all before ``instant``."""
        return (None, self.instant) if self.instant else (self.window.start, self.window.end)


@dataclass(frozen=True)
class Plan:
    """The readings of a form for a period, and the base columns that cannot be filled at all (no such window, or before records begin)."""

    form: Form
    period: ReferencePeriod
    readings: tuple[Reading, ...]
    not_applicable: dict[str, str]

    @property
    def anchors(self) -> list[date]:
        """The dates at which history is read, each once."""
        return sorted({r.anchor for r in self.readings})

    @property
    def recounted(self) -> list[str]:
        """The columns that count days on which an earlier version of the form was in force, or are computed from such columns, in order."""
        since = self.form.valid_from
        if self.form.succeeds is None or since is None:
            return []
        found = {r.column for r in self.readings if r.window.start < since or (r.instant is not None and r.instant <= since)}
        columns = self.form.columns_for(self.period.frequency)
        grows = True
        while grows:
            more = {c.code for c in columns if found.intersection(operands(c))} - found
            found |= more
            grows = bool(more)
        return [c.code for c in columns if c.code in found and not c.hidden]

    def indicators(self, anchor: date) -> list[Indicator]:
        """The indicators read at an anchor, each once."""
        return list({r.indicator.id: r.indicator for r in self.readings if r.anchor == anchor}.values())

    def first_instant(self, indicator: str, anchor: date) -> date | None:
        """The earliest day at which a stock is counted at an anchor; None for a flow."""
        return min((r.instant for r in self.readings if r.indicator.id == indicator and r.anchor == anchor and r.instant), default=None)

    def has_cell(self, indicator: Indicator) -> Callable[[str], bool]:
        """Return whether a row (or the member of found rows) has a cell that counts ``indicator``."""
        names = {r.column.removesuffix(PREVIOUS_SUFFIX) for r in self.readings if r.indicator.id == indicator.id}
        columns = [self.form.column(name) for name in names]
        return lambda row: any(column.applies(row) for column in columns)

    def span(self, indicator: str, anchor: date) -> tuple[date | None, date]:
        """The days that all readings of an indicator at an anchor cover: [start, end); start None when a stock needs all before."""
        spans = [r.spans for r in self.readings if r.indicator.id == indicator and r.anchor == anchor]
        starts = [s for s, _ in spans]
        return (None if None in starts else min(s for s in starts if s is not None)), max(e for _, e in spans)


def plan(form: Form, period: ReferencePeriod, records_begin: date) -> Plan:
    """Return what ``form`` must read for ``period``; a column of an earlier period than ``records_begin`` is not applicable (corrections.md 14)."""
    readings: list[Reading] = []
    not_applicable: dict[str, str] = {}
    for column in form.columns_for(period.frequency):
        if column.indicator is None:
            continue
        window = period.window(column.variant)
        if window is None:
            not_applicable[column.code] = "no such period a year earlier"
        elif column.variant in ("prior_year", "prior_year_ytd", "previous_period") and window.start < records_begin:
            not_applicable[column.code] = f"records begin on {records_begin}"
        else:
            readings.append(Reading(column.code, column.indicator, window, column.variant))
    wanted = {c.code: c for c in form.columns_for(period.frequency)}
    for code in sorted({name for check in form.checks for name in _previous(check)}):
        asked = wanted.get(code)
        if asked is None or asked.indicator is None or asked.variant not in _PREVIOUS:
            continue
        window = period.window(_PREVIOUS[asked.variant])
        if window is not None:
            readings.append(Reading(code + PREVIOUS_SUFFIX, asked.indicator, window, _PREVIOUS[asked.variant]))
    return Plan(form, period, tuple(readings), not_applicable)


def _previous(check: Check) -> Iterator[str]:
    for term in (*check.left, *check.right):
        if isinstance(term.value, Call) and term.value.function == "previous" and term.value.argument.column:
            yield term.value.argument.column


def base_columns(form: Form, frequency: str) -> list[FormColumn]:
    """Return the columns filled from records."""
    return [c for c in form.columns_for(frequency) if c.indicator is not None]
