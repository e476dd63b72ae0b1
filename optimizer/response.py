"""How clicks and their price answer to the bid, identified from two independent sources.

*Structure*: CPC / bid says where on the curve a word sits even if its bid never moved (curve.py).
*Changes*: what within-keyword bid changes show (changes.py). Both meet in one quadrature over the
account's mean position and the steepness of the market; each keyword's position is then pulled
from the mean by its own CPC / bid and its own changes, as far as each can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.changes import (
    MOST_ROWS,
    Finding,
    Held,
    Moves,
    along_curve,
    along_power,
    common,
    find_moves,
    own_information,
    price_slope,
)
from optimizer.curve import PRIOR_ELASTICITY, Curve, volume_share
from optimizer.history import Panel
from optimizer.outlook import FloatArray, IntArray

STEEPNESSES = (1.2, 1.6, 2.2)
USUAL = 1  # place of the steepness that stands while no bid has moved
POSITION_SD = 0.8  # of the account's mean position around the prior
POSITION_SPREAD = 0.8  # sd of positions between keywords
ENDOGENEITY_SD = 0.12  # doubt left in any elasticity measured from bids that people set
PRICE_STRUCTURE_SD = 0.30
STRUCTURE_SHARE = 0.4  # of the variance of log(CPC / bid) between keywords that is not position
LOWEST_POSITION, HIGHEST_POSITION = -3.0, 3.5
_GRID = np.linspace(LOWEST_POSITION, HIGHEST_POSITION, 131)


@dataclass(frozen=True, slots=True)
class Shared:
    """The elasticity that a campaign's day effects show where its bids moved together."""

    elasticity: float
    sd: float

    @property
    def known(self) -> bool:
        """Whether bids ever moved together."""
        return bool(np.isfinite(self.sd))


ALONE = Shared(np.nan, np.inf)


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
    elasticity: float  # of clicks to the bid, at the account's mean
    elasticity_sd: float  # as bid changes show it; infinite when no bid moved


def fit(
    panel: Panel,
    x: FloatArray,
    exposure: FloatArray,
    price_ratio: FloatArray,
    clicks: FloatArray,
    campaign: IntArray,
    shared: Shared,
    dispersion: float,
) -> Response:
    """Combine structure and changes.

    ``x`` (R,) log bid over the reference bid; ``exposure`` (R,) effective days of each row, its
    silent days included; ``price_ratio`` (n,) CPC / reference bid, nan without clicks; ``clicks``,
    ``campaign`` (n,); ``shared``: what all words' moves together say.
    """
    moves = find_moves(panel, x, exposure, campaign)
    sample = moves.part(MOST_ROWS)
    price = price_slope(panel, x)
    fits = [
        _account(sample, Curve(steepness), price, shared, dispersion) for steepness in STEEPNESSES
    ]
    moved = fits[0].seen.known or price.known
    best = max(fits, key=lambda fit: fit.score) if moved else fits[USUAL]
    curve, mean = best.curve, best.mean
    position, own_sd = _keywords(best, moves, price_ratio, clicks, dispersion)
    return Response(
        curve=curve,
        position=position,
        position_sd=own_sd,
        account_position=mean,
        account_position_sd=best.sd,
        price_power=_price_power(price_slope(panel, _price_path(panel, x, curve, position))),
        impression_power=_impression_power(sample, curve, mean, dispersion),
        elasticity=float(curve.elasticity(np.array([mean]))[0]),
        elasticity_sd=best.seen.sd * _steep(curve, mean),
    )


@dataclass(frozen=True, slots=True)
class _Account:
    """One steepness' posterior of the account's mean position."""

    curve: Curve
    seen: Finding
    mean: float
    sd: float
    score: float


def _steep(curve: Curve, mean: float) -> float:
    """|d elasticity / d position| at the account's mean."""
    at = float(volume_share(np.array([mean]))[0])
    return curve.steepness * at * (1.0 - at)


def _account(
    moves: Moves, curve: Curve, price: Finding, shared: Shared, dispersion: float
) -> _Account:
    """Mean position by quadrature over prior, volume changes and price changes."""
    centre = float(curve.position(PRIOR_ELASTICITY))
    bounds = (LOWEST_POSITION, HIGHEST_POSITION)
    seen = common(moves, moves.clicks, along_curve(moves, curve), centre, bounds, dispersion)
    score = -0.5 * ((_GRID - centre) / POSITION_SD) ** 2
    if seen.known:
        variance = seen.sd**2 + (ENDOGENEITY_SD / _steep(curve, seen.value)) ** 2
        score = score - 0.5 * (seen.value - _GRID) ** 2 / variance
    if price.known:
        variance = price.sd**2 + PRICE_STRUCTURE_SD**2
        score = score - 0.5 * (price.value - curve.price_slope(_GRID)) ** 2 / variance
    if shared.known:
        variance = (shared.sd / _steep(curve, float(curve.position(shared.elasticity)))) ** 2
        at = float(curve.position(shared.elasticity))
        score = score - 0.5 * (at - _GRID) ** 2 / variance
    weight = np.exp(score - score.max())
    evidence = seen.score + float(score.max() + np.log(weight.sum()))
    weight /= weight.sum()
    mean = float((weight * _GRID).sum())
    sd = float(np.sqrt((weight * (_GRID - mean) ** 2).sum()))
    return _Account(curve, seen, mean, sd, evidence)


def _keywords(
    account: _Account, moves: Moves, price_ratio: FloatArray, clicks: FloatArray, dispersion: float
) -> tuple[FloatArray, FloatArray]:
    """Each keyword's position and its sd, from the account's mean, its CPC / bid and its changes."""
    curve, mean = account.curve, account.mean
    structural, pull = _from_price(curve, mean, price_ratio, clicks)
    precision = POSITION_SPREAD**-2 + structural
    if moves.known:
        response = along_curve(moves, curve)(mean)
        top, bottom, _ = Held.of(moves, moves.clicks, dispersion).against(response)
        information = own_information(moves, response, dispersion)
        doubt = (ENDOGENEITY_SD / _steep(curve, mean)) ** 2
        information = np.where(bottom > 1e-9, information / (1.0 + information * doubt), 0.0)
        step = np.clip(top / np.maximum(bottom, 1e-9), -2.0, 2.0)
        pull = pull + information * step
        precision = precision + information
    position = np.clip(mean + pull / precision, LOWEST_POSITION, HIGHEST_POSITION)
    return position, 1.0 / np.sqrt(precision)


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


def _price_path(panel: Panel, x: FloatArray, curve: Curve, position: FloatArray) -> FloatArray:
    """(R,) log price that second price expects at each row's bid, up to the keyword's level."""
    eta = position[panel.keyword]
    return x + curve.log_pay_share(curve.shift(eta, x)) - curve.log_pay_share(eta)


def _price_power(price: Finding) -> float:
    """How much faster (or slower) than second price the CPC moves with the bid; prior 1.15 ± 0.25."""
    if not price.known:
        return 1.15
    precision = 1.0 / (price.sd**2 + 0.03**2)
    estimate = (1.15 / 0.25**2 + precision * price.value) / (0.25**-2 + precision)
    return float(np.clip(estimate, 0.2, 1.8))


def _impression_power(moves: Moves, curve: Curve, mean: float, dispersion: float) -> float:
    """Share of the click response that impressions show; prior 0.8 ± 0.25."""
    if not moves.known:
        return 0.8
    log_volume = along_curve(moves, curve)(mean)[0]
    shown = common(moves, moves.impressions, along_power(log_volume), 0.8, (0.0, 1.2), dispersion)
    if not shown.known:
        return 0.8
    precision = 1.0 / (shown.sd**2 + 0.1**2)
    return float((0.8 / 0.25**2 + precision * shown.value) / (0.25**-2 + precision))
