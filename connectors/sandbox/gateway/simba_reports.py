"""``taobao.simba.*``: reports. Money is fen in text, click rates are percent in text.

Daily reports are a JSON text inside the answer; what goes wrong inside them is an object of the
same shape as an error, in the place of the list.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np

from connectors.sandbox.gateway.answer import Body, compact, ratio, wrapped
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.figures import (
    Chooser,
    Figures,
    Period,
    converted,
    daily,
    page,
    shown,
)
from connectors.sandbox.gateway.refusal import (
    BUSINESS,
    DATES_REVERSED,
    TopError,
    business,
    invalid,
)
from connectors.sandbox.gateway.simba_roster import adgroup_index, campaign_index, known_nick
from connectors.sandbox.gateway.storefront import Storefront

REPORT_PAGE: Final = 500
_DEFAULT_PAGE: Final = 200
LONGEST_DAYS: Final = 90
EMPTY: Final = "{}"

RowMaker = Callable[[Storefront, Figures], Body]


def base(call: Call) -> Body:
    """``rpt.adgroupkeywordbase.get``: what was shown, clicked and paid."""
    return {"rpt_adgroupkeyword_base_list": _report(call, shown, _base_row)}


def effect(call: Call) -> Body:
    """``rpt.adgroupkeywordeffect.get``: what the clicks led to."""
    return {"rpt_adgroupkeyword_effect_list": _report(call, converted, _effect_row)}


def _report(call: Call, chooser: Chooser, row: RowMaker) -> str:
    for name, only in (("source", "SUMMARY"), ("search_type", "SEARCH")):
        if call.arguments.text(name) != only:
            raise invalid(name, f"the sandbox knows {only} only")
    token, (number, size) = (
        call.arguments.text("subway_token"),
        call.arguments.page(REPORT_PAGE, _DEFAULT_PAGE),
    )
    try:
        front = known_nick(call)
        if token != front.subway_token():
            raise business("subway_token非法", "isv.invalid-subway-token")
        campaign_index(call)
        words = front.words_of(adgroup_index(call))
        first, last = _days(call)
    except TopError as error:
        if error.code != BUSINESS:
            raise
        return compact(error.fields())
    period = Period.of(front.shop, first.toordinal(), last.toordinal())
    rows = page(list(daily(period, words, chooser)), (number - 1) * size, size)
    return compact([row(front, figures) for figures in rows]) if rows else EMPTY


def _days(call: Call) -> tuple[date, date]:
    first, last = call.arguments.day("start_time"), call.arguments.day("end_time")
    if first > last:
        raise business(DATES_REVERSED)
    if (last - first).days >= LONGEST_DAYS:
        raise business("查询时间跨度不能超过90天")
    return first, last


def _whose(front: Storefront, figures: Figures) -> Body:
    ground, directory = front.shop.market.ground, front.shop.directory
    return {
        "date": date.fromordinal(figures.day or 1).isoformat(),
        "campaignid": int(directory.campaign_ids[ground.campaign[figures.word]]),
        "adgroupid": int(directory.adgroup_ids[ground.adgroup[figures.word]]),
        "keywordid": int(directory.keyword_ids[figures.word]),
        "keywordstr": directory.word_names()[figures.word],
        "nick": front.nick,
        "source": "SUMMARY",
        "searchtype": "SEARCH",
    }


def _base_row(front: Storefront, figures: Figures) -> Body:
    return {
        **_whose(front, figures),
        "impressions": str(figures.impressions),
        "click": str(figures.clicks),
        "cost": str(figures.spend_fen),
        "ctr": ratio(figures.clicks, figures.impressions, times=100),
        "cpc": ratio(figures.spend_fen, figures.clicks),
        "cpm": ratio(figures.spend_fen, figures.impressions, times=1000),
        "avgpos": str(round(figures.avg_rank or 0)),
    }


def _effect_row(front: Storefront, figures: Figures) -> Body:
    return {
        **_whose(front, figures),
        "directpay": str(figures.revenue_fen - figures.indirect_revenue_fen),
        "indirectpay": str(figures.indirect_revenue_fen),
        "directpaycount": str(figures.orders - figures.indirect_orders),
        "indirectpaycount": str(figures.indirect_orders),
        "favitemcount": str(figures.favourites),
        "favshopcount": str(figures.shop_favourites),
        "carttotal": str(figures.carts),
        "directcarttotal": str(figures.carts - figures.indirect_carts),
        "indirectcarttotal": str(figures.indirect_carts),
    }


_PRICE_STEPS: Final = (0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.2)


def price_buckets(call: Call) -> Body:
    """``insight.wordspricedata.get``: what bids near a price bring, over the days asked for.

    A model: each bucket is a rival of middling quality who bids its price, as often as rivals of
    the word do.
    """
    front, text = call.front, call.arguments.text("bidword")
    first, last = call.arguments.day("start_date"), call.arguments.day("end_date")
    if first > last:
        raise business(DATES_REVERSED)
    words = [i for i, name in enumerate(front.shop.directory.word_names()) if name == text]
    rows: list[object] = []
    if words:
        days = len(Period.of(front.shop, first.toordinal(), last.toordinal()).days)
        rows = [_bucket(front, words[0], step, days) for step in _PRICE_STEPS]
    name = "insight_word_price_distribute_data_d_t_o"
    return {"word_pricedata_list": wrapped(name, rows)}


def _bucket(front: Storefront, word: int, step: float, days: int) -> Body:
    market = front.shop.market
    ground, kind = market.ground, market.ground.rival_class[word : word + 1]
    sd = float(ground.classes.log_sd[kind[0]])
    shares = market.tables.shares(kind, np.array([np.log(step) / sd]))
    rivals = float(ground.classes.rivals[kind[0]]) * np.exp(-0.5 * (np.log(step) / sd) ** 2)
    searches, level = float(ground.searches[word]), float(ground.market_level_fen[word])
    impression = round(rivals * days * searches * float(shares.views[0]))
    click = round(rivals * days * searches * float(ground.ctr[word]) * float(shares.clicks[0]))
    paid = searches * float(ground.ctr[word]) * float(shares.spend[0]) * level
    cost = round(rivals * days * paid) if click else 0
    return {
        "bidword": front.shop.directory.word_names()[word],
        "price": round(level * step),
        "impression": impression,
        "click": click,
        "cost": cost,
        "ctr": ratio(click, impression, times=100),
        "cpc": ratio(cost, click),
        "competition": max(1, round(rivals)),
    }
