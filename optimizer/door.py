"""``estimate``: from frames to ``Estimates``, in the order in which the pieces need each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from optimizer.curve import PRIOR_ELASTICITY, Curve, volume_share
from optimizer.estimates import Estimates, Traffic
from optimizer.history import Panel, Roster, read_history, read_roster
from optimizer.lag import Growth, Maturity, maturity
from optimizer.loop import level_correction
from optimizer.outlook import Evidence, FloatArray
from optimizer.pooled import Pooled, Prior, Tree
from optimizer.pooling import pool
from optimizer.predictive import CLICK_PRICE_CV2
from optimizer.rates import Rate, click_rate, conversion
from optimizer.recency import choose_half_life, weights
from optimizer.response import ALONE, STEEPNESSES, Response, Shared, fit
from optimizer.review import Review, review
from optimizer.sums import sum_by
from optimizer.swing import sales_swing
from optimizer.value import OrderValue, order_value
from optimizer.volume import (
    Days,
    common_move,
    day_effects,
    dispersion,
    flat_days,
    tonights_lift,
)

ROUNDS = 4  # of day effects and response in turn
TYPICAL_DISPERSION = 0.3
LEVEL_HALF_LIVES = (3.0, 5.0, 8.0, 14.0, 30.0, np.inf)
IMPRESSIONS_PRIOR = Prior(rate=5.0, weight=0.3, spread=(1.4, 0.7, 0.7))
PRICE_PRIOR = Prior(rate=0.8, weight=2.0, spread=(0.15, 0.1, 0.1))


def estimate(
    history: pd.DataFrame,
    keywords: pd.DataFrame,
    economics: pd.DataFrame | None = None,
    *,
    as_of: date,
    seed: int = 0,
    default_margin_rate: float = 1.0,
    settlement: pd.DataFrame | None = None,
    attribution_days: int = 15,
    promotions: Collection[date | str] = (),
) -> Estimates:
    """Learn what every keyword of the roster is worth and how it answers to its bid.

    history: one row a keyword and day (``keyword_id`` str, ``date``, ``bid`` yuan, ``impressions``,
    ``clicks``, ``spend`` yuan, ``orders``, ``revenue`` yuan as known today; optional ``budget_hit``,
    and ``carts`` and ``favourites``, which tell of orders as far as they have done so), in any order,
    possibly empty. keywords: the roster (``keyword_id``, ``adgroup_id``, ``campaign_id``, ``bid``;
    optional ``biddable``; ``quality_score`` and ``match`` shift click and conversion rates as far as
    they tell). economics: ``adgroup_id``, ``margin_rate``, optional ``organic_rate``. settlement:
    ``date``, ``age``, ``orders``. promotions: days, past and to come, that the owner names as not being
    usual ones; those past tell what such a day brings, and if ``as_of`` is one it is expected to bring
    that. Raises ``InputError`` naming frame, column and row of what is wrong.
    """
    roster = read_roster(
        keywords, economics if economics is not None else pd.DataFrame(), default_margin_rate
    )
    panel = read_history(history, roster, as_of, promotions)
    tree = Tree(roster.adgroup, roster.campaign_of_adgroup, len(roster.campaign_ids))
    lag = maturity(settlement, attribution_days, seed)
    bids = _reference_bids(panel, roster)
    response, days = _response(panel, roster, bids)
    volume = response.curve.volume_ratio(response.position[panel.keyword], bids.x)
    level_half_life, days = _levelled(panel, days, volume)
    traffic, fitted = _traffic(panel, roster, tree, days, bids, response, level_half_life)
    orders = conversion(panel, tree, lag, roster.traits)
    value = order_value(panel, tree)
    ripe = panel.clicks * lag.at(panel.age) * orders.pooled.rate[panel.keyword]
    usual = ripe * orders.tide.level_at(panel.age - panel.first_age)
    return Estimates(
        roster=roster,
        traffic=traffic,
        response=response,
        conversion=orders.pooled,
        value=value,
        swing=sales_swing(panel, roster, usual, value),
        lag=lag,
        evidence=_evidence(panel, traffic, orders, value, response, lag),
        review=_review(panel, fitted, traffic, usual, response, lag.growth),
    )


@dataclass(frozen=True, slots=True)
class Bids:
    """Reference bids (n,), the range tried (n,), and each row's log bid over its reference (R,)."""

    reference: FloatArray
    lowest: FloatArray
    highest: FloatArray
    x: FloatArray


def _reference_bids(panel: Panel, roster: Roster) -> Bids:
    """Recency-weighted geometric mean bid of each keyword; today's bid where there is no history."""
    size, log_bid = panel.keywords, np.log(panel.bid)
    fade = weights(panel.age - panel.gap, 14.0) * (1.0 + panel.gap)
    total = sum_by(panel.keyword, fade, size)
    mean = sum_by(panel.keyword, fade * log_bid, size) / np.maximum(total, 1e-300)
    today = roster.bid
    typical = float(np.nanmedian(today)) if np.isfinite(today).any() else 1.0
    fallback = np.where(np.isnan(today), typical, today)
    reference = np.where(total > 0, np.exp(mean), fallback)
    lowest, highest = np.full(size, np.inf), np.full(size, 0.0)
    np.minimum.at(lowest, panel.keyword, panel.bid)
    np.maximum.at(highest, panel.keyword, panel.bid)
    seen = total > 0
    return Bids(
        reference=reference,
        lowest=np.where(seen, lowest, reference),
        highest=np.where(seen, highest, reference),
        x=log_bid - np.log(reference)[panel.keyword],
    )


def _response(panel: Panel, roster: Roster, bids: Bids) -> tuple[Response, Days]:
    """Day effects and bid response need each other: two rounds settle them."""
    days = flat_days(panel, roster)
    curve = Curve(STEEPNESSES[1])
    position = np.full(panel.keywords, float(curve.position(PRIOR_ELASTICITY)))
    clicks = sum_by(panel.keyword, panel.clicks, panel.keywords)
    spend = sum_by(panel.keyword, panel.spend, panel.keywords)
    ratio = np.where(clicks > 0, spend / np.maximum(clicks, 1.0) / bids.reference, np.nan)
    shared = ALONE
    for _ in range(ROUNDS):
        volume = curve.volume_ratio(position[panel.keyword], bids.x)
        days = day_effects(panel, roster, days, volume)
        exposure = days.summed(panel, roster.campaign, np.inf)
        response = fit(
            panel, bids.x, exposure, ratio, clicks, roster.campaign, shared, TYPICAL_DISPERSION
        )
        curve, position = response.curve, response.position
        shared = _shared(panel, roster, days, bids, response)
    return response, days


def _shared(panel: Panel, roster: Roster, days: Days, bids: Bids, response: Response) -> Shared:
    """The elasticity at which day effects would no longer go along with common moves of the bids."""
    curve, eta = response.curve, response.position[panel.keyword]
    slope = volume_share(eta) - volume_share(curve.shift(eta, bids.x))
    volume = curve.volume_ratio(eta, bids.x)
    correction, sd = common_move(panel, roster, days, volume, slope)
    if not np.isfinite(sd):
        return ALONE
    at = np.array([response.account_position + float(np.clip(correction, -1.0, 1.0))])
    steep = float(curve.steepness * volume_share(at)[0] * volume_share(-at)[0])
    return Shared(float(curve.elasticity(at)[0]), sd * steep)


def _levelled(panel: Panel, days: Days, volume: FloatArray) -> tuple[float, Days]:
    """The half-life of levels that best foretells usual days, and the days centred on these by it."""
    usual = panel.calendar.usual(days.demand.shape[1])
    told = usual[panel.age - panel.first_age]
    half_life = choose_half_life(
        panel.keyword[told],
        panel.age[told],
        panel.clicks[told],
        (volume * (1.0 + panel.gap))[told],
        LEVEL_HALF_LIVES,
        14.0,
    )
    return half_life, days.centred(half_life, usual)


def _traffic(
    panel: Panel,
    roster: Roster,
    tree: Tree,
    days: Days,
    bids: Bids,
    response: Response,
    half_life: float,
) -> tuple[Traffic, FloatArray]:
    """Levels of impressions, clicks and prices; also the expected clicks of each row's own day."""
    size, keyword = panel.keywords, panel.keyword
    volume = response.curve.volume_ratio(response.position[keyword], bids.x)
    shown = volume**response.impression_power
    room = sum_by(keyword, shown * days.summed(panel, roster.campaign, half_life), size)
    fade = weights(panel.age - panel.first_age, half_life)
    seen = sum_by(keyword, panel.impressions * fade, size)
    own_day = days.own(panel, roster.campaign)
    raw = np.where(room > 0, seen / np.maximum(room, 1e-12), 0.0)
    impression_dispersion = dispersion(panel, raw[keyword] * shown * own_day, panel.impressions)
    impressions = pool(seen, room, tree, IMPRESSIONS_PRIOR).with_noise(
        impression_dispersion / _effective_days(panel, half_life)
    )
    ctr = click_rate(panel, tree, volume / np.maximum(shown, 1e-12), roster.traits).pooled
    price = _price_ratio(panel, tree, bids, response)
    day_sd = float(np.hypot(days.spread.account, days.spread.campaign))
    expected = (impressions.rate * ctr.rate)[keyword] * volume
    level = level_correction(panel, roster, expected, day_sd)
    impressions = impressions.scaled(level.factor[roster.campaign])
    fitted = (impressions.rate * ctr.rate)[keyword] * volume * own_day
    lift, lift_sd = tonights_lift(panel, roster, days)
    return (
        Traffic(
            reference_bid=bids.reference,
            lowest_bid=bids.lowest,
            highest_bid=bids.highest,
            impressions=impressions.scaled(np.full(size, lift)),
            ctr=ctr,
            price_ratio=price,
            account_day_sd=float(np.hypot(days.spread.account, lift_sd)),
            campaign_day_sd=days.spread.campaign,
            level=level,
            click_dispersion=dispersion(panel, fitted, panel.clicks),
            impression_dispersion=impression_dispersion,
        ),
        fitted,
    )


def _effective_days(panel: Panel, half_life: float) -> FloatArray:
    """(n,) days that a keyword's weighted mean is worth: (sum of weights)² / sum of squared weights."""
    span = np.arange(panel.days + 1.0)
    running = np.concatenate([[0.0], np.cumsum(weights(span, half_life))])
    squares = np.concatenate([[0.0], np.cumsum(weights(span, half_life / 2.0))])
    oldest = panel.age - panel.first_age + 1
    youngest = oldest - panel.gap - 1
    total = sum_by(panel.keyword, running[oldest] - running[youngest], panel.keywords)
    square = sum_by(panel.keyword, squares[oldest] - squares[youngest], panel.keywords)
    return np.maximum(total**2 / np.maximum(square, 1e-12), 1.0)


def _price_ratio(panel: Panel, tree: Tree, bids: Bids, response: Response) -> Pooled:
    """CPC over bid at the reference bid, each click's price carrying ``1 / CLICK_PRICE_CV2`` counts."""
    eta = response.position[panel.keyword]
    curve = response.curve
    paid = bids.x + curve.log_pay_share(curve.shift(eta, bids.x)) - curve.log_pay_share(eta)
    offered = bids.reference[panel.keyword] * np.exp(response.price_power * paid)
    weight = weights(panel.age - panel.first_age, 30.0) / CLICK_PRICE_CV2
    spend = sum_by(panel.keyword, weight * panel.spend / offered, panel.keywords)
    clicks = sum_by(panel.keyword, weight * panel.clicks, panel.keywords)
    return pool(spend, clicks, tree, PRICE_PRIOR)


def _evidence(
    panel: Panel,
    traffic: Traffic,
    orders: Rate,
    value: OrderValue,
    response: Response,
    lag: Maturity,
) -> Evidence:
    """How well each keyword is known."""
    fade, size = orders.fade.at(panel.age - panel.first_age), panel.keywords
    clicks = sum_by(panel.keyword, panel.clicks * fade, size)
    ripe = sum_by(panel.keyword, panel.clicks * fade * lag.at(panel.age), size)
    return Evidence(
        clicks=clicks,
        orders=sum_by(panel.keyword, panel.orders * fade, size),
        immature_rate=np.where(clicks > 0, 1.0 - ripe / np.maximum(clicks, 1e-12), 0.0),
        log_value_sd=np.sqrt(orders.pooled.log_variance() + value.pooled.log_variance()),
        log_volume_sd=np.sqrt(traffic.impressions.log_variance() + traffic.ctr.log_variance()),
        log_elasticity_sd=response.position_sd * volume_share(response.position),
    )


def _review(
    panel: Panel,
    fitted: FloatArray,
    traffic: Traffic,
    expected_orders: FloatArray,
    response: Response,
    growth: Growth,
) -> Review:
    day_sd = float(np.hypot(traffic.account_day_sd, traffic.campaign_day_sd))
    spread = traffic.click_dispersion + day_sd**2
    return review(panel, fitted, spread, day_sd, expected_orders, response, growth)
