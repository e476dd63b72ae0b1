"""The posterior of a positive quantity as a mixture of a few Gammas, each by mean and spread.

One Gamma is too tame where the spread of the keywords is itself unsure: a word without an order may
be like the others or worthless. One component for each value of that spread keeps both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincinv

from optimizer.outlook import FloatArray

HALVINGS = 22
LEAST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Law:
    """M Gammas: ``weight`` (M,) sums to 1; ``mean`` and ``spread`` (variance / mean²) are (n, M)."""

    weight: FloatArray
    mean: FloatArray
    spread: FloatArray

    def times(self, other: Law) -> Law:
        """The law of the product with an independent quantity; M * M' components."""
        both = (self.weight[:, None] * other.weight).ravel()
        mean = self.mean[:, :, None] * other.mean[:, None]
        spread = (1.0 + self.spread[:, :, None]) * (1.0 + other.spread[:, None]) - 1.0
        shape = len(mean), len(both)
        return Law(both, mean.reshape(shape), spread.reshape(shape))

    def scaled(self, factor: FloatArray | float) -> Law:
        """The law of ``factor`` (n,) > 0 times the quantity."""
        return Law(self.weight, self.mean * np.reshape(factor, (-1, 1)), self.spread)

    def blurred(self, relative_variance: FloatArray) -> Law:
        """The law after multiplication by noise (n,) of mean 1."""
        wide = (1.0 + self.spread) * (1.0 + relative_variance[:, None]) - 1.0
        return Law(self.weight, self.mean, wide)

    def quantile(self, q: float) -> FloatArray:
        """(n,) quantiles: by halving the log distance between those of the components."""
        shape = 1.0 / np.maximum(self.spread, LEAST_SPREAD)
        scale = self.mean / shape
        ends = np.log(np.maximum(gammaincinv(shape, q) * scale, 1e-300))
        low, high = ends.min(axis=1), ends.max(axis=1)
        for _ in range(HALVINGS if len(self.weight) > 1 else 0):
            middle = 0.5 * (low + high)
            below = gammainc(shape, np.exp(middle)[:, None] / scale) @ self.weight < q
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        quantile: FloatArray = np.exp(0.5 * (low + high))
        return quantile


def gamma_quantile(q: float, mean: FloatArray, relative_variance: FloatArray) -> FloatArray:
    """Quantile of Gammas given by mean and variance / mean²; nan where the mean is."""
    shape = 1.0 / np.maximum(relative_variance, LEAST_SPREAD)
    quantile: FloatArray = gammaincinv(shape, q) * mean / shape
    return quantile
