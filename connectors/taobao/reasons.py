"""Why a word takes no bid, in a specialist's words, the same for both generations."""

from __future__ import annotations

from typing import Final

from connectors.errors import AnswerError
from connectors.platform import BidType, Reject

BID_TYPE_NAMES: Final[dict[str, tuple[BidType, str]]] = {
    "custom_bid": ("custom_bid", "手动出价"),
    "max_amount": ("max_amount", "最大化拿量"),
    "cost_control": ("cost_control", "控成本"),
    "roi_control": ("roi_control", "控投产比"),
}


def bid_type(said: str) -> BidType:
    """The kind of bidding of a campaign; ``unknown`` for one that did not exist yet."""
    return BID_TYPE_NAMES.get(said, ("unknown", ""))[0]


def not_biddable(
    campaign: str, said: str, *, audit_refused: bool, bid_fen: int | None
) -> str | None:
    """None for a word that takes a bid of its own. ``said`` is the campaign's bid_type."""
    kind, name = BID_TYPE_NAMES.get(said, ("unknown", said or "未知"))
    if kind != "custom_bid":
        return (
            f"计划「{campaign}」的出价方式是{name}，由平台自动出价，不接受单词出价；"
            "要按词出价请改用手动出价计划"
        )
    if audit_refused:
        return "该词未通过平台审核，不会展现；请修改或删除该词"
    return "平台没有给出该词的出价，无法调整；请在后台检查该词" if bid_fen is None else None


def reject(source: str, error: AnswerError, value: object = None) -> Reject:
    """A row of an answer that could not be taken."""
    shown = None if value is None else str(value)[:200]
    return Reject(source=source, row=None, column=None, value=shown, reason=str(error))
