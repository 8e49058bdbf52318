"""The published tables: names, columns, types and what each means, in Chinese and English. The warehouse and the release both follow it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTable:
    """A table of the contract. ``columns`` are (name, SQL type, Chinese, English)."""

    name: str
    zh: str
    en: str
    columns: tuple[tuple[str, str, str, str], ...]

    def ddl(self) -> str:
        """Return CREATE TABLE IF NOT EXISTS."""
        body = ", ".join(f'"{name}" {type_}' for name, type_, _, _ in self.columns)
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({body})"

    def comments(self) -> list[str]:
        """Return the COMMENT statements of the table and its columns."""
        found = [f"COMMENT ON TABLE {self.name} IS {_text(self.zh, self.en)}"]
        return found + [f'COMMENT ON COLUMN {self.name}."{name}" IS {_text(zh, en)}' for name, _, zh, en in self.columns]


def _text(zh: str, en: str) -> str:
    return "'" + f"{zh} | {en}".replace("'", "''") + "'"


_FORM = ("form_id", "VARCHAR", "报表编号", "form id")
_VERSION = ("version", "INTEGER", "报表版本", "version of the form")
_PERIOD = (
    "period",
    "VARCHAR",
    "统计期：2026-10-03、2026-W41、2026-10、2026-Q3、2026-H1、2026",
    "period: day, ISO week, month, quarter, half-year or year",
)
_UNIT = ("unit_code", "VARCHAR", "机构代码", "unit code of the standard")
_ROW = ("row_code", "VARCHAR", "行代码", "row code, unique in the form")
_COLUMN = ("column_code", "VARCHAR", "列代码", "column code")
_AS_OF = ("as_of", "BIGINT", "所依据批次", "load whose knowledge counts")
_BLOCK = ("block_id", "VARCHAR", "行区", "block of rows")

FORM = PublishedTable(
    "report.form",
    "报表（按编制该期时的定义）",
    "forms, as they were defined when the period was tabulated",
    (
        _FORM,
        _VERSION,
        _PERIOD,
        ("title_zh", "VARCHAR", "中文名称", "title in Chinese"),
        ("title_en", "VARCHAR", "英文名称", "title in English"),
        ("frequency", "VARCHAR", "报告期别", "frequencies, joined by a comma"),
        ("standard", "VARCHAR", "标准", "standard"),
        ("provenance", "VARCHAR", "来源标记（JSON）", "where rows and columns come from (JSON)"),
        ("definition_hash", "VARCHAR", "定义摘要", "hash of the definition"),
        ("valid_from", "DATE", "启用日期", "first day of validity"),
        ("valid_to", "DATE", "停用日期", "first day it no longer holds"),
    ),
)
FORM_ROW = PublishedTable(
    "report.form_row",
    "报表行（按期）",
    "rows of forms in a period",
    (
        _FORM,
        _VERSION,
        _PERIOD,
        _BLOCK,
        ("unit_code", "VARCHAR", "仅该机构有此行（空：全部机构）", "the only unit that has the row (null: all)"),
        _ROW,
        ("parent_row_code", "VARCHAR", "上级行", "row it is part of"),
        ("kind", "VARCHAR", "种类：合计、小计、叶、其中、found 数据中出现", "total, subtotal, leaf, of_which or found (in the data)"),
        ("label_zh", "VARCHAR", "中文标题", "label in Chinese"),
        ("label_en", "VARCHAR", "英文标题", "label in English"),
        ("row_order", "INTEGER", "顺序", "printed order"),
    ),
)
FORM_COLUMN = PublishedTable(
    "report.form_column",
    "报表列（按期）",
    "columns of forms in a period",
    (
        _FORM,
        _VERSION,
        _PERIOD,
        _BLOCK,
        _COLUMN,
        ("parent_column_code", "VARCHAR", "上级列", "column it is part of"),
        ("expression", "VARCHAR", "定义（JSON）", "definition (JSON)"),
        ("variant", "VARCHAR", "口径：本期、累计、上年同期…", "current, ytd, prior_year ...; null for a computed column"),
        ("unit", "VARCHAR", "计量单位", "unit of measure"),
        ("decimals", "INTEGER", "小数位", "decimals printed"),
        ("additivity", "VARCHAR", "可加性（JSON）", "how it adds up along units, time and rows (JSON)"),
        ("applies_to", "VARCHAR[]", "适用行（空：全部）", "rows it applies to (null: all)"),
        ("is_hidden", "BOOLEAN", "不打印，仅供审核", "not printed, for checks only"),
        (
            "needs",
            "VARCHAR",
            "所需来源和表（JSON）：sources 中任一来源、tables 各表；typed 为人工填报的指标",
            "what it needs (JSON): any of sources for each of tables; typed: an indicator that people type",
        ),
        ("label_zh", "VARCHAR", "中文标题", "label in Chinese"),
        ("label_en", "VARCHAR", "英文标题", "label in English"),
        ("column_order", "INTEGER", "顺序", "printed order"),
    ),
)
CELL = PublishedTable(
    "report.cell",
    "单元格。计数列无记录且状态为 auto 即为 0；比率列无记录即为“—”",
    "cells; an absent cell of a count with status auto is 0, an absent rate has no base",
    (
        _FORM,
        _VERSION,
        _PERIOD,
        _UNIT,
        _ROW,
        _COLUMN,
        ("value", "DECIMAL(38,6)", "数值", "value"),
        ("run_id", "VARCHAR", "运行号", "run that made it"),
    ),
)
STATUS = PublishedTable(
    "report.status",
    "单元格状态：按报表、期、机构、行区、列",
    "status of cells, per form, period, unit, block and column",
    (
        _FORM,
        _PERIOD,
        _UNIT,
        _BLOCK,
        _COLUMN,
        ("row_code", "VARCHAR", "行代码（空：全部行）", "row (null: all rows)"),
        (
            "status",
            "VARCHAR",
            "auto 自动、partial 部分、missing 缺、blocked 停、manual 填报、not_applicable 不适用",
            "auto, partial, missing, blocked, manual, suppressed or not_applicable",
        ),
        ("delivered", "INTEGER", "已报送的机构月", "unit-months for which every table read was delivered"),
        ("due", "INTEGER", "应报送的机构月", "unit-months that were due"),
        ("reason", "VARCHAR", "原因", "reason"),
    ),
)
CHECK_RESULT = PublishedTable(
    "report.check_result",
    "未通过或未能审核的审核关系",
    "checks that failed or could not be evaluated",
    (
        _FORM,
        _PERIOD,
        _UNIT,
        ("check_id", "VARCHAR", "审核关系编号", "check id"),
        _BLOCK,
        _ROW,
        _COLUMN,
        ("severity", "VARCHAR", "error 强制、warning 提示", "error or warning"),
        ("left_value", "DECIMAL(38,6)", "左值", "left side"),
        ("right_value", "DECIMAL(38,6)", "右值", "right side"),
        ("difference", "DECIMAL(38,6)", "差", "left minus right"),
        ("outcome", "VARCHAR", "failed 未通过、not_evaluated 未审核", "failed or not_evaluated"),
        ("message", "VARCHAR", "说明", "what was compared"),
    ),
)
CHECK_COUNT = PublishedTable(
    "report.check_count",
    "通过次数",
    "evaluations passed, per check and unit",
    (_FORM, _PERIOD, _UNIT, ("check_id", "VARCHAR", "审核关系编号", "check id"), ("passed", "BIGINT", "通过次数", "evaluations passed")),
)
GENERATION = PublishedTable(
    "report.generation",
    "自动生成率",
    "generation rates with numerator, denominator and reason",
    (
        (
            "rate_id",
            "VARCHAR",
            "template 模板率、instance 份数率、cell 单元格率、cell_nonzero 非零单元格率",
            "template, instance, cell or cell_nonzero",
        ),
        ("form_id", "VARCHAR", "报表编号（空：全部）", "form (null: all)"),
        _PERIOD,
        _AS_OF,
        ("level_code", "VARCHAR", "机构层级：该层级全部机构合计（空：不按层级）", "level: all its units together (null: not by level)"),
        ("unit_code", "VARCHAR", "机构代码（空：全部）", "unit (null: all)"),
        ("numerator", "BIGINT", "分子", "numerator"),
        ("denominator", "BIGINT", "分母", "denominator"),
        ("rate_pct", "DECIMAL(38,6)", "比率（%）", "rate in percent, two decimals"),
        ("reason", "VARCHAR", "未自动的原因", "why the rest is not automatic"),
    ),
)
QUERY = PublishedTable(
    "report.query",
    "实际运行的SQL",
    "the SQL that ran",
    (
        _FORM,
        _PERIOD,
        ("subject", "VARCHAR", "事实或指标", "fact or indicator"),
        ("anchor_on", "DATE", "历史截至（不含）", "history read up to this day, exclusive"),
        ("sql", "VARCHAR", "SQL", "SQL text"),
        ("row_count", "BIGINT", "行数", "contributions it gave (null for a fact)"),
    ),
)
CONTRIBUTION = PublishedTable(
    "report.contribution",
    "贡献：每个被计数的对象落入的行",
    "contributions: each counted thing and the leaf and of-which rows it lands in",
    (
        _FORM,
        _PERIOD,
        ("indicator_id", "VARCHAR", "指标", "indicator"),
        ("anchor_on", "DATE", "历史截至（不含）", "history read up to this day, exclusive"),
        ("record_key", "VARCHAR", "记录号", "case, event or incident number; never a person's (null: a total of a stock)"),
        ("fact_key", "VARCHAR", "事实分组", "group of records it was made from, made again when one of them changes"),
        ("counted_key", "VARCHAR", "去重键", "what a distinct count counts once (null: counted by record)"),
        ("unit_code", "VARCHAR", "记账机构", "unit it is booked at"),
        ("partner_unit_code", "VARCHAR", "对方机构", "other end of a transfer (null: outside the tree)"),
        ("on_date", "DATE", "日期", "day it counts"),
        ("until_date", "DATE", "终止日期", "day a stock ends (null: open)"),
        _ROW,
        ("value", "DECIMAL(38,6)", "数值", "value"),
    ),
)
READING = PublishedTable(
    "report.column_reading",
    "列取数：哪一列取哪些贡献",
    "which contributions a base column folds, and how",
    (
        _FORM,
        _PERIOD,
        _COLUMN,
        ("indicator_id", "VARCHAR", "指标", "indicator"),
        ("anchor_on", "DATE", "历史截至（不含）", "history read up to this day, exclusive"),
        ("start_on", "DATE", "起（含）", "first day (null for a stock)"),
        ("end_on", "DATE", "止（不含）", "day after the last; for a stock the day at whose beginning it is counted"),
        ("is_stock", "BOOLEAN", "存量", "a stock"),
        ("is_net", "BOOLEAN", "移送轧差", "transfers inside a subtree fall away"),
        ("measure", "VARCHAR", "计数方法", "count, distinct or sum"),
    ),
)
ROW_MEMBER = PublishedTable(
    "report.row_member",
    "行的组成",
    "rows and the leaf or of-which rows whose contributions they add up",
    (
        _FORM,
        _PERIOD,
        _ROW,
        ("member_row_code", "VARCHAR", "组成行", "member row"),
        ("is_netted", "BOOLEAN", "轧差列在此行轧差", "transfers inside a unit's subtree fall away in this row, in columns that net them"),
    ),
)
UNIT_MEMBER = PublishedTable(
    "report.unit_member",
    "机构的下属（期末）",
    "units and their subtrees at the end of the period, themselves included",
    (_PERIOD, _UNIT, ("member_unit_code", "VARCHAR", "下属机构", "unit of the subtree")),
)
UNIT = PublishedTable(
    "dim.unit",
    "机构树（期末）",
    "units at the end of the period, in tree order",
    (
        _PERIOD,
        _UNIT,
        ("parent_unit_code", "VARCHAR", "上级机构", "parent unit"),
        ("level_code", "VARCHAR", "层级", "level"),
        ("name_zh", "VARCHAR", "中文名称", "name in Chinese"),
        ("name_en", "VARCHAR", "英文名称", "name in English"),
        ("depth", "INTEGER", "深度", "depth, 0 at a root"),
        ("unit_order", "INTEGER", "顺序", "order in the tree; never an order by a value"),
        ("absorbed", "VARCHAR[]", "已并入的机构", "units carried to this one (可比口径)"),
    ),
)

RUN = PublishedTable(
    "report.run",
    "制表记录",
    "what each form of a period was tabulated with",
    (
        _FORM,
        _PERIOD,
        ("run_id", "VARCHAR", "运行号", "run that made it"),
        _AS_OF,
        ("policies", "VARCHAR", "所用口径（JSON）", "choices in force (JSON)"),
        ("basis", "VARCHAR", "定义与机构摘要", "hash of all definitions, choices and units it rests on"),
        ("definition_hash", "VARCHAR", "定义摘要", "hash of the form's definition"),
    ),
)
TYPED_DIFFERENCE = PublishedTable(
    "report.typed_difference",
    "填报数与记录数之差：已有记录的填报单元格，以记录为准",
    "cells that people typed and that records give now: the records count",
    (
        _FORM,
        _PERIOD,
        _UNIT,
        _ROW,
        _COLUMN,
        ("typed_value", "DECIMAL(38,6)", "填报数", "value that was typed"),
        ("computed_value", "DECIMAL(38,6)", "记录数", "value that records give"),
        ("difference", "DECIMAL(38,6)", "差", "typed minus computed"),
        ("told", "VARCHAR", "填报人、时间、依据", "who typed it, when, on which evidence"),
    ),
)

#: tables rewritten for one (form, period)
PER_FORM = (
    FORM,
    FORM_ROW,
    FORM_COLUMN,
    ROW_MEMBER,
    RUN,
    CELL,
    STATUS,
    CHECK_RESULT,
    CHECK_COUNT,
    TYPED_DIFFERENCE,
    QUERY,
    CONTRIBUTION,
    READING,
)
#: those of them of which only what differs is written
SETTLED = (CELL, STATUS, CHECK_RESULT, CHECK_COUNT, TYPED_DIFFERENCE)
#: tables rewritten for a period
PER_PERIOD = (UNIT_MEMBER, UNIT, GENERATION)
ALL = (*PER_FORM, *PER_PERIOD)
