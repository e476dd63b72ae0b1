"""The posterior of a positive quantity as a mixture of a few Gammas, each by mean and spread.

One Gamma is too tame where the spread of the keywords is itself unsure: a word without an order may
be like the others or worthless. One component for each value of that spread keeps both. It is too
tame as well where the adgroup's own rate is unsure: its logarithm is a bell, whose low end a Gamma
overstates. A few bands of that rate for each spread keep the ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize.elementwise import find_root
from scipy.special import gammainc, gammaincinv, ndtri

from optimizer.outlook import FloatArray

CLOSE = 1e-5  # of the logarithm of a quantile and of its normal score
SURE = 1e-15
LEAST = 1e-300
LEAST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Law:
    """M Gammas: ``weight`` (M,) sums to 1; ``mean`` and ``spread`` (variance / mean²) are (n, M).

    They come in runs of ``bands`` that belong to one spread.
    """

    weight: FloatArray
    mean: FloatArray
    spread: FloatArray
    bands: int = 1

    def times(self, other: Law) -> Law:
        """The law of the product with an independent quantity; one component a pair of spreads."""
        ours, theirs = self._unbanded(), other._unbanded()
        both = (ours.weight[:, None] * theirs.weight).ravel()
        mean = ours.mean[:, :, None] * theirs.mean[:, None]
        spread = (1.0 + ours.spread[:, :, None]) * (1.0 + theirs.spread[:, None]) - 1.0
        shape = len(mean), len(both)
        return Law(both, mean.reshape(shape), spread.reshape(shape))

    def _unbanded(self) -> Law:
        """One Gamma a run, with the run's mean and variance."""
        if self.bands == 1:
            return self
        share = self.weight.reshape(-1, self.bands)
        weight = share.sum(axis=1)
        share = share / weight[:, None]
        shape = len(self.mean), *share.shape
        mean = (self.mean.reshape(shape) * share).sum(axis=-1)
        square = (((1.0 + self.spread) * self.mean**2).reshape(shape) * share).sum(axis=-1)
        return Law(weight, mean, square / mean**2 - 1.0)

    def scaled(self, factor: FloatArray | float) -> Law:
        """The law of ``factor`` (n,) > 0 times the quantity."""
        return replace(self, mean=self.mean * np.reshape(factor, (-1, 1)))

    def blurred(self, relative_variance: FloatArray) -> Law:
        """The law after multiplication by noise (n,) of mean 1."""
        wide = (1.0 + self.spread) * (1.0 + relative_variance[:, None]) - 1.0
        return replace(self, spread=wide)

    def quantile(self, q: float) -> FloatArray:
        """(n,) quantiles, sought between the components' own, in the normal score."""
        shape = 1.0 / np.maximum(self.spread, LEAST_SPREAD)
        log_scale = np.log(self.mean / shape)
        ends = np.log(np.maximum(gammaincinv(shape, q), LEAST)) + log_scale
        if len(self.weight) == 1:
            return np.asarray(np.exp(ends[:, 0]))
        aim = ndtri(q)

        def off(log_x: FloatArray, /, *rows: Any) -> FloatArray:
            (at,) = rows
            below = gammainc(shape[at], np.exp(log_x[:, None] - log_scale[at])) @ self.weight
            score: FloatArray = ndtri(np.clip(below, SURE, 1.0 - SURE)) - aim
            return score

        bracket = ends.min(axis=1) - CLOSE, ends.max(axis=1) + CLOSE
        found = find_root(
            off,
            bracket,
            args=(np.arange(len(ends)),),
            tolerances={"xatol": CLOSE, "xrtol": 0.0, "fatol": CLOSE, "frtol": 0.0},
        )
        quantile: FloatArray = np.exp(np.where(found.success, found.x, bracket[0]))
        return quantile


def gamma_quantile(q: float, mean: FloatArray, relative_variance: FloatArray) -> FloatArray:
    """Quantile of Gammas given by mean and variance / mean²; nan where the mean is."""
    shape = 1.0 / np.maximum(relative_variance, LEAST_SPREAD)
    quantile: FloatArray = gammaincinv(shape, q) * mean / shape
    return quantile
