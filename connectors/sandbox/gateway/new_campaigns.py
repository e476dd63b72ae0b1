"""``taobao.universalbp.new.campaign.*``: plans. Money is yuan in text with 2 decimals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from connectors.sandbox.gateway.answer import Body, wrapped, yuan
from connectors.sandbox.gateway.arguments import Fields
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.refusal import (
    BUDGET_TOO_LOW,
    NO_CAMPAIGN,
    business,
    invalid,
)
from connectors.sandbox.gateway.storefront import Storefront

BIZ_CODE: Final = "onebpSearch"
CAMPAIGN_PAGE: Final = 100
UPDATE_BATCH: Final = 200
MIN_BUDGET_FEN: Final = 3_000
_DEFAULT_PAGE: Final = 20
_BID_TYPES: Final = ("custom_bid", "max_amount", "cost_control", "roi_control")
_EVERY_HOUR: Final[Body] = {"day_of_week": 0, "time_span": "00:00-24:00", "discount": 100}


def in_scene(call: Call) -> Storefront:
    """The shop, after the call has said that it is about keyword plans."""
    context = call.arguments.object("top_service_context")
    if context.text("biz_code") != BIZ_CODE:
        raise invalid("top_service_context.biz_code", f"the sandbox knows {BIZ_CODE} only")
    return call.front


def result(data: Body) -> Body:
    """The body that every method of this generation answers with."""
    return {"top_result": {"info": {"ok": True}, **data}}


def bulk(item: str, rows: list[object], count: int | None = None) -> Body:
    """A counted list: ``count`` is all there are, not only those in ``rows``."""
    total = len(rows) if count is None else count
    return {f"{item}_top_bulk_data": {"count": total, f"{item}_list": wrapped(item, rows)}}


def find_page(call: Call) -> Body:
    """``campaign.findpage``: plans with their adgroups."""
    front, query = in_scene(call), call.arguments.object("campaign_query_v_o")
    offset, size = offset_page(query, CAMPAIGN_PAGE, _DEFAULT_PAGE)
    chosen = range(len(front.campaigns))
    if query.find("campaign_id") is not None:
        only = front.campaigns.get(str(query.number("campaign_id")))
        chosen = range(0) if only is None else range(only, only + 1)
    titles, budgets = front.shop.directory.item_titles(), front.shop.budgets_now().tolist()
    rows: list[object] = [
        _campaign(front, i, budgets[i], titles) for i in chosen[offset : offset + size]
    ]
    return result(bulk("campaign_v_o", rows, len(chosen)))


def update_budgets(call: Call) -> Body:
    """``campaign.budget.batchupdate``: refused whole for a budget below the least."""
    front = in_scene(call)
    items = call.arguments.object("campaign_budget_list_v_o").items("budget_list", UPDATE_BATCH)
    wanted = [_budget(front, item) for item in items]
    for campaign, fen, smooth in wanted:
        front.shop.set_budget(campaign, fen, "api")
        if smooth is not None:
            front.shown.smooth[campaign] = smooth == "smooth"
    return _batch(front, [campaign for campaign, _, _ in wanted], [])


def update_bidding(call: Call) -> Body:
    """``campaign.bid.batchupdate``: who bids cannot be changed in this market."""
    front = in_scene(call)
    items = call.arguments.object("campaign_bid_list_v_o").items("bid_list", UPDATE_BATCH)

    def refuses(campaign: int, item: Fields) -> str | None:
        kind = item.text("bid_type")
        if kind not in _BID_TYPES:
            raise invalid("bid_type", f"must be one of {', '.join(_BID_TYPES)}")
        same = kind == front.shop.directory.bid_types[campaign]
        return None if same else "沙盒计划不支持修改出价方式"

    return _each(front, items, refuses)


def update_advanced(call: Call) -> Body:
    """``campaign.advanced.batchupdate``: hours are shown as set; the market keeps its own."""
    front = in_scene(call)
    items = call.arguments.object("campaign_advanced_list_v_o").items("advanced_list", UPDATE_BATCH)

    def accepts(campaign: int, item: Fields) -> str | None:
        if item.find("launch_period_list") is not None:
            periods = item.items("launch_period_list", 7 * 48)
            front.shown.periods[campaign] = [_period(period) for period in periods]
        return None

    return _each(front, items, accepts)


def offset_page(query: Fields, limit: int, default: int) -> tuple[int, int]:
    """(offset, page_size)."""
    offset, size = query.number("offset", 0), query.number("page_size", default)
    if offset < 0:
        raise invalid("offset", "must not be negative")
    if not 1 <= size <= limit:
        raise invalid("page_size", f"must be between 1 and {limit}")
    return offset, size


def campaign_of(front: Storefront, item: Fields) -> int:
    """The index of the plan that an entry names."""
    found = front.campaigns.get(str(item.number("campaign_id")))
    if found is None:
        raise business(NO_CAMPAIGN)
    return found


def _budget(front: Storefront, item: Fields) -> tuple[int, int | None, str | None]:
    campaign, kind = campaign_of(front, item), item.text("dmc_type", "normal")
    if kind not in ("normal", "unlimit"):
        raise invalid("dmc_type", "must be normal or unlimit")
    smooth = item.find("smooth_option")
    if smooth not in (None, "quick", "smooth"):
        raise invalid("smooth_option", "must be quick or smooth")
    fen = None if kind == "unlimit" else item.yuan("day_budget")
    if fen is not None and fen < MIN_BUDGET_FEN:
        raise business(BUDGET_TOO_LOW)
    return campaign, fen, smooth if isinstance(smooth, str) else None


def _period(item: Fields) -> Body:
    day, discount = item.number("day_of_week"), item.number("discount")
    return {"day_of_week": day, "time_span": item.text("time_span"), "discount": discount}


def _each(
    front: Storefront, items: list[Fields], refusal: Callable[[int, Fields], str | None]
) -> Body:
    done: list[int] = []
    failed: list[object] = []
    for item in items:
        campaign = campaign_of(front, item)
        reason = refusal(campaign, item)
        if reason is None:
            done.append(campaign)
        else:
            campaign_id = int(front.shop.directory.campaign_ids[campaign])
            failed.append({"id": campaign_id, "message": reason})
    return _batch(front, done, failed)


def _batch(front: Storefront, done: list[int], failed: list[object]) -> Body:
    ids = [int(front.shop.directory.campaign_ids[campaign]) for campaign in done]
    lists = {
        "success_id_list": wrapped("number", ids),
        "fail_list": wrapped("fail_v_o", failed),
    }
    return result({"batch_result_v_o": lists})


def _campaign(front: Storefront, i: int, budget_fen: float, titles: list[str]) -> Body:
    directory = front.shop.directory
    limited = bool(np.isfinite(budget_fen))
    row: Body = {
        "campaign_id": int(directory.campaign_ids[i]),
        "campaign_name": directory.campaign_names[i],
        "biz_code": BIZ_CODE,
        "display_status": "start",
        "online_status": 1,
        "dmc_type": "normal" if limited else "unlimit",
        "smooth_option": "smooth" if front.shown.smooth.get(i) else "quick",
        "bid_type": directory.bid_types[i],
        "constraint_type": "non",
        "constraint_value": "",
        "launch_period_list": wrapped(
            "launch_period_v_o", front.shown.periods.get(i, [dict(_EVERY_HOUR)])
        ),
        "adgroup_list": wrapped(
            "adgroup_v_o", [_adgroup(front, group, i, titles) for group in front.adgroups_of(i)]
        ),
    }
    if limited:
        row["day_budget"] = yuan(int(budget_fen))
    return row


def _adgroup(front: Storefront, group: int, campaign: int, titles: list[str]) -> Body:
    directory = front.shop.directory
    return {
        "adgroup_id": int(directory.adgroup_ids[group]),
        "adgroup_name": directory.adgroup_name(group),
        "campaign_id": int(directory.campaign_ids[campaign]),
        "material_id": int(directory.item_ids[group]),
        "promotion_name": titles[group],
        "display_status": "start",
        "online_status": 1,
    }
