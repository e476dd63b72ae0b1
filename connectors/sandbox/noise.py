"""The luck of one day, drawn before any bid is known.

Everything random about a day depends on (seed, day) alone: the common factors, how many people
would click each word's ad at the first position, and for each of them the hour, the chance to see
us, the rivals met, the order, its value and its delay. A day under other bids rests on the same
numbers (common random numbers), any day can be had without the days before it, and a higher bid
keeps every click that a lower one had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.sandbox.auction import BoolArray, FloatArray, IntArray
from connectors.sandbox.ground import HOUR_SHARE, PART_OF_HOUR, Ground, on_day
from connectors.sandbox.scenario import Scenario

_CART_RATE = 0.155
_FAVOURITE_RATE = 0.045


@dataclass(frozen=True, slots=True)
class Clickers:
    """People ready to click, m of them, in keyword order; shape (m,) each."""

    keyword: IntArray
    time: FloatArray  # hours since midnight
    part: IntArray  # part of the day
    targeted: BoolArray  # in the audience that earns a premium
    attention: FloatArray  # clicks us when below Shares.clicks
    rival: FloatArray
    floor: FloatArray
    orders: IntArray  # 0 mostly
    value_fen: IntArray  # of all its orders together
    order_age: IntArray  # age in days at which the report first shows the orders
    cart: BoolArray
    favourite: BoolArray
    late: BoolArray  # not yet counted the morning after


@dataclass(frozen=True, slots=True)
class DayNoise:
    """The realised day before bids; n keywords."""

    day: int
    searches: FloatArray  # (n,) realised intensity of the day
    market_level_fen: FloatArray  # (n,) realised level of the rivals
    clickers: Clickers
    view_uniform: FloatArray  # (n,)
    late_view_rate: FloatArray  # (n,) share of impressions not yet counted the morning after


def draw_day(scenario: Scenario, ground: Ground, seed: int, day: int) -> DayNoise:
    """Draw a day; ``day`` is ``date.toordinal()``."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0xDA4, day]))
    means = on_day(scenario, ground, day)
    n, plans = scenario.keywords, scenario.campaigns
    level = _mean_one(rng, scenario.day_log_sd, 1) * _mean_one(
        rng, scenario.campaign_day_log_sd, plans
    )
    cvr_level = _mean_one(rng, scenario.cvr_day_log_sd, plans)
    shock = np.sqrt(0.5) * (rng.standard_normal() + rng.standard_normal(n))
    own = np.ones(n)
    if scenario.keyword_day_variance > 0:
        shape = 1.0 / scenario.keyword_day_variance
        own = rng.gamma(shape, 1.0 / shape, n)
    searches = means.searches * own * level[ground.campaign]
    cvr = np.minimum(means.cvr * cvr_level[ground.campaign], 0.9)
    view_uniform = rng.random(n)
    late_view_rate = 2.0 * scenario.late_count_share * rng.random(n)
    return DayNoise(
        day=day,
        searches=searches,
        market_level_fen=means.market_level_fen * np.exp(scenario.rival_day_log_sd * shock),
        clickers=_draw_clickers(rng, scenario, ground, searches, cvr),
        view_uniform=view_uniform,
        late_view_rate=late_view_rate,
    )


def _mean_one(rng: np.random.Generator, log_sd: float, size: int) -> FloatArray:
    return np.exp(log_sd * rng.standard_normal(size) - 0.5 * log_sd**2)


def _draw_clickers(
    rng: np.random.Generator,
    scenario: Scenario,
    ground: Ground,
    searches: FloatArray,
    cvr: FloatArray,
) -> Clickers:
    counts = rng.poisson(searches * ground.ctr)
    keyword = np.repeat(np.arange(len(counts)), counts)
    total = len(keyword)
    hour_edge = np.concatenate(([0.0], np.cumsum(HOUR_SHARE)))
    at = rng.random(total)
    hour = np.minimum(np.searchsorted(hour_edge, at, side="right") - 1, 23)
    time = hour + np.clip((at - hour_edge[hour]) / HOUR_SHARE[hour], 0.0, 1.0)
    targeted = rng.random(total) < scenario.audience_share
    attention, rival, floor = rng.random((3, total))
    again = scenario.second_order_rate
    chance = cvr[keyword] / (1.0 + again)
    conversion = rng.random(total)
    orders = (conversion < chance).astype(np.int64) + (conversion < chance * again)
    tail = scenario.order_value_tail_log_sd
    value = ground.order_value_fen[keyword] * np.exp(
        tail * rng.standard_normal(total) - 0.5 * tail**2
    )
    delay = rng.random(total)
    cart, favourite, late = rng.random((3, total))
    return Clickers(
        keyword=keyword,
        time=time,
        part=PART_OF_HOUR[hour],
        targeted=targeted,
        attention=attention,
        rival=rival,
        floor=floor,
        orders=orders,
        value_fen=orders * np.maximum(np.round(value), 1).astype(np.int64),
        order_age=1 + np.searchsorted(np.array(scenario.maturity), delay, side="right"),
        cart=cart < _CART_RATE * ground.interest[keyword],
        favourite=favourite < _FAVOURITE_RATE * ground.interest[keyword],
        late=late < scenario.late_count_share,
    )
