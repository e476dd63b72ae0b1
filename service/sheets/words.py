"""What the sheet of lines says, and why one of its cells is refused: Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

TITLE: Final = ("明细", "Lines")
NOTES_TITLE: Final = ("说明", "Notes")
TOTAL: Final = ("可见合计", "Visible total")
DECISIONS: Final[Mapping[str, tuple[str, str]]] = {
    "approve": ("批准", "approve"),
    "reject": ("驳回", "reject"),
    "leave": ("不动", "leave"),
}
MATCHES: Final[Mapping[str, tuple[str, str]]] = {
    "exact": ("精准", "exact"),
    "phrase": ("短语", "phrase"),
    "broad": ("广泛", "broad"),
    "auto": ("智能", "auto"),
}
PICK: Final = ("请从列表中选择", "Choose one of the list")
NOTES: Final[tuple[tuple[str, str], ...]] = (
    (
        "只有黄底的 出价, 决定, 备注 三列可以修改; 其余列已锁定.",
        "Only the yellow columns can be changed: bid, decision, note. The others are locked.",
    ),
    (
        "决定: 批准, 驳回 (须写备注), 不动. 改了出价的行会变回待审.",
        "Decision: approve, reject (with a note), leave. A line with another bid waits again.",
    ),
    (
        "预计花费与贡献是按建议出价算的, 不随改价变化.",
        "Expected spend and contribution are those of the proposed bid; they do not follow an edit.",
    ),
    (
        "改完后在明细页导入: 先看差异, 确认后才生效. 导出之后被别人动过的行不会被覆盖.",
        "Import it on the Lines page: you see the difference first, and nothing happens until you "
        "confirm. Lines that somebody has changed since are never overwritten.",
    ),
)
REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "no_such_line": ("这份建议里没有这一行", "there is no such line in this proposal"),
    "twice": ("这一行在表里出现了两次", "this line stands in the sheet twice"),
    "tag": (
        "版本列被改动或清空, 请重新导出",
        "the version was altered or cleared; export the sheet again",
    ),
    "changed_since": (
        "导出之后这一行已被改动, 请重新导出",
        "the line has changed since the export; export it again",
    ),
    "no_number": ("不是数字", "is no number"),
    "no_bid": (
        "出价是空的 (公式须先在表格软件里算好并保存)",
        "the bid is empty (a formula has to be calculated and saved by a spreadsheet program)",
    ),
    "no_fen": ("出价最多两位小数", "a bid has at most two decimals"),
    "outside": (
        "超出护栏 {low}–{high} 元",
        "outside the guardrails, {low} to {high} yuan",
    ),
    "as_now": (
        "就是现在的出价; 想保持不变请驳回这一行",
        "is the bid in force; to keep it, reject the line",
    ),
    "not_biddable": ("这个词不可按词出价", "this word takes no bid of its own"),
    "no_decision": (
        "只能写 批准, 驳回, 不动",
        "write approve, reject or leave",
    ),
    "state": (
        "这一行是 {state}, 不能{action}",
        "the line is {state}; it cannot take: {action}",
    ),
    "no_reason": ("驳回须在备注列写明原因", "a rejection needs its reason in the note"),
    "too_long": ("备注最多 500 字", "a note has at most 500 characters"),
    "two_wishes": (
        "改了出价又驳回, 请只留一样",
        "another bid and a rejection; keep one of the two",
    ),
    "own": (
        "这是您本人定的出价, 须由另一人批准",
        "the bid is your own; somebody else has to approve it",
    ),
}
ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "edit": ("改价", "another bid"),
    "approve": ("批准", "approval"),
    "reject": ("驳回", "rejection"),
}


def said(pair: tuple[str, str], language: Language) -> str:
    """One of the two."""
    return pair[LANGUAGES.index(language)]
