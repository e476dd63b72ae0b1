"""``taobao.simba.*``: who we are, campaigns and adgroups. Budgets are whole yuan."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import numpy as np

from connectors.sandbox.gateway.answer import Body, wrapped
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.clock import stamp
from connectors.sandbox.gateway.refusal import (
    BUDGET_TOO_LOW,
    NO_ADGROUP,
    NO_CAMPAIGN,
    NO_CUSTOMER,
    business,
    invalid,
)
from connectors.sandbox.gateway.storefront import Storefront

MIN_BUDGET_YUAN: Final = 30
ADGROUP_PAGE: Final = 200
OVER_BUDGET: Final = "2"
_SPAN = r"\d\d:[03]0-\d\d:[03]0:\d{1,3}"
_DAY_PLAN = re.compile(rf"{_SPAN}(,{_SPAN})*|0")
_DAYS: Final = 7


def known_nick(call: Call) -> Storefront:
    """The shop that the call names; another's nick is refused."""
    if call.arguments.text("nick") != call.front.nick:
        raise business(NO_CUSTOMER)
    return call.front


def campaign_index(call: Call, name: str = "campaign_id") -> int:
    """The index of the campaign that the call names."""
    found = call.front.campaigns.get(str(call.arguments.number(name)))
    if found is None:
        raise business(NO_CAMPAIGN)
    return found


def adgroup_index(call: Call, name: str = "adgroup_id") -> int:
    """The index of the adgroup that the call names."""
    found = call.front.adgroups.get(str(call.arguments.number(name)))
    if found is None:
        raise business(NO_ADGROUP)
    return found


def sign_in(call: Call) -> Body:
    """``login.authsign.get``."""
    return {"subway_token": known_nick(call).subway_token()}


def customers(call: Call) -> Body:
    """``customers.authorized.get``."""
    return {"nicks": wrapped("string", [call.front.nick])}


def campaigns(call: Call) -> Body:
    """``campaigns.get``: all at once."""
    front = known_nick(call)
    directory, stops = front.shop.directory, front.shop.day(front.shop.today).stop_hour
    hour = call.now.hour + call.now.minute / 60
    rows: list[object] = []
    for i, campaign_id in enumerate(directory.campaign_ids):
        over = bool(stops[i] <= hour)
        row: Body = {
            "campaign_id": int(campaign_id),
            "nick": front.nick,
            "title": directory.campaign_names[i],
            "online_status": "online",
            "settle_status": "offline" if over else "online",
            "settle_reason": OVER_BUDGET if over else "",
            **_times(front),
        }
        if directory.bid_types[i] != "custom_bid":
            row["bid_type"] = directory.bid_types[i]
        rows.append(row)
    return {"campaigns": wrapped("campaign", rows)}


def budget(call: Call) -> Body:
    """``campaign.budget.get``."""
    return _budget_of(known_nick(call), campaign_index(call))


def update_budget(call: Call) -> Body:
    """``campaign.budget.update``: no ``budget`` means no limit."""
    front, campaign = known_nick(call), campaign_index(call)
    smooth = call.arguments.find("use_smooth")
    if smooth not in (None, "true", "false"):
        raise invalid("use_smooth", "must be true or false")
    wanted = call.arguments.find("budget")
    amount = None if wanted is None else call.arguments.number("budget")
    if amount is not None and amount < MIN_BUDGET_YUAN:
        raise business(BUDGET_TOO_LOW)
    front.shop.set_budget(campaign, None if amount is None else amount * 100, "api")
    if smooth is not None:
        front.shown.smooth[campaign] = smooth == "true"
    return _budget_of(front, campaign)


def schedule(call: Call) -> Body:
    """``campaign.schedule.get``."""
    return _schedule_of(known_nick(call), campaign_index(call))


def update_schedule(call: Call) -> Body:
    """``campaign.schedule.update``: shown as set; the market keeps its own hours."""
    front, campaign = known_nick(call), campaign_index(call)
    wanted = call.arguments.text("schedule")
    days = wanted.split(";")
    if wanted != "all" and (len(days) != _DAYS or not all(map(_DAY_PLAN.fullmatch, days))):
        raise invalid("schedule", "must be all, or 7 days of HH:MM-HH:MM:percent on half hours")
    front.shown.schedule[campaign] = wanted
    return _schedule_of(front, campaign)


def adgroups(call: Call) -> Body:
    """``adgroupsbycampaignid.get``: pages; the total on the first page only."""
    front, campaign = known_nick(call), campaign_index(call)
    number, size = call.arguments.page(ADGROUP_PAGE, ADGROUP_PAGE)
    groups, directory = front.adgroups_of(campaign), front.shop.directory
    titles = directory.item_titles()
    rows: list[object] = [
        {
            "adgroup_id": int(directory.adgroup_ids[group]),
            "campaign_id": int(directory.campaign_ids[campaign]),
            "nick": front.nick,
            "num_iid": int(directory.item_ids[group]),
            "title": titles[group],
            "default_price": front.default_price_fen[group],
            "online_status": "online",
            "offline_type": "online",
            **_times(front),
        }
        for group in groups[(number - 1) * size : number * size]
    ]
    found: Body = {"adgroup_list": wrapped("a_d_group", rows), "page_no": number, "page_size": size}
    if number == 1:
        found["total_item"] = len(groups)
    return {"adgroups": found}


def _times(front: Storefront, modified: datetime | None = None) -> Body:
    opened = front.opened_at
    return {"create_time": stamp(opened), "modified_time": stamp(modified or opened)}


def _budget_of(front: Storefront, campaign: int) -> Body:
    fen = float(front.shop.budgets_now()[campaign])
    return {
        "campaign_budget": {
            "nick": front.nick,
            "campaign_id": int(front.shop.directory.campaign_ids[campaign]),
            "budget": int(fen // 100) if np.isfinite(fen) else None,
            "is_smooth": front.shown.smooth.get(campaign, False),
            **_times(front),
        }
    }


def _schedule_of(front: Storefront, campaign: int) -> Body:
    return {
        "campaign_schedule": {
            "nick": front.nick,
            "campaign_id": int(front.shop.directory.campaign_ids[campaign]),
            "schedule": front.shown.schedule.get(campaign, "all"),
            **_times(front),
        }
    }
