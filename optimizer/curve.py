"""The shape that volume and price share as functions of the bid.

Rival prices seen by a keyword are taken as log-logistic, F(b) = 1 / (1 + (b / theta)^-STEEPNESS),
written with the position eta = STEEPNESS * log(b / theta), so F = logistic(eta). Volume is
proportional to F. In a second-price-like auction the mean price paid at bid b is the mean of the
rival prices below b, so CPC / bid = markup * pay_share(eta): a word that pays nearly its bid sits
low on a steep curve, a word that pays far less has saturated (Feldman et al. 2007; measured
landscapes of real campaigns follow STEEPNESS = 2 within a few percent).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from optimizer.outlook import FloatArray

STEEPNESS = 2.0
PRIOR_POSITION = 0.8  # elasticity 0.62, the middle of what clean auctions show
_ETA_GRID = np.arange(-14.0, 14.0 + 1e-9, 0.02)


def _pay_share_exact(eta: FloatArray) -> FloatArray:
    """Mean of the rival prices below b, as a fraction of b, for STEEPNESS = 2 (closed form)."""
    u = np.exp(eta / STEEPNESS)
    small = u < 0.05
    v = np.where(small, 1.0, u)
    exact = (np.arctan(v) - v / (1 + v**2)) * (1 + v**2) / v**3
    series = (2 / 3 - 4 * u**2 / 5) * (1 + u**2)
    share: FloatArray = np.where(small, series, exact)
    return share


_LOG_PAY_SHARE = np.log(_pay_share_exact(_ETA_GRID))


def log_pay_share(eta: FloatArray) -> FloatArray:
    """Log of (mean price paid / bid) at position ``eta``, before the markup; falls from log(2/3)."""
    inside: FloatArray = np.interp(eta, _ETA_GRID, _LOG_PAY_SHARE)
    return inside


def volume_share(eta: FloatArray) -> FloatArray:
    """Share of the reachable volume that is won at position ``eta``, 0..1."""
    share: FloatArray = expit(eta)
    return share


def elasticity(eta: FloatArray) -> FloatArray:
    """d log(volume) / d log(bid) at position ``eta``: STEEPNESS when starved, 0 when saturated."""
    return STEEPNESS * expit(-eta)


def position(elasticity_: FloatArray) -> FloatArray:
    """Inverse of ``elasticity``; values outside (0, STEEPNESS) are drawn inside."""
    share = np.clip(1.0 - elasticity_ / STEEPNESS, 0.02, 0.98)
    return np.log(share / (1.0 - share))


def shift(eta: FloatArray, log_ratio: FloatArray) -> FloatArray:
    """Position after the bid is multiplied by exp(``log_ratio``)."""
    return eta + STEEPNESS * log_ratio


def price_slope(eta: FloatArray) -> FloatArray:
    """d log(cpc) / d log(bid) at position ``eta`` in a second-price auction: elasticity*(1/share - 1)."""
    return elasticity(eta) * (np.exp(-log_pay_share(eta)) - 1.0)
