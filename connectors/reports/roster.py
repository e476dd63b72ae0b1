"""Who there is to bid on: the newest names, places and bids that the exports tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.platform import AdgroupRow, BidType, CampaignRow, KeywordRow, Reject, Roster
from connectors.reports.bids import BidsInForce
from connectors.reports.cells import CellError, parse_money, told
from connectors.reports.merge import age_of, placed
from connectors.reports.rows import MATCHES, NONE, Table
from connectors.reports.strings import CodeArray
from connectors.reports.vocabulary import bid_type_of, is_word_package

Newest = dict[int, int]  # place of an id -> place of what is newest about it


def sightings(tables: Sequence[Table], places: CodeArray) -> pd.DataFrame:
    """What every table says about ids, with ``age`` that orders tables, then days within one."""
    parts = []
    for table in tables:
        frame = table.sightings.copy()
        frame["age"] = (age_of(table) << 20) + frame["date"]
        parts.append(frame)
    return placed(pd.concat(parts, ignore_index=True), places)


def newest(seen: pd.DataFrame, key: str, about: str) -> Newest:
    """For every id the newest thing said; among equally new ones the last in order of text."""
    known = seen.loc[(seen[key] != 0) & (seen[about] != 0), [key, "age", about]]
    last = known.sort_values([key, "age", about]).drop_duplicates(key, keep="last")
    return dict(zip(last[key].tolist(), last[about].tolist(), strict=True))


def newest_quality(seen: pd.DataFrame) -> dict[int, float]:
    """The newest quality score of every word that has one."""
    known = seen.loc[seen["quality"].notna() & (seen["word_id"] != 0)]
    last = known.sort_values(["word_id", "age", "quality"]).drop_duplicates("word_id", keep="last")
    return dict(zip(last["word_id"].tolist(), last["quality"].tolist(), strict=True))


def build(
    seen: pd.DataFrame, texts: Sequence[str], bids: BidsInForce, rejects: tuple[Reject, ...]
) -> Roster:
    """The roster in ascending order of ids."""
    bid_types = {
        campaign: bid_type_of(texts[place])
        for campaign, place in newest(seen, "campaign_id", "bid_type").items()
    }
    adgroups = _adgroups(seen, texts)
    return Roster(
        campaigns=_campaigns(seen, texts, bid_types),
        adgroups=adgroups,
        keywords=_keywords(seen, texts, bids, bid_types),
        rejects=rejects,
    )


def placements(seen: pd.DataFrame) -> tuple[Newest, Newest]:
    """Adgroup of every word, campaign of every adgroup."""
    return newest(seen, "word_id", "adgroup_id"), newest(seen, "adgroup_id", "campaign_id")


def _ids(seen: pd.DataFrame, column: str) -> list[int]:
    found: npt.NDArray[np.int64] = np.unique(seen[column].to_numpy(dtype=np.int64))
    return [place for place in found.tolist() if place]


def _campaigns(
    seen: pd.DataFrame, texts: Sequence[str], bid_types: dict[int, BidType]
) -> tuple[CampaignRow, ...]:
    names = newest(seen, "campaign_id", "campaign_name")
    budgets = newest(seen, "campaign_id", "daily_budget")
    return tuple(
        CampaignRow(
            campaign_id=texts[place],
            name=texts[names.get(place, place)],
            daily_budget_fen=_budget(texts[budgets.get(place, 0)]),
            bid_type=bid_types.get(place, "custom_bid"),
        )
        for place in _ids(seen, "campaign_id")
    )


def _budget(text: str) -> int | None:
    """A daily budget; None for 不限 (unlimited) and whatever else is no amount."""
    try:
        return parse_money(text) or None
    except CellError:
        return None


def _adgroups(seen: pd.DataFrame, texts: Sequence[str]) -> tuple[AdgroupRow, ...]:
    campaigns = newest(seen, "adgroup_id", "campaign_id")
    names = newest(seen, "adgroup_id", "adgroup_name")
    items = newest(seen, "adgroup_id", "item_id")
    item_names = newest(seen, "item_id", "item_name")
    return tuple(
        AdgroupRow(
            adgroup_id=texts[place],
            campaign_id=texts[campaigns[place]],
            name=texts[names.get(place, place)],
            item_id=texts[items[place]] if place in items else None,
            item_name=texts[item_names.get(items.get(place, 0), 0)] or None,
        )
        for place in _ids(seen, "adgroup_id")
    )


def _keywords(
    seen: pd.DataFrame,
    texts: Sequence[str],
    bids: BidsInForce,
    bid_types: dict[int, BidType],
) -> tuple[KeywordRow, ...]:
    adgroups, campaigns = placements(seen)
    words = newest(seen, "word_id", "word")
    kinds = newest(seen, "word_id", "kind")
    quality = newest_quality(seen)
    in_force = dict(
        zip(
            bids.words.tolist(),
            zip(bids.bids.tolist(), bids.matches.tolist(), strict=True),
            strict=True,
        )
    )
    rows = []
    for place, adgroup in sorted(adgroups.items()):
        campaign = campaigns[adgroup]
        bid, match = in_force.get(place, (NONE, NONE))
        reason = _obstacle(
            texts[kinds.get(place, 0)],
            bid_types.get(campaign, "custom_bid"),
            None if place not in in_force else bid,
            bids,
        )
        rows.append(
            KeywordRow(
                keyword_id=texts[place],
                adgroup_id=texts[adgroup],
                campaign_id=texts[campaign],
                word=texts[words.get(place, place)],
                match=None if match == NONE else MATCHES[match],
                bid_fen=None if bid == NONE else bid,
                quality_score=quality.get(place),
                biddable=reason is None,
                not_biddable_reason=reason,
            )
        )
    return tuple(rows)


_BID_TYPES: dict[BidType, str] = {
    "max_amount": "最大化拿量",
    "cost_control": "控成本",
    "roi_control": "控投产比",
    "unknown": "无法识别的方式",
}


def _obstacle(kind: str, bid_type: BidType, bid: int | None, bids: BidsInForce) -> str | None:
    """Why no bid can be set, in a sentence; None where one can."""
    if is_word_package(kind):
        return told(f"“{kind}”不是单个关键词，不能按词出价", "a word package takes no bid by word")
    if bid_type != "custom_bid":
        return told(
            f"计划的出价方式是{_BID_TYPES[bid_type]}，只有手动出价的计划可按词出价",
            f"the campaign bids by {bid_type}; only manual bidding takes a bid by word",
        )
    if not bids.listed:
        return told(
            "没有关键词出价表，不知道现在的出价；请下载后放入报表文件夹",
            "no bid list, today's bid is unknown; download 关键词出价 into the folder",
        )
    if bid is None:
        return told(
            f"不在最新的出价表（{bids.as_of or '无日期'}）里，可能已删除；请下载完整的出价表",
            "not in the newest bid list, perhaps deleted; download the whole list",
        )
    if bid == NONE:
        return told("出价表里这个词没有出价", "the bid list gives no bid for this word")
    return None
