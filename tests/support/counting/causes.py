"""Administrative causes: where those that the simulator uses stand, by hand."""

from __future__ import annotations

from policestats.simulator.codes import CAUSES, LAW_2012, LAW_2025, OTHER_LAW_CAUSES
from tests.support.counting.books import Row

#: the law and the cause of it on form Z03
_OTHER_LAWS = {"Q004": "L03", "Q128": "L32"}
#: 行程 §178: causes that may be mediated; 滋扰、纠缠、跟踪 and 噪声 are ways of 干扰他人正常生活
_MEDIABLE = {"Z093": "B01", "Z094": "B02", "Z111": "B06", "Z090": "B07", "Z141": "B07"}
#: 处罚法 2025 §§78-87: 卖淫嫖娼, 赌博, 毒品
_VICE = {"Z168": "VP", "Z179": "VG", "Z185": "VD"}
#: highest fine in yuan under the law of 2012 and of 2025; 0: none; None: the law lacks the cause
_CAPS: dict[str, tuple[int | None, int | None]] = {
    **dict.fromkeys(("Z001", "Z002", "Z048", "Z067", "Z114", "Z131", "Z137", "Z141"), (500, 1000)),
    **dict.fromkeys(("Z025", "Z093", "Z094"), (1000, 2000)),
    **dict.fromkeys(("Z106", "Z107", "Z109", "Z110", "Z111"), (1000, 3000)),
    **dict.fromkeys(("Z071", "Z090"), (None, 1000)),
    "Z046": (0, 0),
    "Z122": (1000, 5000),
    "Z159": (500, None),
    "Z168": (5000, 5000),
    "Z179": (3000, 5000),
    "Z185": (2000, 3000),
}
#: not in the law of 2025
REPEALED = tuple(code for code, cause in CAUSES.items() if cause.section_2025 is None)


def is_public_order(cause: str | None, record: Row) -> bool:
    """Tell whether a case is one of 治安: an unknown cause is, unless another law was applied."""
    if cause in CAUSES:
        return True
    return cause not in OTHER_LAW_CAUSES and record["applied_law_code"] != "other"


def section(cause: str | None, record: Row) -> str | None:
    """Return the section of the cause in the law applied; None when that law lacks it (案由待定)."""
    return CAUSES[cause].section(record["applied_law_code"]) if cause in CAUSES else None


def sections(cause: str | None, record: Row) -> list[str]:
    """Return the rows of Z04."""
    return ["T", section(cause, record) or "P9"] if is_public_order(cause, record) else []


def by_cause(cause: str | None, record: Row) -> list[str]:
    """Return the rows of Z02: section and cause, or U where the law applied lacks it."""
    if not is_public_order(cause, record):
        return []
    found = section(cause, record)
    return ["T", "U"] if found is None or cause is None else ["T", found, cause]


def by_law(cause: str | None, record: Row) -> list[str]:
    """Return the rows of Z03: the law and its cause, or 其他法律."""
    if is_public_order(cause, record):
        return []
    return ["T", _OTHER_LAWS[cause], cause] if cause in _OTHER_LAWS else ["T", "Q999"]


def by_mediability(cause: str | None, record: Row) -> list[str]:
    """Return the rows of Z05."""
    return ["T", _MEDIABLE.get(cause or "", "B99")] if is_public_order(cause, record) else []


def by_vice(cause: str | None, record: Row) -> list[str]:
    """Return the rows of Z09; none for a case of another kind, or of a law that lacks the cause."""
    return ["T", _VICE[cause], cause] if cause in _VICE and section(cause, record) is not None else []


def by_group(cause: str | None, record: Row) -> list[str]:
    """Return the rows of Z07: the yearbook group."""
    if not is_public_order(cause, record):
        return []
    return ["T", (CAUSES[cause].group if cause in CAUSES else None) or "G19"]


def highest_fine(cause: str | None, record: Row) -> int | None:
    """Return the cap of a fine for the cause under the law applied; None where there is none to exceed."""
    caps = _CAPS.get(cause or "", (None, None))
    return {LAW_2012: caps[0], LAW_2025: caps[1]}.get(record["applied_law_code"])
