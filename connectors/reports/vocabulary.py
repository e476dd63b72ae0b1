"""The platform's own words for match, bid type, kind of word and total rows."""

from __future__ import annotations

from connectors.platform import BidType, Match
from connectors.reports.cells import CellError, told

TOTALS = frozenset({"合计", "汇总", "总计", "小计", "总和", "total"})

_MATCHES: dict[str, Match] = {
    "精准": "exact",
    "精确": "exact",
    "精准匹配": "exact",
    "精确匹配": "exact",
    "1": "exact",
    "广泛": "broad",
    "广泛匹配": "broad",
    "4": "broad",
    "短语": "phrase",
    "短语匹配": "phrase",
    "中心词": "phrase",
    "中心词匹配": "phrase",
    "智能": "auto",
    "智能匹配": "auto",
    "自动": "auto",
    "自动匹配": "auto",
}

_BID_TYPES: dict[str, BidType] = {
    "": "custom_bid",
    "手动": "custom_bid",
    "手动出价": "custom_bid",
    "自定义": "custom_bid",
    "自定义出价": "custom_bid",
    "custom_bid": "custom_bid",
    "最大化拿量": "max_amount",
    "最大化": "max_amount",
    "max_amount": "max_amount",
    "控成本": "cost_control",
    "控成本投放": "cost_control",
    "成本控制": "cost_control",
    "cost_control": "cost_control",
    "控投产比": "roi_control",
    "控投产比投放": "roi_control",
    "投产比控制": "roi_control",
    "roi_control": "roi_control",
}

_PLAIN_WORDS = frozenset({"", "关键词", "普通关键词", "自选词", "自选关键词", "词", "bidword"})


def is_total(text: str) -> bool:
    """Whether the cell marks a total row (合计, 汇总 …)."""
    return text.strip().rstrip(":：").strip().casefold() in TOTALS


def parse_match(text: str) -> Match:
    """The match of a word; an unknown one is refused, since the bid would mean something else."""
    match = _MATCHES.get(text.strip())
    if match is None:
        raise CellError(
            told(
                "匹配方式无法识别，应为 精准、广泛、短语/中心词 或 智能",
                "unknown match; one of 精准, 广泛, 短语, 中心词, 智能",
            )
        )
    return match


def bid_type_of(text: str) -> BidType:
    """How a campaign bids; a wording not known here is ``unknown`` and never bid on by word."""
    return _BID_TYPES.get(text.strip(), "unknown")


def is_word_package(kind: str) -> bool:
    """Whether 词类型 says anything but a plain keyword: packages take no bid by word."""
    return kind.strip() not in _PLAIN_WORDS
