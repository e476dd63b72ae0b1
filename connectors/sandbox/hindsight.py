"""What days really brought, and what they would have brought at other bids. Only a simulator knows.

Both are lived by the same shoppers with the same luck under the same budgets, and every order has
arrived.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.sandbox.auction import IntArray
from connectors.sandbox.market import DayResult
from connectors.sandbox.shop import SPECIALIST, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Sums over days, all orders in; money in fen. ``revenue_fen`` is by adgroup id."""

    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: dict[str, int]


def lived(shop: Shop, first: int, last: int) -> Brought:
    """What the days ``first`` to ``last`` (ordinals) brought at the bids that were in force."""
    return _sum(shop, [shop.day(day) for day in range(first, last + 1)])


def kept(shop: Shop, first: int, last: int) -> Brought:
    """What they would have brought, had the specialist's bids of the morning of ``first`` stayed."""
    bids = specialists_bids(shop)
    return _sum(shop, [shop.would_be(day, bids) for day in range(first, last + 1)])


def has_been_touched(shop: Shop) -> bool:
    """Whether anybody but the shop's own specialist has ever set a bid."""
    return any(change.actor != SPECIALIST for change in shop.changes())


def specialists_bids(shop: Shop) -> IntArray:
    """(n,) the bids, fen, that the shop was opened with: the last ones of its own specialist."""
    bids = np.zeros(shop.market.scenario.keywords, dtype=np.int64)
    for change in shop.changes():
        if change.actor == SPECIALIST:
            bids[change.keyword] = change.bid_fen
    return bids


def _sum(shop: Shop, days: list[DayResult]) -> Brought:
    final = [day.final() for day in days]
    adgroup, groups = shop.market.ground.adgroup, shop.market.scenario.adgroups
    of_word = sum((counts.revenue_fen for counts in final), start=np.zeros(len(adgroup)))
    revenue = np.bincount(adgroup, weights=of_word, minlength=groups)
    return Brought(
        clicks=int(sum(counts.clicks.sum() for counts in final)),
        spend_fen=int(sum(counts.spend_fen.sum() for counts in final)),
        orders=int(sum(counts.orders.sum() for counts in final)),
        revenue_fen={
            name: int(fen)
            for name, fen in zip(shop.directory.adgroup_ids, revenue.tolist(), strict=True)
        },
    )
