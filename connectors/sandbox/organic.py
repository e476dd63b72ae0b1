"""Natural orders: what an item sells without ads, and what follows its paid sales.

Every paid order raises the item's place in natural search for about two weeks. In expectation the
natural orders that follow are ``organic_lift`` times the paid ones; the fresher the paid order, the
more of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from connectors.sandbox.auction import FloatArray, IntArray
from connectors.sandbox.ground import WEEKDAY_LEVEL
from connectors.sandbox.market import DayResult, Market

ECHO_DAYS: Final = 14
_HALF_LIFE: Final = 4.0
_RAW: Final = 0.5 ** (np.arange(ECHO_DAYS) / _HALF_LIFE)
ECHO: Final = _RAW / _RAW.sum()


def expected_natural_orders(
    market: Market, day: int, earlier: Mapping[int, DayResult]
) -> FloatArray:
    """(G,) mean natural orders of ``day`` given the paid days before it, by day number."""
    ground, groups = market.ground, market.scenario.adgroups
    mean = ground.natural_orders * float(WEEKDAY_LEVEL[(day - 1) % 7])
    reach = market.scenario.attribution_days + ECHO_DAYS
    for past in range(day - reach, day):
        result = earlier.get(past)
        if result is None:
            continue
        clicks = result.clicks
        # An order first reported at age a was placed on the day before that morning.
        lag = day - past - clicks.order_age
        heard = (clicks.orders > 0) & (lag >= 0) & (lag < ECHO_DAYS)
        weight = clicks.orders[heard] * ECHO[lag[heard]]
        echo = np.bincount(ground.adgroup[clicks.keyword[heard]], weight, groups)
        mean = mean + market.scenario.organic_lift * echo
    return mean


def natural_orders(
    market: Market, day: int, earlier: Mapping[int, DayResult]
) -> tuple[IntArray, IntArray]:
    """(G,) natural orders of ``day`` and their revenue in fen; same day and past, same figures."""
    rng = np.random.default_rng(np.random.SeedSequence([market.seed, 0x0A6A, day]))
    orders = rng.poisson(expected_natural_orders(market, day, earlier))
    tail = market.scenario.order_value_tail_log_sd / np.sqrt(np.maximum(orders, 1))
    spread = np.exp(tail * rng.standard_normal(len(orders)))
    revenue = np.round(orders * market.ground.item_value_fen * spread).astype(np.int64)
    return orders.astype(np.int64), revenue
