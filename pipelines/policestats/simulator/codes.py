"""The few codes the made-up province uses, and where each stands on the forms: the simulator's own tables.

They repeat what the code lists of the standard say, by hand: a wrong mapping there must show as a difference from the tally.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Charge:
    """A criminal charge: its yearbook group (NBS 22-11), and the of-which rows its article puts it in."""

    group: str
    weight: float
    is_eight_major: bool = False  # MPS wording of 2022: 杀人 伤害 强奸 抢劫 放火 爆炸 绑架 劫持
    is_drug: bool = False  # chapter 6 section 7


CHARGES: Mapping[str, Charge] = {
    "C221": Charge("R06", 38),  # 盗窃罪
    "C222": Charge("R07", 18),  # 诈骗罪
    "C179": Charge("R02", 9, is_eight_major=True),  # 故意伤害罪
    "C220": Charge("R03", 2, is_eight_major=True),  # 抢劫罪
    "C223": Charge("R10", 4),  # 抢夺罪
    "C182": Charge("R04", 2, is_eight_major=True),  # 强奸罪
    "C177": Charge("R01", 1.5, is_eight_major=True),  # 故意杀人罪
    "C188": Charge("R05", 0.7),  # 拐卖妇女、儿童罪
    "C187": Charge("R10", 0.6, is_eight_major=True),  # 绑架罪
    "C013": Charge("R10", 0.8, is_eight_major=True),  # 放火罪
    "C105": Charge("R09", 0.6),  # 出售、购买、运输假币罪
    "C107": Charge("R09", 0.6),  # 持有、使用假币罪
    "C055": Charge("R10", 6),  # 危险驾驶罪
    "C139": Charge("R10", 1),  # 信用卡诈骗罪
    "C229": Charge("R10", 2),  # 敲诈勒索罪
    "C257": Charge("R10", 3),  # 帮助信息网络犯罪活动罪
    "C269": Charge("R10", 3),  # 寻衅滋事罪
    "C356": Charge("R10", 3, is_drug=True),  # 走私、贩卖、运输、制造毒品罪
    "C365": Charge("R10", 1, is_drug=True),  # 容留他人吸毒罪
}
CHARGE_OF_SNATCHING = "C223"
UNKNOWN_CHARGES = ("C999", None)


@dataclass(frozen=True)
class Cause:
    """An administrative cause: its section in the law of 2012 and of 2025 (None: not in it), and its yearbook group."""

    section_2012: str | None
    section_2025: str | None
    group: str | None
    weight: float
    is_mediable: bool = False

    def section(self, law: str) -> str | None:
        """Return the section of the cause in the law version ``law``; None when that law has no such cause."""
        return self.section_2012 if law == LAW_2012 else self.section_2025


LAW_2012, LAW_2025 = "psapl_2012", "psapl_2025"

CAUSES: Mapping[str, Cause] = {
    "Z001": Cause("P1", "P1", "G01", 3),  # 扰乱单位秩序
    "Z002": Cause("P1", "P1", "G02", 3),  # 扰乱公共场所秩序
    "Z025": Cause("P1", "P1", "G03", 6),  # 寻衅滋事
    "Z046": Cause("P2", "P2", "G06", 1),  # 危险物质
    "Z048": Cause("P2", "P2", "G05", 2),  # 非法携带枪支、弹药、管制器具
    "Z067": Cause("P2", "P2", "G19", 1),  # 道路施工不设置安全防护设施
    "Z071": Cause(None, "P2", "G19", 2),  # 高空抛物, new in 2025
    "Z090": Cause(None, "P3", "G19", 1, is_mediable=True),  # 滋扰、纠缠、跟踪, new in 2025
    "Z093": Cause("P3", "P3", "G07", 22, is_mediable=True),  # 殴打他人
    "Z094": Cause("P3", "P3", "G08", 6, is_mediable=True),  # 故意伤害
    "Z106": Cause("P3", "P3", "G09", 16),  # 盗窃
    "Z107": Cause("P3", "P3", "G12", 4),  # 诈骗
    "Z109": Cause("P3", "P3", "G11", 1),  # 抢夺
    "Z110": Cause("P3", "P3", "G10", 1),  # 敲诈勒索
    "Z111": Cause("P3", "P3", "G19", 4, is_mediable=True),  # 故意损毁财物
    "Z114": Cause("P4", "P4", "G04", 3),  # 阻碍执行职务
    "Z122": Cause("P4", "P4", "G13", 1),  # 伪造、变造、倒卖有价票证、凭证
    "Z131": Cause("P4", "P4", "G14", 2),  # 不按规定登记住宿旅客信息
    "Z137": Cause("P4", "P4", "G15", 1),  # 不按规定登记承租人信息
    "Z141": Cause("P4", "P4", "G19", 4, is_mediable=True),  # 制造噪声干扰正常生活
    "Z159": Cause("P4", None, "G19", 1),  # 偷越国（边）境, not in the law of 2025
    "Z168": Cause("P4", "P4", "G16", 3),  # 嫖娼
    "Z179": Cause("P4", "P4", "G17", 6),  # 赌博
    "Z185": Cause("P4", "P4", "G18", 6),  # 吸毒
}
UNKNOWN_CAUSES = ("Z999", None)
#: Causes of other laws: not public-order cases, so not on the public-order form.
OTHER_LAW_CAUSES = ("Q004", "Q128")

#: Incident types: code -> class, the non-police requests already told apart (policy non_police).
INCIDENT_TYPES: Mapping[str, str] = {
    "1000": "V1",
    "2000": "V2",
    "3000": "V3",
    "4000": "V4",
    "5000": "V5",
    "6100": "V61",
    "6210": "V62",
    "6220": "V62",
    "6230": "V62",
    "7000": "V7",
    "8000": "V8",
    "9000": "V9",
    "9900": "V10",
    "0100": "N1",
    "0200": "N2",
    "0300": "N3",
    "0410": "N4",
    "0420": "N4",
    "0500": "D",
    "0900": "N9",
}
UNKNOWN_TYPE = "7777"
VALID_CLASSES = ("V1", "V2", "V3", "V4", "V5", "V61", "V62", "V7", "V8", "V9", "V10", "V99")
CHANNELS = ("K1", "K2", "K3", "K4", "K5", "K9")
#: Modus operandi; the first seven make a case preventable (policy preventable).
PREVENTABLE_MO = ("0110", "0120", "0121", "0130", "0140", "0210", "0220")
OTHER_MO = ("0190", "0310", "0900")
