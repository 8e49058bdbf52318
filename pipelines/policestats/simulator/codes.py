"""The few codes the made-up province uses, and where each stands on the forms: the simulator's own tables.

They repeat what the code lists of the standard say, by hand: a wrong mapping there must show as a difference from the tally.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Charge:
    """A criminal charge: its yearbook group (NBS 22-11), its chapter or section of the law, and the of-which rows its article puts it in."""

    group: str
    place: str  # CH05, or CH06S7 where the chapter has sections
    weight: float
    is_eight_major: bool = False  # MPS wording of 2022: 杀人 伤害 强奸 抢劫 放火 爆炸 绑架 劫持

    @property
    def is_drug(self) -> bool:
        """Whether it stands in chapter 6 section 7."""
        return self.place == "CH06S7"

    @property
    def chapter(self) -> str:
        """The chapter: CH06 of CH06S7."""
        return self.place[:4]


CHARGES: Mapping[str, Charge] = {
    "C221": Charge("R06", "CH05", 38),  # 盗窃罪
    "C222": Charge("R07", "CH05", 18),  # 诈骗罪
    "C179": Charge("R02", "CH04", 9, is_eight_major=True),  # 故意伤害罪
    "C220": Charge("R03", "CH05", 2, is_eight_major=True),  # 抢劫罪
    "C223": Charge("R10", "CH05", 4),  # 抢夺罪
    "C182": Charge("R04", "CH04", 2, is_eight_major=True),  # 强奸罪
    "C177": Charge("R01", "CH04", 1.5, is_eight_major=True),  # 故意杀人罪
    "C188": Charge("R05", "CH04", 0.7),  # 拐卖妇女、儿童罪
    "C187": Charge("R10", "CH04", 0.6, is_eight_major=True),  # 绑架罪
    "C013": Charge("R10", "CH02", 0.8, is_eight_major=True),  # 放火罪
    "C105": Charge("R09", "CH03S4", 0.6),  # 出售、购买、运输假币罪
    "C107": Charge("R09", "CH03S4", 0.6),  # 持有、使用假币罪
    "C055": Charge("R10", "CH02", 6),  # 危险驾驶罪
    "C139": Charge("R10", "CH03S5", 1),  # 信用卡诈骗罪
    "C229": Charge("R10", "CH05", 2),  # 敲诈勒索罪
    "C257": Charge("R10", "CH06S1", 3),  # 帮助信息网络犯罪活动罪
    "C269": Charge("R10", "CH06S1", 3),  # 寻衅滋事罪
    "C356": Charge("R10", "CH06S7", 3),  # 走私、贩卖、运输、制造毒品罪
    "C365": Charge("R10", "CH06S7", 1),  # 容留他人吸毒罪
    "C010": Charge("R10", "CH01", 0.1),  # 间谍罪
    "C054": Charge("R10", "CH02", 2),  # 交通肇事罪
    "C067": Charge("R10", "CH03S1", 0.6),  # 生产、销售伪劣产品罪
    "C094": Charge("R10", "CH03S3", 0.3),  # 非国家工作人员受贿罪
    "C113": Charge("R10", "CH03S4", 0.5),  # 非法吸收公众存款罪
    "C142": Charge("R10", "CH03S6", 0.2),  # 逃税罪
    "C156": Charge("R10", "CH03S7", 0.4),  # 假冒注册商标罪
    "C167": Charge("R10", "CH03S8", 0.8),  # 合同诈骗罪
    "C286": Charge("R10", "CH06S1", 2),  # 开设赌场罪
    "C300": Charge("R10", "CH06S2", 3),  # 掩饰、隐瞒犯罪所得、犯罪所得收益罪
    "C314": Charge("R10", "CH06S3", 0.5),  # 偷越国（边）境罪
    "C321": Charge("R10", "CH06S4", 0.1),  # 倒卖文物罪
    "C336": Charge("R10", "CH06S5", 0.2),  # 非法行医罪
    "C340": Charge("R10", "CH06S6", 0.3),  # 污染环境罪
    "C368": Charge("R10", "CH06S8", 0.3),  # 组织卖淫罪
    "C374": Charge("R10", "CH06S9", 0.2),  # 制作、复制、出版、贩卖、传播淫秽物品牟利罪
    "C379": Charge("R10", "CH07", 0.1),  # 阻碍军人执行职务罪
    "C016": Charge("R10", "CH02", 0),  # 投放危险物质罪; those without a weight are put in place of others, see RARE_CHARGES
    "C043": Charge("R10", "CH02", 0),  # 非法制造、买卖、运输、邮寄、储存枪支、弹药、爆炸物罪
    "C048": Charge("R10", "CH02", 0),  # 非法持有、私藏枪支、弹药罪
    "C051": Charge("R10", "CH02", 0),  # 非法携带枪支、弹药、管制刀具、危险物品危及公共安全罪
    "C184": Charge("R10", "CH04", 0),  # 强制猥亵、侮辱罪
    "C185": Charge("R10", "CH04", 0),  # 猥亵儿童罪
    "C189": Charge("R10", "CH04", 0),  # 收买被拐卖的妇女、儿童罪
    "C207": Charge("R10", "CH04", 0),  # 侵犯公民个人信息罪
    "C214": Charge("R10", "CH04", 0),  # 虐待罪
    "C217": Charge("R10", "CH04", 0),  # 拐骗儿童罪
    "C224": Charge("R10", "CH05", 0),  # 聚众哄抢罪
    "C226": Charge("R10", "CH05", 0),  # 职务侵占罪
    "C230": Charge("R10", "CH05", 0),  # 故意毁坏财物罪
    "C252": Charge("R10", "CH06S1", 0),  # 非法获取计算机信息系统数据、非法控制计算机信息系统罪
    "C254": Charge("R10", "CH06S1", 0),  # 破坏计算机信息系统罪
    "C271": Charge("R10", "CH06S1", 0),  # 组织、领导、参加黑社会性质组织罪
    "C371": Charge("R10", "CH06S8", 0),  # 引诱、容留、介绍卖淫罪
    "R042": Charge("R10", "CH06S2", 0.4),  # 窝藏、转移、收购、销售赃物罪, retired: it counts in its own row, and in its successor's group
}
CHARGE_OF_SNATCHING = "C223"
#: Charges without a weight. Some cases of the common ones below get one of them, so that what is drawn for all others stays as it is.
RARE_CHARGES = tuple(code for code, charge in CHARGES.items() if not charge.weight)
MADE_RARE = ("C055", "C269")
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

DISPUTE_TYPES: Mapping[str, float] = {
    "K01": 28, "K02": 22, "K03": 14, "K04": 10, "K05": 8, "K06": 3, "K07": 2, "K08": 5, "K09": 2, "K10": 6, "K99": 1,
}  # fmt: skip
DISPUTE_SOURCES: Mapping[str, float] = {"S1": 0, "S2": 45, "S3": 28, "S4": 20, "S9": 7}
#: Days after which an open dispute of this grade is overdue.
DISPUTE_LIMITS: Mapping[str, int] = {"L1": 7, "L2": 15, "L3": 30, "L4": 60, "L9": 30}
NOT_GRADED = "L9"
