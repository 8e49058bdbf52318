"""The published tables that only a release has, or that other stages write: the manifest, data quality, code lists, wide views."""

from __future__ import annotations

from policestats.catalog import CodeList
from policestats.reports.contract import ALL, CONTRIBUTION, GENERATION, READING, ROW_MEMBER, UNIT_MEMBER, PublishedTable

MANIFEST = PublishedTable(
    "release.manifest",
    "发布清单（一行）",
    "the manifest of the release (one row)",
    (
        (
            "release_id",
            "VARCHAR",
            "发布号：定义、口径选择、批次、程序版本与内容的摘要",
            "hash of definitions, policies, load, code version and content",
        ),
        ("release", "VARCHAR", "发布名称", "name of the release"),
        ("standard", "VARCHAR", "标准", "standard"),
        ("period", "VARCHAR", "统计期", "period"),
        ("as_of", "BIGINT", "所依据的最后批次", "last load whose knowledge counts"),
        ("code_version", "VARCHAR", "程序版本", "version of the program"),
        ("created_at", "TIMESTAMP", "编制时间（标准所在时区）", "when it was made, in the standard's time zone"),
        ("policies", "VARCHAR", "所用口径选择（JSON）", "policies in force (JSON)"),
        ("definitions", "VARCHAR", "定义摘要（JSON）", "hashes of the definitions used (JSON)"),
        ("with_records", "BOOLEAN", "网页旁附记录号", "record keys stand beside the pages"),
        ("row_counts", "VARCHAR", "各表行数（JSON）", "rows per table (JSON)"),
        ("content_hash", "VARCHAR", "内容摘要（与行序无关）", "hash of the content, whatever the order of rows"),
    ),
)

HISTORY = PublishedTable(
    "report.history",
    "近13期走势：各表一列，按最后一次编制的结果；未编制的期无记录",
    "the last 13 periods of one column per form, as they were last tabulated; a period that was not tabulated has no row",
    (
        ("form_id", "VARCHAR", "报表编号", "form id"),
        ("period", "VARCHAR", "统计期，与本发布同频次", "period, of the release's frequency"),
        ("unit_code", "VARCHAR", "机构代码（仅有页面的机构）", "unit code of the standard; only units that have a page"),
        ("row_code", "VARCHAR", "行代码", "row code, unique in the form"),
        ("column_code", "VARCHAR", "列代码", "column code"),
        ("value", "DECIMAL(38,6)", "数值（空：无数，见 status）", "value (null: no figure, see status)"),
        ("status", "VARCHAR", "该期该格状态", "status of the cell in that period"),
    ),
)

#: how report.generation came about: the rates of this and all earlier periods of the same frequency that the warehouse has tabulated
GENERATION_TREND = PublishedTable(
    "report.generation_trend",
    "自动生成率的变化：同一报告期别中本期及以前各期",
    "generation rates of this and all earlier periods of the same frequency, as tabulated last; not by unit",
    tuple(c for c in GENERATION.columns if c[0] not in ("unit_code", "reason")),
)

WORDING = PublishedTable(
    "release.wording",
    "印在报表上的文字：表头、符号、层级、分组行、脚注",
    "the words printed with the forms: furniture, marks, levels, lines over blocks, footnotes",
    (
        ("form_id", "VARCHAR", "报表编号（空：全部）", "form (null: all)"),
        (
            "subject",
            "VARCHAR",
            "种类：standard、furniture、mark、level、block、footnote",
            "standard, furniture, mark, level, block or footnote",
        ),
        ("name", "VARCHAR", "名称", "which of them"),
        ("text_order", "INTEGER", "顺序", "order"),
        ("text_zh", "VARCHAR", "中文", "in Chinese"),
        ("text_en", "VARCHAR", "英文", "in English"),
    ),
)

_QUALITY_COLUMNS = {
    "as_of": ("所依据的最后批次", "last load whose knowledge counts"),
    "table_name": ("核心表", "core table"),
    "rule_id": ("规则编号", "rule"),
    "dimension": ("维度：完整率、准确率、鲜活率等", "dimension: completeness, accuracy, freshness ..."),
    "severity": ("error 强制、warning 提示", "error or warning"),
    "checked": ("已核查数", "records checked"),
    "failed": ("不合格数", "records that failed"),
    "passed": ("合格数", "records that passed"),
    "not_evaluated": ("未能核查数", "records that could not be evaluated"),
    "mostly": ("合格比例下限", "least share that must pass"),
    "verdict": ("结论：passed、failed、not_evaluated", "passed, failed or not_evaluated"),
    "label_zh": ("中文说明", "label in Chinese"),
    "label_en": ("英文说明", "label in English"),
    "source": ("依据", "source of the rule"),
    "rate": ("合格率（%），无核查对象为空", "rate in percent; null when nothing was checked"),
    "unit_code": ("机构代码", "unit code of the standard"),
    "issue_id": ("问题编号", "issue"),
    "record_key": ("记录号：案件、事件、警情编号", "case, event or incident number; never a person's"),
    "opened_at": ("问题出现的批次时间", "landing time of the load that brought it"),
    "closed_at": ("问题消除的批次时间（空：未消除）", "landing time of the load that cured it (null: open)"),
    "status": ("状态", "status"),
    "period": ("月份", "month"),
}
_QUALITY_TABLES = {
    "quality.rate": ("数据质量：各机构各维度合格率", "rates of data quality per unit and dimension"),
    "quality.rule_result": ("数据质量：各规则结论", "verdicts of the data rules"),
    "quality.issue": ("数据质量：问题记录", "records that fail a data rule"),
    "quality.delivery": (
        "报送情况：delivered 已报、zero 零报、silent 未报",
        "who delivered what: delivered, zero or silent, per unit and month",
    ),
}
QUALITY_TABLES = tuple(_QUALITY_TABLES)
#: what quotes the values of a record stays in the private warehouse: a release is for every reader
_PRIVATE = ("detail",)

_CODELIST_COLUMNS = {
    "code": ("代码", "code"),
    "parent_code": ("上级代码", "parent"),
    "label_zh": ("中文名称", "label in Chinese"),
    "label_en": ("英文名称", "label in English"),
    "valid_from": ("启用日期", "first day of validity"),
    "valid_to": ("停用日期", "first day it no longer holds"),
    "note": ("备注", "note"),
    "source": ("依据", "source"),
}

#: columns with which a wide view begins
WIDE_COLUMNS = {
    "period": ("统计期", "period"),
    "unit_code": ("机构代码", "unit code of the standard"),
    "unit_name_zh": ("机构名称", "name of the unit in Chinese"),
    "unit_level": ("机构层级", "level of the unit"),
    "row_code": ("行代码", "row code"),
    "row_label_zh": ("行标题", "label of the row in Chinese"),
    "row_label_en": ("行英文标题", "label of the row in English"),
}

#: tables of statistics.duckdb that follow the contract as the warehouse holds them
#: contributions as published: what a distinct count counts once is a number of this release, since the key may be a pseudonym
TRACE_CONTRIBUTION = PublishedTable(
    CONTRIBUTION.name,
    CONTRIBUTION.zh,
    CONTRIBUTION.en,
    (
        *(c for c in CONTRIBUTION.columns if c[0] != "counted_key"),
        (
            "counted_no",
            "BIGINT",
            "去重号：同号只计一次（空：按记录计）",
            "what a distinct count counts once has one number (null: counted by record)",
        ),
    ),
)
COUNTED_NO = (
    "CASE WHEN counted_key IS NOT NULL THEN dense_rank() OVER (PARTITION BY form_id, period, indicator_id, anchor_on "
    "ORDER BY md5(concat_ws('/', form_id, period, indicator_id, counted_key))) END AS counted_no"
)
STATISTICS_TABLES = tuple(t for t in ALL if t not in (CONTRIBUTION, READING, UNIT_MEMBER))
#: tables of trace.duckdb
TRACE_TABLES = (TRACE_CONTRIBUTION, READING, ROW_MEMBER, UNIT_MEMBER)
TRACE_ZH = "追溯：构成一个单元格的全部贡献（求和，或不同记录号的个数，即为该单元格）"
TRACE_EN = "the contributions of a cell: their sum, or the number of their distinct record keys, is the cell"
#: columns that say how or when a row was made, not what it says
NOT_CONTENT = ("run_id", "as_of")


def quality_table(name: str, columns: list[tuple[str, str]]) -> PublishedTable:
    """Return the published form of a quality table with ``columns`` (name, SQL type); what quotes records is left out.

    Raises: KeyError with the name of a column that nobody has described; such a column is not published.
    """
    zh, en = _QUALITY_TABLES[name]
    return PublishedTable(name, zh, en, tuple((c, type_, *_QUALITY_COLUMNS[c]) for c, type_ in columns if c not in _PRIVATE))


def codelist_table(codelist: CodeList) -> PublishedTable:
    """Return the published form of a code list; attributes are described by the code list's label and their own name."""
    zh, en = codelist.label["zh"], codelist.label["en"]
    columns = ((a, "VARCHAR", *_CODELIST_COLUMNS.get(a, (f"属性 {a}", f"attribute {a}"))) for a in codelist.attributes)
    return PublishedTable(f"dim.{codelist.id}", f"代码表：{zh}", f"code list: {en}", tuple(columns))
