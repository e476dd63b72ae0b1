"""The columns of the sheet of lines, and a line as their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from openpyxl.utils import get_column_letter

from service.approval import shown_hash
from service.reading.words import REASONS, RISKS, STATES
from service.sheets.words import DECISIONS, MATCHES, Language, said
from service.store.rows import LineRow

Shape = Literal["text", "yuan", "rate", "bid", "choice", "note", "tag"]
TAG_LETTERS: Final = 20  # of the hash: enough to notice any change


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. ``formula`` names cells of its own row as ``{key}``; ``sums`` puts a total above."""

    key: str
    names: tuple[str, str]
    width: int
    shape: Shape = "text"
    formula: str | None = None
    sums: bool = False

    @property
    def editable(self) -> bool:
        """Whether a person may write into it."""
        return self.shape in ("bid", "choice", "note")


COLUMNS: Final[tuple[Column, ...]] = (
    Column(key="line_id", names=("行号", "Line"), width=12),
    Column(key="word", names=("关键词", "Word"), width=26),
    Column(key="match", names=("匹配方式", "Match"), width=10),
    Column(key="campaign", names=("计划", "Campaign"), width=20),
    Column(key="campaign_id", names=("计划ID", "Campaign id"), width=16),
    Column(key="adgroup_id", names=("单元ID", "Adgroup id"), width=18),
    Column(key="keyword_id", names=("词ID", "Keyword id"), width=22),
    Column(key="state", names=("状态", "State"), width=10),
    Column(key="reason", names=("原因", "Reason"), width=34),
    Column(key="bid_before", names=("现出价", "Bid now"), width=10, shape="yuan"),
    Column(key="bid_proposed", names=("建议出价", "Bid proposed"), width=12, shape="yuan"),
    Column(key="bid", names=("出价", "Bid"), width=10, shape="bid"),
    Column(
        key="change",
        names=("变化", "Change"),
        width=10,
        shape="rate",
        formula='IF(N({bid_before})=0,"",{bid}/{bid_before}-1)',
    ),
    Column(key="decision", names=("决定", "Decision"), width=10, shape="choice"),
    Column(key="note", names=("备注", "Note"), width=26, shape="note"),
    Column(key="spend_before", names=("现花费", "Spend now"), width=12, shape="yuan", sums=True),
    Column(key="spend_after", names=("预计花费", "Spend then"), width=12, shape="yuan", sums=True),
    Column(
        key="spend_change",
        names=("花费变化", "Change of spend"),
        width=14,
        shape="yuan",
        formula="{spend_after}-{spend_before}",
        sums=True,
    ),
    Column(
        key="contribution_before",
        names=("现贡献", "Contribution now"),
        width=14,
        shape="yuan",
        sums=True,
    ),
    Column(
        key="contribution_after",
        names=("预计贡献", "Contribution then"),
        width=14,
        shape="yuan",
        sums=True,
    ),
    Column(
        key="contribution_change",
        names=("贡献变化", "Change of contribution"),
        width=14,
        shape="yuan",
        formula="{contribution_after}-{contribution_before}",
        sums=True,
    ),
    Column(key="risk", names=("风险", "Risk"), width=34),
    Column(key="at_stake", names=("不利时少赚", "At stake"), width=12, shape="yuan"),
    Column(key="tag", names=("版本", "Version"), width=8, shape="tag"),
)
LETTERS: Final[Mapping[str, str]] = {
    column.key: get_column_letter(number) for number, column in enumerate(COLUMNS, start=1)
}
NEEDED: Final = ("line_id", "bid", "decision", "tag")


def tag_of(line: LineRow) -> str:
    """Version, hash of what is shown, and bid of a line: what it was exported as."""
    shown = shown_hash(
        line_id=line.line_id,
        version=line.version,
        state=line.state,
        bid_before_fen=line.bid_before_fen,
        bid_fen=line.bid_fen,
        expected=line.expected,
    )
    bid = "" if line.bid_fen is None else line.bid_fen
    return f"{line.version}-{shown[:TAG_LETTERS]}-{bid}"


def texts_of(line: LineRow, campaigns: Mapping[str, str], language: Language) -> dict[str, str]:
    """The cells of a line that are text, by column key. ``campaigns``: id → name."""

    def told(words: Mapping[str, tuple[str, str]], code: str) -> str:
        return said(words[code], language) if code in words else code

    return {
        "line_id": str(line.line_id),
        "word": line.word,
        "match": told(MATCHES, line.match or ""),
        "campaign": campaigns.get(line.campaign_id, ""),
        "campaign_id": line.campaign_id,
        "adgroup_id": line.adgroup_id,
        "keyword_id": line.keyword_id,
        "state": told(STATES, line.state),
        "reason": told(REASONS, line.reason),
        "risk": told(RISKS, line.risk),
        "decision": told(DECISIONS, "leave"),
        "note": "",
        "tag": tag_of(line),
    }


def money_of(line: LineRow) -> dict[str, int | None]:
    """The cells of a line that are money, fen."""
    return {
        "bid_before": line.bid_before_fen,
        "bid_proposed": line.bid_proposed_fen,
        "bid": line.bid_fen,
        "spend_before": line.spend_before_fen,
        "spend_after": line.spend_after_fen,
        "spend_change": line.spend_after_fen - line.spend_before_fen,
        "contribution_before": line.contribution_before_fen,
        "contribution_after": line.contribution_after_fen,
        "contribution_change": line.contribution_after_fen - line.contribution_before_fen,
        "at_stake": line.at_stake_fen,
    }
