"""How clicks and their price answer to the bid, identified from two independent sources.

*Structure*: CPC / bid says where on the curve a word sits even if its bid never moved (curve.py).
*Changes*: within-keyword bid changes, cleaned of day effects common to a campaign. People raise the
bid of a starved word and cut it after a spike, so the bid depends on past volume; the estimator is
made for that: outcomes are measured against their own future only, bids against their own past only
(forward orthogonal deviations with backward instruments, Arellano & Bover 1995), which is unbiased
when bids react to the past. Both meet in one quadrature over the account's mean position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.curve import (
    PRIOR_POSITION,
    elasticity,
    log_pay_share,
    position,
    price_slope,
    volume_share,
)
from optimizer.history import Panel
from optimizer.outlook import FloatArray, IntArray
from optimizer.sums import sum_by

PRIOR_POSITION_SD = 0.8
POSITION_SPREAD = 0.7  # sd of positions between keywords
ENDOGENEITY_SD = 0.10  # doubt left in any elasticity measured from bids that people set
STRUCTURE_SD = 0.25  # sd of log(CPC / bid) between keywords for reasons other than position
PRICE_STRUCTURE_SD = 0.30
_GRID = np.linspace(-2.5, 3.5, 121)


@dataclass(frozen=True, slots=True)
class Slope:
    """A pooled slope with its standard error, and each keyword's part of it."""

    value: float
    sd: float
    keyword_value: FloatArray  # (n,) numerator / information
    keyword_information: FloatArray  # (n,) 1 / variance; 0 where the bid never moved


@dataclass(frozen=True, slots=True)
class Response:
    """Positions on the curve at the reference bids, and the account's common parameters."""

    position: FloatArray  # (n,) eta at the reference bid
    position_sd: FloatArray  # (n,) own sd, given the account's mean
    account_position: float
    account_position_sd: float
    price_power: float  # exponent on the structural price ratio; 1 = second price
    impression_power: float  # log impressions move by this share of log clicks
    volume_slope: Slope  # elasticity seen in changes, nan where nothing moved


def fit(
    panel: Panel,
    x: FloatArray,
    exposure: FloatArray,
    price_ratio: FloatArray,
    clicks: FloatArray,
    dispersion: float,
) -> Response:
    """Combine structure and changes.

    ``x`` (R,) log bid over the reference bid; ``exposure`` (R,) day-effect-adjusted days of each row,
    its gap included; ``price_ratio`` (n,) CPC / reference bid, nan without clicks; ``clicks`` (n,).
    """
    seen = changes(panel.keyword, x, panel.clicks, exposure, panel.keywords, dispersion)
    price = _price_slope(panel, x)
    mean, sd = _account_position(seen, price)
    at, own_sd = _keyword_positions(mean, seen, price_ratio, clicks)
    shown = changes(panel.keyword, x, panel.impressions, exposure, panel.keywords, dispersion)
    return Response(
        position=at,
        position_sd=own_sd,
        account_position=mean,
        account_position_sd=sd,
        price_power=_price_power(mean, price),
        impression_power=_impression_power(mean, shown),
        volume_slope=seen,
    )


def changes(
    keyword: IntArray,
    x: FloatArray,
    counts: FloatArray,
    exposure: FloatArray,
    keywords: int,
    dispersion: float,
) -> Slope:
    """Elasticity of counts to the bid from within-keyword changes; rows sorted by keyword and day."""
    if not len(x):
        return Slope(np.nan, np.inf, np.zeros(keywords), np.zeros(keywords))
    start = np.searchsorted(keyword, np.arange(keywords + 1))
    past_e, past_ex = _before(exposure, start, keyword), _before(exposure * x, start, keyword)
    total = [sum_by(keyword, v, keywords) for v in (exposure, exposure * x, counts)]
    future_e = np.maximum(total[0][keyword] - past_e - exposure, 0.0)
    future_ex = total[1][keyword] - past_ex - exposure * x
    future_y = np.maximum(total[2][keyword] - _before(counts, start, keyword) - counts, 0.0)
    usable = (past_e > 1e-3) & (future_e > 1e-3)
    past_e, future_e_ = np.where(usable, past_e, 1.0), np.where(usable, future_e, 1.0)
    instrument = np.where(usable, (x - past_ex / past_e) * future_e / (future_e + exposure), 0.0)
    mean_rate = total[2] / np.maximum(total[0], 1e-9)
    instrument /= 1.0 + dispersion * mean_rate[keyword]
    expected = exposure * future_y / future_e_
    numerator = instrument * (counts - expected)
    denominator = instrument * expected * (x - future_ex / future_e_)
    noise = instrument**2 * expected * (1.0 + dispersion * expected) * (1.0 + exposure / future_e_)
    top, bottom, spread = (sum_by(keyword, v, keywords) for v in (numerator, denominator, noise))
    if bottom.sum() <= 1e-6:
        return Slope(np.nan, np.inf, np.zeros(keywords), np.zeros(keywords))
    value = float(top.sum() / bottom.sum())
    sd = float(
        np.sqrt(np.maximum(((top - value * bottom) ** 2).sum(), spread.sum())) / bottom.sum()
    )
    known = bottom > 1e-9
    own = np.where(known, top / np.where(known, bottom, 1.0), 0.0)
    information = np.where(known, bottom**2 / np.maximum(spread, 1e-12), 0.0)
    return Slope(value, sd, own, information)


def _before(values: FloatArray, start: IntArray, keyword: IntArray) -> FloatArray:
    """Sum of the same keyword's earlier rows."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    before: FloatArray = running[:-1] - running[start[keyword]]
    return before


def _price_slope(panel: Panel, x: FloatArray) -> tuple[float, float]:
    """Slope of log(cpc) on log(bid) within keywords, weighted by clicks, with its standard error."""
    paid = (panel.clicks > 0) & (panel.spend > 0)
    keyword, weight, x = panel.keyword[paid], panel.clicks[paid], x[paid]
    if len(x) < 10:
        return np.nan, np.inf
    y = np.log(panel.spend[paid] / weight)
    total = np.maximum(sum_by(keyword, weight, panel.keywords), 1e-12)
    x = x - (sum_by(keyword, weight * x, panel.keywords) / total)[keyword]
    y = y - (sum_by(keyword, weight * y, panel.keywords) / total)[keyword]
    moved = float((weight * x**2).sum())
    if moved < 1e-3:
        return np.nan, np.inf
    slope = float((weight * x * y).sum() / moved)
    score = sum_by(keyword, weight * x * (y - slope * x), panel.keywords)
    return slope, float(np.sqrt((score**2).sum()) / moved)


def _account_position(seen: Slope, price: tuple[float, float]) -> tuple[float, float]:
    """Mean and sd of the account's mean position, by quadrature: prior, volume and price changes."""
    log_posterior = -0.5 * ((_GRID - PRIOR_POSITION) / PRIOR_POSITION_SD) ** 2
    if np.isfinite(seen.sd):
        variance = seen.sd**2 + ENDOGENEITY_SD**2
        log_posterior = log_posterior - 0.5 * (seen.value - elasticity(_GRID)) ** 2 / variance
    if np.isfinite(price[1]):
        variance = price[1] ** 2 + PRICE_STRUCTURE_SD**2
        log_posterior = log_posterior - 0.5 * (price[0] - price_slope(_GRID)) ** 2 / variance
    weight = np.exp(log_posterior - log_posterior.max())
    weight /= weight.sum()
    mean = float((weight * _GRID).sum())
    return mean, float(np.sqrt((weight * (_GRID - mean) ** 2).sum()))


def _keyword_positions(
    mean: float, seen: Slope, price_ratio: FloatArray, clicks: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Each keyword's position: the account's mean, moved by its CPC / bid and its own changes."""
    precision = np.full(len(price_ratio), POSITION_SPREAD**-2)
    pull = np.zeros(len(price_ratio))
    paid = np.isfinite(price_ratio) & (price_ratio > 0) & (clicks > 0)
    if paid.any():
        log_ratio = np.log(np.where(paid, price_ratio, 1.0))
        centre = np.average(log_ratio[paid], weights=np.minimum(clicks[paid], 50.0))
        grid = np.array([mean - 0.5, mean + 0.5])
        slope = float(np.diff(log_pay_share(grid))[0])
        own = np.where(paid, slope**2 / (STRUCTURE_SD**2 + 0.15 / np.maximum(clicks, 1e-9)), 0.0)
        pull += own * (log_ratio - centre) / slope
        precision += own
    steep = -2.0 * float(volume_share(np.array([mean]))[0] * volume_share(np.array([-mean]))[0])
    information = seen.keyword_information * steep**2
    information = information / (1.0 + information * (ENDOGENEITY_SD / steep) ** 2)
    own_position = position(seen.keyword_value) - mean
    pull += information * own_position
    precision += information
    return np.clip(mean + pull / precision, -2.5, 3.5), 1.0 / np.sqrt(precision)


def _price_power(mean: float, price: tuple[float, float]) -> float:
    """How much faster (or slower) than second price the CPC moves with the bid."""
    model = float(price_slope(np.array([mean]))[0])
    prior, prior_sd = 1.15, 0.25
    if not np.isfinite(price[1]):
        return prior
    precision = (model / max(price[1], 0.02)) ** 2
    estimate = (prior / prior_sd**2 + precision * price[0] / model) / (prior_sd**-2 + precision)
    return float(np.clip(estimate, 0.3, 1.8))


def _impression_power(mean: float, shown: Slope) -> float:
    """Share of the click response that impressions show; the rest is a better place on the page."""
    model = float(elasticity(np.array([mean]))[0])
    prior, prior_sd = 0.8, 0.3
    if not np.isfinite(shown.sd):
        return prior
    precision = (model / np.hypot(shown.sd, ENDOGENEITY_SD)) ** 2
    estimate = (prior / prior_sd**2 + precision * shown.value / model) / (prior_sd**-2 + precision)
    return float(np.clip(estimate, 0.0, 1.2))
