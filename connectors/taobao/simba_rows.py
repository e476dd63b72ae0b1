"""Rows of the older generation (simba): prices in integer fen, figures as text, rates in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from connectors.errors import AnswerError
from connectors.platform import AdgroupRow, CampaignRow, KeywordDayRow, KeywordRow, Page, Reject
from connectors.taobao import fields, reasons
from connectors.taobao.replies import Json

DayKey = tuple[str, date]


def campaign(row: Json, budget: Json) -> CampaignRow:
    """A campaign; the budget comes in yuan, null for none.

    Campaigns of manual bidding carry no ``bid_type``; it names the kind of all others.
    """
    yuan = budget.get("budget")
    campaign_id = fields.identifier(row, "campaign_id")
    return CampaignRow(
        campaign_id=campaign_id,
        name=fields.text(row, "title", f"计划{campaign_id}"),
        daily_budget_fen=None if yuan is None else fields.fen_of_yuan(budget, "budget"),
        bid_type=reasons.bid_type(bid_type(row)),
        online=fields.text(row, "online_status", "online") == "online",
    )


def bid_type(row: Json) -> str:
    """What the campaign says of its bidding, ``custom_bid`` where it says nothing."""
    return fields.text(row, "bid_type", "custom_bid")


def adgroup(row: Json) -> AdgroupRow:
    """An adgroup; it has no name of its own but that of its item."""
    adgroup_id = fields.identifier(row, "adgroup_id")
    item = fields.identifier(row, "num_iid") if row.get("num_iid") else None
    title = fields.text(row, "title", "") or None
    return AdgroupRow(
        adgroup_id=adgroup_id,
        campaign_id=fields.identifier(row, "campaign_id"),
        name=title or f"单元{adgroup_id}",
        item_id=item,
        item_name=title,
    )


def keyword(row: Json, plan: str, said: str) -> KeywordRow:
    """A word of the campaign named ``plan`` whose bid_type is ``said``."""
    bid = bid_fen(row) if said == "custom_bid" else None
    reason = reasons.not_biddable(
        plan,
        said,
        audit_refused=fields.text(row, "audit_status", "audit_pass")
        in ("audit_reject", "audit_offline"),
        bid_fen=bid,
    )
    return KeywordRow(
        keyword_id=fields.identifier(row, "keyword_id"),
        adgroup_id=fields.identifier(row, "adgroup_id"),
        campaign_id=fields.identifier(row, "campaign_id"),
        word=fields.text(row, "word"),
        match=fields.match_scope(row),
        bid_fen=bid,
        quality_score=fields.quality(row.get("qscore")),
        biddable=reason is None,
        not_biddable_reason=reason,
    )


def has_mobile_price(row: Json) -> bool:
    """Whether the word has a price of its own for phones, where nearly all of its clicks come from."""
    own = not fields.flag(row, "mobile_is_default_price")
    return own and fields.whole(row, "max_mobile_price", 0) > 0


def bid_fen(row: Json) -> int | None:
    """The bid in force: the mobile price where the word has its own, else the price; None for 0."""
    name = "max_mobile_price" if has_mobile_price(row) else "max_price"
    return fields.whole(row, name, 0) or None


def price_item(row: Json, bid: int) -> dict[str, int]:
    """The word's present settings with another bid; everything else is sent as it was read."""
    mobile = has_mobile_price(row)
    item = {
        "keywordId": int(fields.identifier(row, "keyword_id")),
        "maxPrice": fields.whole(row, "max_price") if mobile else bid,
        "isDefaultPrice": int(mobile and fields.flag(row, "is_default_price")),
        "maxMobilePrice": bid if mobile else fields.whole(row, "max_mobile_price", 0),
        "mobileIsDefaultPrice": 0 if mobile else 1,
    }
    scope = fields.whole(row, "match_scope", 0)
    return item | ({"matchScope": scope} if scope else {})


def joined(base: Sequence[Json], effect: Sequence[Json], campaign_id: str, adgroup_id: str) -> Page:
    """Base and effect rows of one adgroup, joined on word and date, in order of date and word.

    A row that cannot be read, a second row of the same word and day, and an effect without its
    base are rejects.
    """
    rejects: list[Reject] = []
    shown = _by_day(base, "rpt.adgroupkeywordbase.get", rejects)
    earned = _by_day(effect, "rpt.adgroupkeywordeffect.get", rejects)
    rows = []
    for key in sorted(shown, key=lambda key: (key[1], key[0])):
        try:
            rows.append(_day(key, shown[key], earned.get(key, {}), campaign_id, adgroup_id))
        except AnswerError as error:
            rejects.append(reasons.reject("rpt.adgroupkeywordbase.get", error, shown[key]))
    for key in sorted(earned.keys() - shown.keys()):
        lost = AnswerError("orders of a word and day that the report shows no impressions for")
        rejects.append(reasons.reject("rpt.adgroupkeywordeffect.get", lost, earned[key]))
    return Page(rows=tuple(rows), rejects=tuple(rejects))


def _by_day(rows: Sequence[Json], source: str, rejects: list[Reject]) -> dict[DayKey, Json]:
    found: dict[DayKey, Json] = {}
    for row in rows:
        try:
            key = (fields.identifier(row, "keywordid"), fields.day(row, "date"))
        except AnswerError as error:
            rejects.append(reasons.reject(source, error, row))
            continue
        if key in found and found[key] != row:
            twice = AnswerError("the same word and day a second time, with other figures")
            rejects.append(reasons.reject(source, twice, row))
        else:
            found[key] = row
    return found


def _day(key: DayKey, base: Json, effect: Json, campaign_id: str, adgroup_id: str) -> KeywordDayRow:
    rank = fields.optional_decimal(base, "avgpos")
    return KeywordDayRow(
        keyword_id=key[0],
        adgroup_id=adgroup_id,
        campaign_id=campaign_id,
        date=key[1],
        impressions=_impressions(base),
        clicks=fields.whole(base, "click"),
        spend_fen=fields.whole(base, "cost"),
        orders=_total(effect, "directpaycount", "indirectpaycount"),
        revenue_fen=_total(effect, "directpay", "indirectpay"),
        carts=fields.whole(effect, "carttotal", 0),
        favourites=_total(effect, "favitemcount", "favshopcount"),
        avg_rank=float(rank) if rank is not None and rank >= 1 else None,
    )


def _impressions(row: Mapping[str, object]) -> int:
    """The daily report says ``impressions``, the realtime one ``impression``."""
    return fields.whole(row, "impression" if "impression" in row else "impressions")


def _total(row: Json, *names: str) -> int:
    return sum(fields.whole(row, name, 0) for name in names)
