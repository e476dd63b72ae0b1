"""How clicks and their price answer to the bid, identified from two independent sources.

*Structure*: CPC / bid says where on the curve a word sits even if its bid never moved (curve.py).
*Changes*: what within-keyword bid changes show (changes.py). Both meet in one quadrature over the
account's mean position and the steepness of the market; each keyword's position is then pulled
from the mean by its own CPC / bid and its own changes, as far as each can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.changes import Slope, price_slope, volume_slope
from optimizer.curve import PRIOR_ELASTICITY, Curve, volume_share
from optimizer.history import Panel
from optimizer.outlook import FloatArray

STEEPNESSES = (1.2, 1.6, 2.2)
POSITION_SD = 0.8  # of the account's mean position around the prior
POSITION_SPREAD = 0.8  # sd of positions between keywords
ENDOGENEITY_SD = 0.10  # doubt left in any elasticity measured from bids that people set
PRICE_STRUCTURE_SD = 0.30
STRUCTURE_SHARE = 0.4  # of the variance of log(CPC / bid) between keywords that is not position
LOWEST_POSITION, HIGHEST_POSITION = -3.0, 3.5
_GRID = np.linspace(LOWEST_POSITION, HIGHEST_POSITION, 131)


@dataclass(frozen=True, slots=True)
class Response:
    """Positions on the curve at the reference bids, and the account's common parameters."""

    curve: Curve
    position: FloatArray  # (n,) eta at the reference bid
    position_sd: FloatArray  # (n,) own sd, given the account's mean
    account_position: float
    account_position_sd: float
    price_power: float  # exponent on the structural price ratio; 1 = second price
    impression_power: float  # log impressions move by this share of log clicks
    volume_slope: Slope  # elasticity seen in changes


def fit(
    panel: Panel,
    x: FloatArray,
    exposure: FloatArray,
    price_ratio: FloatArray,
    clicks: FloatArray,
    dispersion: float,
) -> Response:
    """Combine structure and changes.

    ``x`` (R,) log bid over the reference bid; ``exposure`` (R,) effective days of each row, its
    silent days included; ``price_ratio`` (n,) CPC / reference bid, nan without clicks; ``clicks`` (n,).
    """
    seen = volume_slope(panel, x, panel.clicks, exposure, dispersion)
    shown = volume_slope(panel, x, panel.impressions, exposure, dispersion)
    price = price_slope(panel, x)
    curve, mean, sd = _account(seen, price)
    position, own_sd = _keywords(curve, mean, seen, price_ratio, clicks)
    return Response(
        curve=curve,
        position=position,
        position_sd=own_sd,
        account_position=mean,
        account_position_sd=sd,
        price_power=_ratio(price, float(curve.price_slope(np.array([mean]))[0]), 1.15, 0.02),
        impression_power=min(
            _ratio(shown, float(curve.elasticity(np.array([mean]))[0]), 0.8, ENDOGENEITY_SD), 1.2
        ),
        volume_slope=seen,
    )


def _account(seen: Slope, price: Slope) -> tuple[Curve, float, float]:
    """The market's steepness, and mean and sd of the account's position, by quadrature.

    The steepness with the largest marginal likelihood is taken; the middle one when nothing moved.
    """
    fits = []
    for steepness in STEEPNESSES:
        curve = Curve(steepness)
        centre = float(curve.position(PRIOR_ELASTICITY))
        score = -0.5 * ((_GRID - centre) / POSITION_SD) ** 2
        if seen.known:
            variance = seen.sd**2 + ENDOGENEITY_SD**2
            score = score - 0.5 * (seen.value - curve.elasticity(_GRID)) ** 2 / variance
        if price.known:
            variance = price.sd**2 + PRICE_STRUCTURE_SD**2
            score = score - 0.5 * (price.value - curve.price_slope(_GRID)) ** 2 / variance
        weight = np.exp(score - score.max())
        evidence = float(score.max() + np.log(weight.sum()))
        weight /= weight.sum()
        mean = float((weight * _GRID).sum())
        sd = float(np.sqrt((weight * (_GRID - mean) ** 2).sum()))
        fits.append((evidence, curve, mean, sd))
    if not (seen.known or price.known):
        return fits[len(fits) // 2][1:]
    return max(fits, key=lambda fit: fit[0])[1:]


def _keywords(
    curve: Curve, mean: float, seen: Slope, price_ratio: FloatArray, clicks: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Each keyword's position and its sd, from the account's mean, its CPC / bid and its changes."""
    structural, pull = _from_price(curve, mean, price_ratio, clicks)
    precision = POSITION_SPREAD**-2 + structural
    at = volume_share(np.array([mean]))[0]
    steep = curve.steepness * float(at * (1.0 - at))
    information = seen.keyword_information * steep**2
    information = information / (1.0 + information * (ENDOGENEITY_SD / steep) ** 2)
    own = curve.position(seen.keyword_value) - mean
    precision += information
    position = mean + (pull + information * own) / precision
    return np.clip(position, LOWEST_POSITION, HIGHEST_POSITION), 1.0 / np.sqrt(precision)


def _from_price(
    curve: Curve, mean: float, price_ratio: FloatArray, clicks: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(n,) precision on the position from CPC / bid, and precision times deviation from the mean."""
    paid = np.isfinite(price_ratio) & (price_ratio > 0) & (clicks > 0)
    if not paid.any():
        return np.zeros(len(clicks)), np.zeros(len(clicks))
    log_ratio = np.log(np.where(paid, price_ratio, 1.0))
    trust = np.where(paid, np.minimum(clicks, 50.0), 0.0)
    centre = float((trust * log_ratio).sum() / trust.sum())
    click_noise = 0.15 / np.maximum(clicks, 1e-9)
    spread = float((trust * ((log_ratio - centre) ** 2 - click_noise)).sum() / trust.sum())
    structure = STRUCTURE_SHARE * max(spread, 0.05**2)
    slope = float(np.diff(curve.log_pay_share(np.array([mean - 0.5, mean + 0.5])))[0])
    precision = np.where(paid, slope**2 / (structure + click_noise), 0.0)
    return precision, precision * (log_ratio - centre) / slope


def _ratio(slope: Slope, model: float, prior: float, doubt: float) -> float:
    """How a measured slope compares with the model's, pulled to a prior of sd 0.25."""
    if not slope.known:
        return prior
    precision = (model / np.hypot(slope.sd, doubt)) ** 2
    estimate = (prior / 0.25**2 + precision * slope.value / model) / (0.25**-2 + precision)
    return float(np.clip(estimate, 0.2, 1.8))
