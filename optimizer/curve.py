"""The shape that volume and price share as functions of the bid.

Rival prices seen by a keyword are taken as log-logistic, F(b) = 1 / (1 + (b / theta)^-steepness),
written with the position eta = steepness * log(b / theta), so F = logistic(eta). Volume is
proportional to F. In a second-price-like auction the mean price paid at bid b is the mean of the
rival prices below b, so CPC / bid = markup * pay_share(eta): a word that pays nearly its bid sits
low on a steep curve, a word that pays far less has saturated (Feldman et al. 2007). Measured
landscapes of single-slot auctions follow a steepness near 2; several slots make it flatter, because
a low bid still wins a poor place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from optimizer.outlook import FloatArray

PRIOR_ELASTICITY = 0.65  # the middle of what clean auctions show
_STEP = 0.02
_ETA_GRID = np.arange(-16.0, 14.0 + _STEP / 2, _STEP)


@dataclass(frozen=True)
class Curve:
    """Volume and price of a log-logistic market; arrays of positions in, arrays of their shape out."""

    steepness: float

    @cached_property
    def _log_pay_share(self) -> FloatArray:
        """Log of the mean rival price below b over b: integral of t dF(t) from 0 to b over b F(b)."""
        s = self.steepness
        u = np.exp(_ETA_GRID / s)
        density = np.exp(_ETA_GRID / s) * expit(_ETA_GRID) * expit(-_ETA_GRID)
        below = u[0] * expit(_ETA_GRID[0]) * s / (1 + s)
        steps = 0.5 * (density[1:] + density[:-1]) * _STEP
        paid = below + np.concatenate([[0.0], np.cumsum(steps)])
        share: FloatArray = np.log(paid / (u * expit(_ETA_GRID)))
        return share

    def log_pay_share(self, eta: FloatArray) -> FloatArray:
        """Log of (mean price paid / bid), before the markup; falls from log(s / (1 + s))."""
        share: FloatArray = np.interp(eta, _ETA_GRID, self._log_pay_share)
        return share

    def shift(self, eta: FloatArray, log_ratio: FloatArray) -> FloatArray:
        """Position after the bid is multiplied by exp(``log_ratio``)."""
        return eta + self.steepness * log_ratio

    def volume_ratio(self, eta: FloatArray, log_ratio: FloatArray) -> FloatArray:
        """Volume after such a change over the volume before it."""
        ratio: FloatArray = expit(self.shift(eta, log_ratio)) / expit(eta)
        return ratio

    def elasticity(self, eta: FloatArray) -> FloatArray:
        """d log(volume) / d log(bid): the steepness when starved, 0 when saturated."""
        slope: FloatArray = self.steepness * expit(-eta)
        return slope

    def position(self, elasticity: FloatArray | float) -> FloatArray:
        """Inverse of ``elasticity``; values outside (0, steepness) are drawn inside."""
        share = np.clip(1.0 - np.asarray(elasticity) / self.steepness, 0.02, 0.98)
        position: FloatArray = np.log(share / (1.0 - share))
        return position

    def price_slope(self, eta: FloatArray) -> FloatArray:
        """d log(cpc) / d log(bid) in a second-price auction: elasticity * (1 / pay share - 1)."""
        return self.elasticity(eta) * (np.exp(-self.log_pay_share(eta)) - 1.0)


def volume_share(eta: FloatArray) -> FloatArray:
    """Share of the reachable volume that is won at position ``eta``, 0..1."""
    share: FloatArray = expit(eta)
    return share
