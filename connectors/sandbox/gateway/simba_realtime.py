"""``taobao.simba.rtrpt.*``: today so far, split by source. Text everywhere, money in fen.

The market knows whole days; today so far is the share of them that belongs to the hours gone.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from connectors.sandbox.gateway.answer import Body, ratio, wrapped
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.figures import Block, Figures, shown
from connectors.sandbox.gateway.refusal import invalid
from connectors.sandbox.gateway.simba_roster import adgroup_index, campaign_index, known_nick
from connectors.sandbox.gateway.storefront import Storefront
from connectors.sandbox.ground import HOUR_SHARE

DESKTOP: Final = "1"
MOBILE: Final = "4"
_DESKTOP_SHARE: Final = 0.2
_ROW: Final = "rt_rpt_result_entity_d_t_o"


def today_by_word(call: Call) -> Body:
    """``rtrpt.bidword.get``: one row a word and source."""
    front = known_nick(call)
    campaign_index(call)
    words, asked = front.words_of(adgroup_index(call)), call.arguments.day("the_date")
    if asked.toordinal() != front.shop.today:
        raise invalid("the_date", "must be today")
    counts = front.shop.day(front.shop.today).known(1)
    block = Block(front.shop.today, words[shown(counts, words)], counts)
    gone = _share_gone(call.now.hour + call.now.minute / 60)
    rows: list[object] = []
    for figures in block.rows(0, len(block.words)):
        for source, share in ((DESKTOP, _DESKTOP_SHARE), (MOBILE, 1.0 - _DESKTOP_SHARE)):
            row = _row(front, figures, source, gone * share)
            if row["impression"] != "0":
                rows.append({"thedate": asked.isoformat(), **row})
    return {"results": wrapped(_ROW, rows)}


def _share_gone(hour: float) -> float:
    """Share of a day's searches before ``hour``."""
    return float(np.clip(hour - np.arange(24), 0.0, 1.0) @ np.asarray(HOUR_SHARE))


def _row(front: Storefront, figures: Figures, source: str, share: float) -> Body:
    ground, directory = front.shop.market.ground, front.shop.directory
    impressions, clicks = int(figures.impressions * share), int(figures.clicks * share)
    orders, carts = int(figures.orders * share), int(figures.carts * share)
    cost = figures.spend_fen * clicks // max(figures.clicks, 1)
    revenue = figures.revenue_fen * orders // max(figures.orders, 1)
    return {
        "campaignid": directory.campaign_ids[ground.campaign[figures.word]],
        "adgroupid": directory.adgroup_ids[ground.adgroup[figures.word]],
        "bidwordid": directory.keyword_ids[figures.word],
        "source": source,
        "impression": str(impressions),
        "click": str(clicks),
        "cost": str(cost),
        "ctr": ratio(clicks, impressions, times=100),
        "cpc": ratio(cost, clicks),
        "cpm": ratio(cost, impressions, times=1000),
        "directtransaction": str(revenue),
        "indirecttransaction": "0",
        "transactiontotal": str(revenue),
        "directtransactionshipping": str(orders),
        "indirecttransactionshipping": "0",
        "transactionshippingtotal": str(orders),
        "carttotal": str(carts),
        "favtotal": str(int(figures.favourites * share)),
        "roi": ratio(revenue, cost),
    }
