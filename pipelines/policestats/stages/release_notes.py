"""The words of a printed form: furniture and footnotes, why a column is partial, missing or blocked, what was taken over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.load import LATENESS_POLICY
from policestats.catalog.model import Label
from policestats.periods import ReferencePeriod
from policestats.reports.form_versions import change_told
from policestats.reports.plan import plan
from policestats.reports.policy_use import policies_of
from policestats.reports.status import TYPED, needed
from policestats.reports.template import Form
from policestats.reports.typed_cells import ADDED_UP_PARTLY
from policestats.reports.writers.printed import STATUS_LABELS, ColumnRemark, PrintedColumn

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


#: form (None: all), subject, name, order, Chinese, English: a row of release.wording
Words = tuple[str | None, str, str, int, str, str]


def wording(catalog: Catalog, forms: Iterable[Form], period: ReferencePeriod) -> list[Words]:
    """Return all words that are printed with the ``forms`` of ``period`` and stand in no other table of a release."""
    standard = catalog.standard
    found: list[Words] = [(None, "standard", standard.id, 0, standard.label["zh"], standard.label["en"])]
    found += [(None, "furniture", name, i, text["zh"], text["en"]) for i, (name, text) in enumerate(standard.furniture.items())]
    found += [(None, "mark", name, i, mark, mark) for i, (name, mark) in enumerate(standard.marks.items())]
    found += [(None, "level", level.code, i, level.label["zh"], level.label["en"]) for i, level in enumerate(standard.unit_levels)]
    for form in forms:
        found += [(form.id, "block", b.id, i, b.label["zh"], b.label["en"]) for i, b in enumerate(form.blocks) if b.label]
        found += [(form.id, "footnote", str(i), i, note["zh"], note["en"]) for i, note in enumerate(_footnotes(catalog, form, period), 1)]
    return found


def policy_lines(catalog: Catalog, names: Iterable[str]) -> list[Label]:
    """Return one line for each policy in force."""
    chosen = [catalog.policies[name] for name in names]
    return [{"zh": f"口径 {p.label['zh']}：{p.chosen}", "en": f"Policy, {p.label['en']}: {p.chosen}"} for p in chosen]


def _footnotes(catalog: Catalog, form: Form, period: ReferencePeriod) -> list[Label]:
    """Return the footnotes of every table of a form: its own, rounding, lateness, policies, an earlier version, marks."""
    standard = catalog.standard
    marks = standard.marks
    found = [form.footnote] if form.footnote else []
    found.append(standard.furniture["rounding"])
    if form.lateness in _LATENESS:
        found.append(_LATENESS[form.lateness])
    found += policy_lines(catalog, [name for name in policies_of(catalog, form) if name != LATENESS_POLICY])  # lateness was told
    recounted = plan(form, period, standard.records_begin).recounted
    if recounted:
        found.append(change_told(form, recounted))
    found.append(
        {
            "zh": f"符号：“{marks['none']}”无基数或不适用，“{marks['missing']}”未报，“{marks['partial']}”下属未全报、按已报数汇总，"
            f"“{marks['blocked']}”数据质量未通过而停用，“{marks['suppressed']}”不公布，“{marks['manual']}”由人填报或由填报数算出；"
            "0 为实际零值",
            "en": f"Marks: “{marks['none']}” no base or not applicable, “{marks['missing']}” not delivered, “{marks['partial']}” not all "
            f"units delivered, the sum of what came, “{marks['blocked']}” blocked by data quality, “{marks['suppressed']}” suppressed, "
            f"“{marks['manual']}” typed by people or made of typed figures; 0 is a true zero",
        }
    )
    return found


class Notes:
    """Remarks and a unit's own footnotes. ``units`` are the rows of dim.unit, in tree order."""

    def __init__(self, marks: dict[str, str], units: list[dict[str, Any]]) -> None:
        self._marks = marks
        self._units = {u["unit_code"]: u for u in units}
        self._children: dict[str, list[str]] = {}
        for unit in units:
            if unit["parent_unit_code"] is not None:
                self._children.setdefault(unit["parent_unit_code"], []).append(unit["unit_code"])

    def is_leaf(self, unit: str) -> bool:
        """Whether no unit lies below ``unit``."""
        return unit not in self._children

    def remark(self, unit: str, column: str, statuses: dict[str, dict[str, dict[str, Any]]]) -> ColumnRemark | None:
        """Return why ``column`` is not plainly automatic at ``unit``; None when it is. ``statuses``: unit -> column -> row of report.status."""
        status = statuses[unit][column]
        name = status["status"]
        if name == "auto":
            return None
        if status["reason"] == TYPED:
            text = {"zh": "由人填报，尚未填报", "en": TYPED}
        elif (lacking := needed(status["reason"])) is not None:
            text = {"zh": f"需要 {lacking}：来源未接入", "en": f"needs {lacking}: not connected"}
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
        return ColumnRemark(name, "" if name == "not_applicable" else self._marks.get(name, STATUS_LABELS[name]["zh"]), text)

    def of_unit(self, unit: str, remarks: dict[str, ColumnRemark], columns: list[PrintedColumn]) -> list[Label]:
        """Return a table's own footnotes: one for each remark with the columns it holds for, and what the unit took over."""
        groups: dict[tuple[str, str], list[PrintedColumn]] = {}
        for column in columns:
            if column.code in remarks:
                remark = remarks[column.code]
                groups.setdefault((remark.status, remark.text["zh"]), []).append(column)
        found = []
        for (status, _), held in groups.items():
            remark = remarks[held[0].code]
            places = None if len(held) == len(columns) else _places(held)
            mark = remark.mark or self._marks["none"]
            said = {lang: "" if label == mark else f" {label}" for lang, label in STATUS_LABELS[status].items()}
            which = {lang: f" [{places[lang]}]" if places else "" for lang in said}
            found.append({lang: f"{mark}{said[lang]}{which[lang]}: {remark.text[lang]}" for lang in ("zh", "en")})
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


def _places(columns: list[PrintedColumn]) -> Label:
    """Return which columns these are, by number and code; neighbours as a range."""
    runs: list[list[PrintedColumn]] = []
    for column in columns:
        if runs and column.number == runs[-1][-1].number + 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    told = [(f"{r[0].number}–{r[-1].number}", f"{r[0].code}–{r[-1].code}") if len(r) > 1 else (str(r[0].number), r[0].code) for r in runs]
    return {
        "zh": "、".join(f"第{numbers}栏 {codes}" for numbers, codes in told),
        "en": ", ".join(f"column {numbers} {codes}" for numbers, codes in told),
    }
