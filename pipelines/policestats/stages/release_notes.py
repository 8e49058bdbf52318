"""The words under a printed form: why a column is partial, missing or blocked, which policies are in force, what was taken over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.model import Label
from policestats.reports.status import TYPED
from policestats.reports.template import Form, FormColumn
from policestats.reports.typed_cells import ADDED_UP_PARTLY
from policestats.reports.writers.printed import STATUS_LABELS, ColumnRemark

_NAMED = 5
_LATENESS: dict[str, Label] = {
    "post_current": {
        "zh": "截止时间后录入的，计入录入所在月份（补录）",
        "en": "What is entered after the cut-off counts in the month in which it is entered",
    },
    "restated": {
        "zh": "迟录的计入发生月份，以前各期随之重算",
        "en": "Late entries count in the month of their event; earlier periods are restated",
    },
}


class Notes:
    """Footnotes and remarks. ``units`` are the rows of dim.unit, in tree order."""

    def __init__(self, catalog: Catalog, units: list[dict[str, Any]]) -> None:
        self.catalog = catalog
        self._units = {u["unit_code"]: u for u in units}
        self._children: dict[str, list[str]] = {}
        for unit in units:
            if unit["parent_unit_code"] is not None:
                self._children.setdefault(unit["parent_unit_code"], []).append(unit["unit_code"])

    def is_leaf(self, unit: str) -> bool:
        """Whether no unit lies below ``unit``."""
        return unit not in self._children

    def of_form(self, form: Form) -> list[Label]:
        """Return the footnotes of every table of a form: its own, rounding, lateness, policies, marks."""
        standard = self.catalog.standard
        marks = standard.marks
        found = [form.footnote] if form.footnote else []
        found.append(standard.furniture["rounding"])
        if form.lateness in _LATENESS:
            found.append(_LATENESS[form.lateness])
        found += self.policies(self._policies_used(form))
        found.append(
            {
                "zh": f"符号：“{marks['none']}”无基数或不适用，“{marks['missing']}”未报，“{marks['partial']}”下属未全报、按已报数汇总，"
                f"“{marks['blocked']}”数据质量未通过而停用，“{marks['manual']}”由人填报或由填报数算出；0 为实际零值",
                "en": f"Marks: “{marks['none']}” no base or not applicable, “{marks['missing']}” not delivered, “{marks['partial']}” not all "
                f"units delivered, the sum of what came, “{marks['blocked']}” blocked by data quality, “{marks['manual']}” typed by people or made "
                "of typed figures; 0 is a true zero",
            }
        )
        return found

    def policies(self, names: list[str]) -> list[Label]:
        """Return one line for each policy in force."""
        chosen = [self.catalog.policies[name] for name in names]
        return [{"zh": f"口径 {p.label['zh']}：{p.chosen}", "en": f"Policy, {p.label['en']}: {p.chosen}"} for p in chosen]

    def remark(self, unit: str, column: str, statuses: dict[str, dict[str, dict[str, Any]]]) -> ColumnRemark | None:
        """Return why ``column`` is not plainly automatic at ``unit``; None when it is. ``statuses``: unit -> column -> row of report.status."""
        status = statuses[unit][column]
        name = status["status"]
        if name == "auto":
            return None
        marks = self.catalog.standard.marks
        if status["reason"] == TYPED:
            text = {"zh": "由人填报，尚未填报", "en": TYPED}
        elif name in ("partial", "missing") and status["reason"] != ADDED_UP_PARTLY:
            silent = [u for u in self._leaves(unit) if statuses.get(u, {}).get(column, {}).get("status") in ("partial", "missing")]
            counted = f"{status['delivered']}/{status['due']}"
            text = {
                "zh": f"应报 {status['due']} 项，已报 {status['delivered']} 项；未报机构：{self._named(silent, 'zh')}",
                "en": f"{counted} deliveries came; silent: {self._named(silent, 'en')}",
            }
        else:
            reason = status["reason"] or ""
            text = {lang: f"{STATUS_LABELS[name][lang]}{': ' if reason else ''}{reason}" for lang in ("zh", "en")}
        return ColumnRemark(name, "" if name == "not_applicable" else marks.get(name, STATUS_LABELS[name]["zh"]), text)

    def of_unit(self, unit: str, remarks: dict[str, ColumnRemark], columns: list[FormColumn]) -> list[Label]:
        """Return a table's own footnotes: one for each remark with the columns it holds for, and what the unit took over."""
        groups: dict[tuple[str, str], list[FormColumn]] = {}
        for column in columns:
            if column.code in remarks:
                remark = remarks[column.code]
                groups.setdefault((remark.status, remark.text["zh"]), []).append(column)
        found = []
        for (status, _), held in groups.items():
            remark = remarks[held[0].code]
            which = "" if len(held) == len(columns) else f" [{', '.join(c.code for c in held)}]"
            mark = remark.mark or self.catalog.standard.marks["none"]
            said = {lang: "" if label == mark else f" {label}" for lang, label in STATUS_LABELS[status].items()}
            found.append({lang: f"{mark}{said[lang]}{which}: {remark.text[lang]}" for lang in ("zh", "en")})
        absorbed = [code for member in self._below(unit) for code in self._units[member]["absorbed"] or ()]
        if absorbed:
            told = ", ".join(absorbed[:_NAMED]) + (" …" if len(absorbed) > _NAMED else "")
            found.append(
                {
                    "zh": f"可比口径：已并入的机构（{told}）的各期数据计入接续机构",
                    "en": f"On the present units: the figures of units taken over ({told}), of every period, count for their successors",
                }
            )
        return found

    def _policies_used(self, form: Form) -> list[str]:
        indicators = [c.indicator for c in form.columns if c.indicator is not None]
        specs: list[Any] = [c.spec for c in form.columns] + [row.condition for row in form.rows]
        specs += [i.condition for i in indicators]
        specs += [self.catalog.fact(name, form.where).spec for name in dict.fromkeys(i.fact for i in indicators)]
        used = {name for spec in specs for name in _policies_in(spec)}
        return [name for name in self.catalog.policies if name in used]

    def _below(self, unit: str) -> Iterator[str]:
        yield unit
        for child in self._children.get(unit, ()):
            yield from self._below(child)

    def _leaves(self, unit: str) -> list[str]:
        return [u for u in self._below(unit) if self.is_leaf(u)]

    def _named(self, units: list[str], lang: str) -> str:
        names = [self._units[u][f"name_{lang}"] for u in units[:_NAMED]]
        joined = ("、" if lang == "zh" else ", ").join(names)
        more = len(units) - _NAMED
        return joined + ((f" 等 {len(units)} 个" if lang == "zh" else f" and {more} more") if more > 0 else "")


def _policies_in(spec: Any) -> Iterator[str]:
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == "policy" and isinstance(value, str):
                yield value
            else:
                yield from _policies_in(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _policies_in(value)
