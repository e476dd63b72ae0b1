"""Rows of the newer generation (universalbp): money in yuan, rates as fractions."""

from __future__ import annotations

from typing import Any, Final

from connectors.platform import AdgroupRow, CampaignRow, KeywordDayRow, KeywordRow
from connectors.taobao import fields, reasons
from connectors.taobao.replies import Json

FIGURES: Final = (
    "ad_pv",
    "click",
    "charge",
    "alipay_inshop_amt",
    "alipay_inshop_num",
    "cart_inshop_num",
    "item_col_inshop_num",
)


def campaign(row: Json) -> CampaignRow:
    """A campaign; without a ``day_budget`` it has none."""
    campaign_id = fields.identifier(row, "campaign_id")
    unlimited = row.get("day_budget") in (None, "")
    return CampaignRow(
        campaign_id=campaign_id,
        name=fields.text(row, "campaign_name", f"计划{campaign_id}"),
        daily_budget_fen=None if unlimited else fields.fen_of_yuan(row, "day_budget"),
        bid_type=reasons.bid_type(bid_type(row)),
        online=fields.flag(row, "online_status"),
    )


def bid_type(row: Json) -> str:
    """What the campaign says of its bidding; empty where it says nothing."""
    return fields.text(row, "bid_type", "")


def adgroups(row: Json) -> list[AdgroupRow]:
    """The adgroups inside a campaign."""
    found = fields.listed(row, "adgroup_list", "adgroup_v_o")
    return [_adgroup(inner, fields.identifier(row, "campaign_id")) for inner in found]


def keyword(row: Json, plan: str, said: str, quality: float | None) -> KeywordRow:
    """A word of the campaign named ``plan`` whose bid_type is ``said``."""
    bid = bid_fen(row) if said == "custom_bid" else None
    reason = reasons.not_biddable(
        plan, said, audit_refused=fields.text(row, "status", "") == "reject", bid_fen=bid
    )
    return KeywordRow(
        keyword_id=fields.identifier(row, "bidword_id"),
        adgroup_id=fields.identifier(row, "adgroup_id"),
        campaign_id=fields.identifier(row, "campaign_id"),
        word=fields.text(row, "word"),
        match=fields.match_scope(row),
        bid_fen=bid,
        quality_score=quality,
        biddable=reason is None,
        not_biddable_reason=reason,
    )


def bid_fen(row: Json) -> int | None:
    """The bid in force; None where the platform gives no price."""
    return fields.fen_of_yuan(row, "bid_price", 0) or None


def price_item(row: Json, bid: int) -> dict[str, Any]:
    """The word's present settings with another bid; everything else is sent as it was read."""
    item: dict[str, Any] = {
        "campaign_id": int(fields.identifier(row, "campaign_id")),
        "adgroup_id": int(fields.identifier(row, "adgroup_id")),
        "bidword_id": int(fields.identifier(row, "bidword_id")),
        "word": fields.text(row, "word"),
        "bid_price": f"{bid // 100}.{bid % 100:02d}",
    }
    kept = ("match_scope", "online_status")
    return item | {name: int(str(row[name])) for name in kept if row.get(name) is not None}


def keyword_day(row: Json) -> KeywordDayRow:
    """One row of the daily report, its figures beside its ids."""
    return KeywordDayRow(
        keyword_id=fields.identifier(row, "bidword_id"),
        adgroup_id=fields.identifier(row, "adgroup_id"),
        campaign_id=fields.identifier(row, "campaign_id"),
        date=fields.day(row, "thedate"),
        impressions=fields.whole(row, "ad_pv"),
        clicks=fields.whole(row, "click"),
        spend_fen=fields.fen_of_yuan(row, "charge"),
        orders=fields.whole(row, "alipay_inshop_num", 0),
        revenue_fen=fields.fen_of_yuan(row, "alipay_inshop_amt", 0),
        carts=fields.whole(row, "cart_inshop_num", 0),
        favourites=fields.whole(row, "item_col_inshop_num", 0),
    )


def is_word(row: Json) -> bool:
    """Whether the row is of a word: word packages share the report and take no bid by word."""
    return fields.text(row, "bid_word_type", "word") == "word"


def _adgroup(row: Json, campaign_id: str) -> AdgroupRow:
    adgroup_id = fields.identifier(row, "adgroup_id")
    return AdgroupRow(
        adgroup_id=adgroup_id,
        campaign_id=campaign_id,
        name=fields.text(row, "adgroup_name", f"单元{adgroup_id}"),
        item_id=fields.identifier(row, "material_id") if row.get("material_id") else None,
        item_name=fields.text(row, "promotion_name", "") or None,
    )
